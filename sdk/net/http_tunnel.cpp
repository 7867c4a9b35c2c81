#include "net/http_tunnel.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "net/error.hpp"
#include "net/failure.hpp"
#include "net/http_requests.hpp"

namespace multiconn::net {
namespace {

using Answer = HttpRequests::Answer;

constexpr unsigned http_ok = 200;
// What waits for the next request, and what was received and not read: beyond these the peer has to wait.
constexpr std::size_t write_limit = 64 * 1024;
constexpr std::size_t read_limit = 64 * 1024;
// A silent server is asked less and less often.
constexpr std::chrono::milliseconds shortest_poll{10};
constexpr std::chrono::milliseconds longest_poll{500};

bool isSession(std::string_view text) {
  const auto good = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
  };
  return !text.empty() && text.size() <= 128 && std::all_of(text.begin(), text.end(), good);
}

}  // namespace

class HttpTunnel::Impl : public std::enable_shared_from_this<Impl> {
 public:
  explicit Impl(Scheduler& scheduler) : scheduler_(scheduler) {}
  void attach(std::unique_ptr<Transport> transport, const std::string& host, std::uint16_t port);

  void open(std::function<void(std::optional<LinkFailure>)> done);
  IoResult write(std::span<const rtmp::BytesView> slices);
  IoResult read(std::span<std::byte> buffer);
  void waitReadable(std::function<void()> ready);
  void waitWritable(std::function<void()> ready);
  void shutdownWrite();
  void close();
  TransportFigures figures() const {
    TransportFigures figures = requests_->figures();
    figures.unacknowledged = pending_.size() + unanswered_;
    return figures;
  }

 private:
  // opening: no session yet. closing: nothing is written any more. ended: no more answers, see error_.
  enum class Phase : std::uint8_t { opening, open, closing, ended };

  void proceed();
  void startRequest();
  void request(std::string_view command, rtmp::BytesView body);
  void poll();
  void receive();
  void answered(const Answer& answer);
  void sessionOpened(const Answer& answer);
  void deliver(std::string_view body);
  void end(std::error_code error);
  void tellOpened(std::optional<LinkFailure> failure);
  void wake();
  bool readable() const { return taken_ < received_.size() || phase_ == Phase::ended; }
  bool writable() const { return pending_.size() < write_limit || phase_ == Phase::ended; }
  template <typename Task>
  std::function<void()> later(Task task);

  Scheduler& scheduler_;
  std::shared_ptr<HttpRequests> requests_;
  std::string session_;
  Phase phase_ = Phase::opening;
  std::error_code error_;  // of ended; none: in good order
  std::function<void(std::optional<LinkFailure>)> opened_;

  unsigned sequence_ = 0;
  std::size_t unanswered_ = 0;  // bytes of ours in the request
  bool close_sent_ = false;
  rtmp::Bytes pending_;
  Duration poll_interval_ = shortest_poll;
  Timer poll_;

  rtmp::Bytes received_;
  std::size_t taken_ = 0;
  std::function<void()> on_readable_, on_writable_;
};

// --- The handle

HttpTunnel::HttpTunnel(Scheduler& scheduler, std::unique_ptr<Transport> transport, const std::string& host,
                       std::uint16_t port)
    : impl_(std::make_shared<Impl>(scheduler)) {
  impl_->attach(std::move(transport), host, port);
}

HttpTunnel::~HttpTunnel() {
  impl_->close();
}

void HttpTunnel::open(std::function<void(std::optional<LinkFailure>)> done) {
  impl_->open(std::move(done));
}
IoResult HttpTunnel::write(std::span<const rtmp::BytesView> slices) {
  return impl_->write(slices);
}
IoResult HttpTunnel::read(std::span<std::byte> buffer) {
  return impl_->read(buffer);
}
void HttpTunnel::waitReadable(std::function<void()> ready) {
  impl_->waitReadable(std::move(ready));
}
void HttpTunnel::waitWritable(std::function<void()> ready) {
  impl_->waitWritable(std::move(ready));
}
void HttpTunnel::shutdownWrite() {
  impl_->shutdownWrite();
}
void HttpTunnel::close() {
  impl_->close();
}
TransportFigures HttpTunnel::figures() const {
  return impl_->figures();
}

