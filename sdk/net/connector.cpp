#include "net/connector.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "net/error.hpp"
#include "net/failure.hpp"
#include "net/readiness.hpp"

namespace multiconn::net {
namespace {

// RFC 8305 5: the recommended Connection Attempt Delay.
constexpr std::chrono::milliseconds attempt_delay{250};

std::vector<Address> interleaved(const std::vector<Address>& addresses);
std::error_code connectError(int descriptor);
bool isAnswer(std::error_code code);

}  // namespace

class Connector::Impl {
 public:
  Impl(AsioScheduler& scheduler, std::string host, std::vector<Address> addresses,
       std::function<void(ConnectResult)> done, std::chrono::milliseconds patience)
      : scheduler_(scheduler),
        patience_(patience),
        host_(std::move(host)),
        addresses_(std::move(addresses)),
        done_(std::move(done)) {
    timer_ = scheduler_.after(Duration::zero(), [this] { startNext(); });
  }

 private:
  struct Attempt {
    Address address;
    std::unique_ptr<Readiness> socket;  // null once it failed
  };

  void startNext();
  bool startOne(const Address& address);
  void check(std::size_t index);
  void attemptFailed(const Address& address, std::error_code code);
  void giveUp();
  bool anyPending() const;
  LinkFailure failure() const;
  void finish(ConnectResult result);

  AsioScheduler& scheduler_;
  const std::chrono::milliseconds patience_;
  std::string host_;
  std::vector<Address> addresses_;
  std::function<void(ConnectResult)> done_;
  std::size_t next_ = 0;
  std::vector<Attempt> attempts_;
  Timer timer_, silence_;
  std::error_code code_;  // of the failed attempts, when they agree
  std::string text_;      // of the last failed attempt
  bool errors_differ_ = false;
  bool answered_ = false;  // one of them, by a peer
  bool waiting_ = false;   // for the answers, after the last address was tried
};

Connector::Connector(AsioScheduler& scheduler, std::string host, std::vector<Address> addresses,
                     std::function<void(ConnectResult)> done, std::chrono::milliseconds patience)
    : impl_(std::make_unique<Impl>(scheduler, std::move(host), interleaved(addresses), std::move(done),
                                   patience)) {}

Connector::~Connector() = default;

void Connector::Impl::startNext() {
  while (next_ < addresses_.size()) {
    if (!startOne(addresses_[next_++])) continue;
    if (next_ < addresses_.size()) {
      timer_ = scheduler_.after(attempt_delay, [this] { startNext(); });
      return;
    }
    break;
  }
  if (!anyPending()) return finish({{}, failure()});
  if (patience_ > Duration::zero() && !std::exchange(waiting_, true))
    silence_ = scheduler_.after(patience_, [this] { giveUp(); });
}

// What another address has answered says more than silence does, and silence more than that we have no route.
void Connector::Impl::giveUp() {
  for (const Attempt& attempt : attempts_) {
    if (attempt.socket && !answered_)
      attemptFailed(attempt.address, std::make_error_code(std::errc::timed_out));
  }
  LinkFailure silence = failure();
  silence.mute = !answered_;
  finish({{}, std::move(silence)});
}

bool Connector::Impl::startOne(const Address& address) {
  Socket socket(::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket ||
      (::connect(socket.descriptor(), address.data(), address.size()) != 0 && errno != EINPROGRESS)) {
    attemptFailed(address, {errno, std::system_category()});
    return false;
  }
  const std::size_t index = attempts_.size();
  attempts_.push_back({address, std::make_unique<Readiness>(scheduler_, std::move(socket))});
  attempts_.back().socket->waitWritable([this, index] { check(index); });
  return true;
}

void Connector::Impl::check(std::size_t index) {
  Attempt& attempt = attempts_[index];
  const std::error_code code = connectError(attempt.socket->descriptor());
  if (code == std::errc::operation_in_progress)
    return attempt.socket->waitWritable([this, index] { check(index); });
  if (!code) return finish({attempt.socket->release(), {}});
  attempt.socket.reset();
  attemptFailed(attempt.address, code);
  timer_.cancel();
  startNext();
}

void Connector::Impl::attemptFailed(const Address& address, std::error_code code) {
  errors_differ_ = errors_differ_ || (code_ && code_ != code);
  answered_ = answered_ || isAnswer(code);
  code_ = code;
  text_ = describe(code, address.text());
}

bool Connector::Impl::anyPending() const {
  return std::any_of(attempts_.begin(), attempts_.end(),
                     [](const Attempt& attempt) { return attempt.socket != nullptr; });
}

LinkFailure Connector::Impl::failure() const {
  if (addresses_.size() == 1) return makeFailure(code_, text_);
  return makeFailure(errors_differ_ || !code_ ? Error::no_address_reachable : code_,
                     "none of the " + std::to_string(addresses_.size()) + " addresses of " + host_ +
                         " could be reached, the last answer being: " + text_);
}

void Connector::Impl::finish(ConnectResult result) {
  const auto done = std::exchange(done_, nullptr);
  timer_.cancel();
  silence_.cancel();
  attempts_.clear();
  done(std::move(result));  // may destroy this
}

namespace {

std::vector<Address> interleaved(const std::vector<Address>& addresses) {
  std::vector<Address> by_family[2];
  for (const Address& address : addresses) by_family[address.isIpv6() ? 0 : 1].push_back(address);
  std::vector<Address> order;
  for (std::size_t i = 0; order.size() < addresses.size(); ++i) {
    for (const auto& family : by_family) {
      if (i < family.size()) order.push_back(family[i]);
    }
  }
  return order;
}

/// Why a connect(2) failed; nothing when it succeeded; operation_in_progress when the wake-up was for
/// nothing.
std::error_code connectError(int descriptor) {
  pollfd poll_for{descriptor, POLLOUT, 0};
  if (::poll(&poll_for, 1, 0) == 0) return std::make_error_code(std::errc::operation_in_progress);
  int code = 0;
  socklen_t size = sizeof code;
  if (::getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &size) != 0) code = errno;
  return {code, std::system_category()};
}

/// All else is said by our own kernel, or by a router on the way.
bool isAnswer(std::error_code code) {
  return code == std::errc::connection_refused || code == std::errc::connection_reset;
}

}  // namespace

}  // namespace multiconn::net
