#include "support/simulated_link.hpp"

#include <algorithm>

#include "net/error.hpp"
#include "rtmp/error.hpp"

namespace multiconn::test {

namespace {

constexpr std::chrono::milliseconds lookup_time{5};
constexpr std::chrono::milliseconds longest_close{200};
constexpr std::chrono::seconds probe_interval{1};
constexpr std::chrono::milliseconds probe_repeat{200};

net::LinkFailure failure(std::error_code code, std::string text) {
  return {code, std::move(text), false};
}

}  // namespace

SimulatedLink::SimulatedLink(SimulatedLoop& loop, SimulatedServer* server,
                             std::chrono::milliseconds connect_patience)
    : loop_(loop), server_(server), connect_patience_(connect_patience) {}

SimulatedLink::~SimulatedLink() {
  detach(SimulatedServer::Farewell::unsaid);
}

void SimulatedLink::detach(SimulatedServer::Farewell farewell) {
  if (std::exchange(attached_, false)) server_->detach(*this, farewell);
}

template <typename Task>
void SimulatedLink::later(net::Duration delay, Task task) {
  loop_.later(delay, [life = std::weak_ptr(life_), task = std::move(task)]() mutable {
    if (!life.expired()) task();
  });
}

template <typename Task>
void SimulatedLink::overTheWire(net::Duration delay, Task task) {
  later(delay, [this, task = std::move(task)]() mutable {
    server_->whenReachable([this, life = std::weak_ptr(life_), task = std::move(task)]() mutable {
      if (life.expired()) return;
      last_heard_ = loop_.now();
      task();
    });
  });
}

void SimulatedLink::open(std::vector<rtmp::OutMessage> opening, net::LinkEvents& events) {
  events_ = &events;
  opening_ = std::move(opening);
  if (!server_ || server_->script.unknown_name)
    return later(lookup_time,
                 [this] { tellClosed(failure(net::Error::name_not_found, "the name was not found")); });
  if (connect_patience_ > net::Duration::zero()) later(connect_patience_, [this] { mute(); });
  const Script& script = server_->script;
  if (script.refuses)
    return overTheWire(script.rtt, [this] {
      tellClosed(
          failure(std::make_error_code(std::errc::connection_refused), "connection refused by the server"));
    });
  overTheWire(script.rtt, [this] { established(); });
}

void SimulatedLink::mute() {
  if (established_) return;
  net::LinkFailure silence = failure(std::make_error_code(std::errc::timed_out), "no answer from the server");
  silence.mute = true;
  tellClosed(std::move(silence));
}

void SimulatedLink::established() {
  if (!events_) return;
  established_ = true;
  const Script& script = server_->script;
  server_->tcp_established = loop_.now();
  if (script.never_answers_handshake) return;
  if (script.web_server)
    return overTheWire(script.rtt, [this] {
      tellClosed(failure(rtmp::Error::not_rtmp, "the server speaks HTTP, not RTMP"));
    });
  overTheWire(script.rtt, [this] {
    if (!events_ || closing_) return;
    attached_ = true;
    server_->attach(*this);
    for (const rtmp::OutMessage& message : opening_) intoKernel(message);
    events_->opened();
  });
}

bool SimulatedLink::trySend(const rtmp::OutMessage& message) {
  if (!attached_ || closing_ || ending_) return false;
  if (in_flight_) {
    refused_ = true;
    return false;
  }
  in_flight_ = message;
  fill();
  return true;
}

void SimulatedLink::fill() {
  if (!in_flight_) return;
  const std::size_t size = in_flight_->payload->size();
  if (kernel_ > 0 && kernel_ + size > server_->script.kernel_bytes) return;
  intoKernel(*in_flight_);
  in_flight_.reset();
  if (!std::exchange(refused_, false)) return;
  later({}, [this] {
    if (!closing_ && !ending_) events_->writable();
  });
}

void SimulatedLink::intoKernel(const rtmp::OutMessage& message) {
  const std::size_t size = message.payload->size();
  kernel_ += size;
  sent_ += size;
  line_free_at_ = std::max(line_free_at_, loop_.now());
  if (server_->script.bytes_per_second > 0)
    line_free_at_ += std::chrono::nanoseconds(1'000'000'000ULL * size / server_->script.bytes_per_second);
  later(line_free_at_ - loop_.now() + halfWay(), [this, message] {
    server_->whenReachable([this, life = std::weak_ptr(life_), message] {
      if (!life.expired()) server_->arrived(*this, message);
    });
  });
}

void SimulatedLink::acknowledged(std::size_t bytes) {
  overTheWire(halfWay(), [this, bytes] {
    kernel_ -= std::min(bytes, kernel_);
    fill();
    if (closing_) closeWhenEmpty();
  });
}

void SimulatedLink::deliver(rtmp::Message message) {
  last_delivery_ = std::max(last_delivery_, loop_.now() + halfWay());
  overTheWire(last_delivery_ - loop_.now(), [this, message = std::move(message)] {
    if (!closing_ && events_) events_->message(message);
  });
}

void SimulatedLink::end(net::LinkFailure why) {
  if (std::exchange(ending_, true)) return;
  last_delivery_ = std::max(last_delivery_, loop_.now() + halfWay());
  overTheWire(last_delivery_ - loop_.now(), [this, why = std::move(why)] { tellClosed(why); });
}

net::LinkStats SimulatedLink::stats() const {
  net::LinkStats stats;
  stats.bytes_sent = sent_;
  stats.unsent = in_flight_ ? in_flight_->payload->size() : 0;
  stats.unacknowledged = kernel_;
  if (attached_ || last_heard_ != net::TimePoint()) stats.last_heard = lastHeard();
  stats.probes = probes();
  if (stats.probes > 0) stats.last_heard = lastAnswer();
  if (attached_) stats.rtt = std::chrono::duration_cast<std::chrono::microseconds>(server_->script.rtt);
  return stats;
}

// A server that does not owe an acknowledgement is not silent; one whose window is closed answers probes, and
// a long message is acknowledged in many parts.
net::TimePoint SimulatedLink::lastHeard() const {
  const bool answers = !server_->reading() || line_free_at_ > loop_.now();
  return kernel_ == 0 || (answers && !server_->isCutOff()) ? loop_.now() : last_heard_;
}

// As the kernel and SocketFigures do it: after a second without traffic, and then five times a second.
unsigned SimulatedLink::probes() const {
  if (!attached_ || kernel_ > 0 || !server_->isCutOff()) return 0;
  const auto silence = loop_.now() - lastAnswer();
  return silence < probe_interval ? 0 : 1 + static_cast<unsigned>((silence - probe_interval) / probe_repeat);
}

/// Of the last one that got through, when there was no traffic.
net::TimePoint SimulatedLink::lastAnswer() const {
  const auto before = *server_->cutOffAt() - last_heard_;
  return last_heard_ + std::max<std::int64_t>(before / probe_interval, 0) * probe_interval;
}

void SimulatedLink::close(net::CloseMode mode) {
  if (mode == net::CloseMode::abort || !attached_) return later({}, [this] { tellClosed({}); });
  if (std::exchange(closing_, true)) return;
  later(longest_close, [this] { tellClosed({}); });
  closeWhenEmpty();
}

void SimulatedLink::closeWhenEmpty() {
  if (kernel_ == 0 && !in_flight_) later({}, [this] { tellClosed({}); });
}

void SimulatedLink::tellClosed(net::LinkFailure why) {
  net::LinkEvents* const events = std::exchange(events_, nullptr);
  detach(closing_ ? SimulatedServer::Farewell::said : SimulatedServer::Farewell::unsaid);
  ending_ = true;
  if (events) events->closed(std::move(why));
}

}  // namespace multiconn::test