// --- What the owner calls

void HttpTunnel::Impl::attach(std::unique_ptr<Transport> transport, const std::string& host,
                              std::uint16_t port) {
  const std::string name = host.find(':') == std::string::npos ? host : "[" + host + "]";
  requests_ =
      std::make_shared<HttpRequests>(scheduler_, std::move(transport), name + ":" + std::to_string(port),
                                     later([](Impl& self) { self.proceed(); }));
}

void HttpTunnel::Impl::open(std::function<void(std::optional<LinkFailure>)> done) {
  opened_ = std::move(done);
  scheduler_.post(later([](Impl& self) {
    self.request("open/1", rtmp::asBytes(std::string_view("\0", 1)));
    self.proceed();
  }));
}

IoResult HttpTunnel::Impl::write(std::span<const rtmp::BytesView> slices) {
  if (phase_ == Phase::ended)
    return {.error = error_ ? error_ : std::make_error_code(std::errc::broken_pipe)};
  IoResult result;
  for (const rtmp::BytesView slice : slices) {
    const rtmp::BytesView part = slice.first(std::min(slice.size(), write_limit - pending_.size()));
    rtmp::ByteWriter(pending_).bytes(part);
    result.bytes += part.size();
    result.would_block = part.size() < slice.size();
    if (result.would_block) break;
  }
  startRequest();
  requests_->flush();
  return result;
}

IoResult HttpTunnel::Impl::read(std::span<std::byte> buffer) {
  const std::size_t size = std::min(buffer.size(), received_.size() - taken_);
  std::copy_n(received_.begin() + static_cast<std::ptrdiff_t>(taken_), size, buffer.begin());
  taken_ += size;
  if (taken_ == received_.size()) {
    received_.clear();
    taken_ = 0;
  }
  if (size > 0) return {.bytes = size, .would_block = size < buffer.size() && phase_ != Phase::ended};
  if (phase_ != Phase::ended) return {.would_block = true};
  return error_ ? IoResult{.error = error_} : IoResult{.ended = true};
}

void HttpTunnel::Impl::waitReadable(std::function<void()> ready) {
  on_readable_ = std::move(ready);
  scheduler_.post(later([](Impl& self) { self.proceed(); }));
}

void HttpTunnel::Impl::waitWritable(std::function<void()> ready) {
  on_writable_ = std::move(ready);
  scheduler_.post(later([](Impl& self) { self.proceed(); }));
}

void HttpTunnel::Impl::shutdownWrite() {
  if (phase_ != Phase::open) return;
  phase_ = Phase::closing;
  scheduler_.post(later([](Impl& self) { self.proceed(); }));
}

void HttpTunnel::Impl::close() {
  phase_ = Phase::ended;
  poll_.cancel();
  opened_ = nullptr;
  on_readable_ = on_writable_ = nullptr;
  requests_->close();
}

// --- Requests and answers

/// Everything there is to do, and who waits is told. From tasks of the tunnel's own.
void HttpTunnel::Impl::proceed() {
  if (phase_ != Phase::ended) {
    startRequest();
    requests_->flush();
    receive();
  }
  wake();
}

void HttpTunnel::Impl::startRequest() {
  if (requests_->underWay() || close_sent_ || (phase_ != Phase::open && phase_ != Phase::closing)) return;
  if (!pending_.empty()) {
    request("send", pending_);
    unanswered_ = pending_.size();
    pending_.clear();
    poll_interval_ = shortest_poll;
    return;
  }
  if (phase_ == Phase::closing) {
    close_sent_ = true;
    return request("close", rtmp::asBytes(std::string_view("\0", 1)));
  }
  poll_ = scheduler_.after(poll_interval_, later([](Impl& self) { self.poll(); }));
}

