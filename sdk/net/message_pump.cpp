#include "net/message_pump.hpp"

#include <chrono>
#include <utility>

#include "net/error.hpp"
#include "net/failure.hpp"
#include "net/message_pump_impl.hpp"
#include "net/random.hpp"

namespace multiconn::net {
namespace {

constexpr std::chrono::milliseconds close_deadline{200};

std::uint32_t milliseconds(TimePoint time) {
  return static_cast<std::uint32_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count());
}

}  // namespace

MessagePump::MessagePump(Scheduler& scheduler, std::unique_ptr<Transport> transport,
                         rtmp::Handshake::Role role, const rtmp::Limits& limits, PumpEvents& events)
    : impl_(std::make_shared<Impl>(scheduler, std::move(transport), role, limits, events)) {}

MessagePump::~MessagePump() {
  impl_->forget();
}

void MessagePump::start() {
  impl_->start();
}
rtmp::Connection& MessagePump::connection() {
  return impl_->connection();
}
void MessagePump::close(CloseMode mode) {
  impl_->close(mode);
}
LinkStats MessagePump::stats() const {
  return impl_->stats();
}
std::uint64_t MessagePump::taken() const {
  return impl_->taken();
}

// --- Starting

MessagePump::Impl::Impl(Scheduler& scheduler, std::unique_ptr<Transport> transport,
                        rtmp::Handshake::Role role, const rtmp::Limits& limits, PumpEvents& events)
    : scheduler_(scheduler),
      transport_(std::move(transport)),
      peer_(role == rtmp::Handshake::Role::client ? "the server" : "the client"),
      connection_(role, limits, randomHandshakePackets(), milliseconds(scheduler.now())),
      events_(&events) {}

void MessagePump::Impl::start() {
  if (phase_ != Phase::idle) return;
  phase_ = Phase::running;
  write();
  // Not a wait: TLS may have read the peer's first bytes together with the end of its own handshake.
  readLater();
}

// --- Ending

void MessagePump::Impl::close(CloseMode mode) {
  if (phase_ == Phase::ended) return;
  if (mode == CloseMode::abort || phase_ == Phase::idle || !connection_.open() || write_failed_) {
    shut();
    post([](Impl& self) {
      if (PumpEvents* events = std::exchange(self.events_, nullptr)) events->closed({});
    });
    return;
  }
  if (phase_ == Phase::closing) return;
  phase_ = Phase::closing;
  corked_ = false;
  flush();
  post([](Impl& self) { self.drained(); });
  deadline_ = scheduler_.after(close_deadline, [this] { deadlinePassed(); });
}

void MessagePump::Impl::deadlinePassed() {
  if (outgoing_.unwritten() == 0) return end({});
  end(makeFailure(
      std::make_error_code(std::errc::timed_out),
      peer_ + " did not take the last " + std::to_string(outgoing_.unwritten()) + " bytes in time"));
}

/// From tasks of the pump's own only: it tells.
void MessagePump::Impl::end(LinkFailure failure) {
  if (phase_ == Phase::ended) return;
  shut();
  if (PumpEvents* events = std::exchange(events_, nullptr)) events->closed(std::move(failure));
}

void MessagePump::Impl::forget() {
  events_ = nullptr;
  shut();
}

void MessagePump::Impl::shut() {
  if (phase_ == Phase::ended) return;
  phase_ = Phase::ended;
  last_figures_ = transport_->figures();
  deadline_.cancel();
  transport_->close();
}

LinkStats MessagePump::Impl::stats() const {
  LinkStats stats{phase_ == Phase::ended ? last_figures_ : transport_->figures()};
  stats.bytes_sent = bytes_sent_;
  stats.bytes_received = bytes_received_;
  stats.unsent = outgoing_.unwritten();
  stats.last_read = connection_.lastReceived();
  return stats;
}

}  // namespace multiconn::net