void HttpTunnel::Impl::request(std::string_view command, rtmp::BytesView body) {
  poll_.cancel();
  std::string path(command);
  if (!session_.empty()) path += "/" + session_ + "/" + std::to_string(sequence_++);
  requests_->post(path, body);
}

void HttpTunnel::Impl::poll() {
  if (phase_ != Phase::open || requests_->underWay()) return;
  poll_interval_ = std::min<Duration>(2 * poll_interval_, longest_poll);
  request("idle", rtmp::asBytes(std::string_view("\0", 1)));
  proceed();
}

void HttpTunnel::Impl::receive() {
  while (phase_ != Phase::ended && received_.size() - taken_ < read_limit) {
    const auto answer = requests_->receive();
    if (!answer) {
      if (requests_->ended()) end(requests_->error());
      return;
    }
    answered(*answer);
  }
}

void HttpTunnel::Impl::answered(const Answer& answer) {
  unanswered_ = 0;
  if (phase_ == Phase::opening) return sessionOpened(answer);
  if (close_sent_) return end({});
  if (answer.status != http_ok || answer.body.empty()) return end(Error::tunnel_failed);
  deliver(std::string_view(answer.body).substr(1));
  startRequest();
  requests_->flush();
}

void HttpTunnel::Impl::sessionOpened(const Answer& answer) {
  if (answer.status != http_ok) {
    return tellOpened(makeFailure(Error::tunnel_failed,
                                  "the HTTP server does not tunnel RTMP: it answers /open with status " +
                                      std::to_string(answer.status)));
  }
  session_ = answer.body;
  session_.erase(
      std::find_if(session_.begin(), session_.end(), [](char c) { return c == '\r' || c == '\n'; }),
      session_.end());
  if (!isSession(session_)) {
    return tellOpened(makeFailure(Error::tunnel_failed,
                                  "the HTTP server does not tunnel RTMP: it answers /open with no session"));
  }
  phase_ = Phase::open;
  tellOpened({});
}

void HttpTunnel::Impl::deliver(std::string_view body) {
  if (body.empty()) return;
  poll_interval_ = shortest_poll;
  rtmp::ByteWriter(received_).text(body);
}

void HttpTunnel::Impl::end(std::error_code error) {
  if (phase_ == Phase::ended) return;
  const bool opening = phase_ == Phase::opening;
  phase_ = Phase::ended;
  error_ = error;
  poll_.cancel();
  if (!opening) return requests_->shutdownWrite();
  if (!error)
    return tellOpened(makeFailure(Error::closed_in_handshake,
                                  "the server closed the connection during the HTTP handshake"));
  if (error == Error::tunnel_failed) return tellOpened(makeFailure(error, "the server does not speak HTTP"));
  tellOpened(makeFailure(error, describe(error, "the server")));
}

void HttpTunnel::Impl::tellOpened(std::optional<LinkFailure> failure) {
  if (failure) phase_ = Phase::ended;
  scheduler_.post(later([failure = std::move(failure)](Impl& self) {
    if (const auto done = std::exchange(self.opened_, nullptr)) done(failure);
  }));
}

void HttpTunnel::Impl::wake() {
  const auto self = shared_from_this();  // either may destroy the handle
  if (readable()) {
    if (const auto ready = std::exchange(on_readable_, nullptr)) ready();
  }
  if (writable()) {
    if (const auto ready = std::exchange(on_writable_, nullptr)) ready();
  }
}

template <typename Task>
std::function<void()> HttpTunnel::Impl::later(Task task) {
  return [weak = weak_from_this(), task] {
    if (const auto self = weak.lock()) task(*self);
  };
}

}  // namespace multiconn::net
