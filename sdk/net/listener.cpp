#include "net/listener.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <optional>
#include <system_error>

#include "net/readiness.hpp"

namespace multiconn::net {
namespace {

Socket listeningSocket(const std::string& host, std::uint16_t port);

// How long to leave connections in the kernel's queue when there is no descriptor or memory for them.
constexpr std::chrono::milliseconds exhausted_pause{100};
// Of one task, so that a storm of connections leaves room for those that are there.
constexpr int accepts_per_task = 64;

}  // namespace

class Listener::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(AsioScheduler& scheduler, Socket socket)
      : scheduler_(scheduler), socket_(scheduler, std::move(socket)) {}

  std::uint16_t port() const { return Address::ofSocket(socket_.descriptor()).port(); }
  void start(std::function<void(Socket, const Address&)> accepted) {
    accepted_ = std::move(accepted);
    wait();
  }
  void close() {
    socket_.close();
    pause_.cancel();
    closed_ = true;
  }

 private:
  void wait() {
    socket_.waitReadable([this] { acceptSome(); });
  }
  void acceptSome() {
    const auto self = shared_from_this();  // a handler may destroy the Listener
    for (int i = 0; i < accepts_per_task && !closed_; ++i) {
      sockaddr_storage peer{};
      socklen_t size = sizeof peer;
      auto* const address = reinterpret_cast<sockaddr*>(&peer);
      Socket socket(::accept4(socket_.descriptor(), address, &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
      if (socket) {
        accepted_(std::move(socket), Address(address, size));
      } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
        pause_ = scheduler_.after(exhausted_pause, [this] { acceptSome(); });
        return;
      } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
        break;
      }
    }
    if (!closed_) wait();
  }

  AsioScheduler& scheduler_;
  Readiness socket_;
  std::function<void(Socket, const Address&)> accepted_;
  Timer pause_;
  bool closed_ = false;
};

Listener::Listener(AsioScheduler& scheduler, const std::string& address, std::uint16_t port)
    : impl_(std::make_shared<Impl>(scheduler, listeningSocket(address, port))) {}

Listener::~Listener() {
  impl_->close();
}

std::uint16_t Listener::port() const {
  return impl_->port();
}

void Listener::start(std::function<void(Socket, const Address&)> accepted) {
  impl_->start(std::move(accepted));
}

namespace {

Socket listeningSocket(const std::string& host, std::uint16_t port) {
  const auto fail = [&](int code) {
    throw std::system_error(code, std::system_category(),
                            "cannot listen on " + host + " port " + std::to_string(port));
  };
  const std::optional<Address> address = Address::numeric(host, port);
  if (!address) fail(EINVAL);
  Socket socket(::socket(address->family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) fail(errno);
  const int on = 1;
  const int off = 0;
  ::setsockopt(socket.descriptor(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (address->isIpv6()) ::setsockopt(socket.descriptor(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  if (::bind(socket.descriptor(), address->data(), address->size()) != 0) fail(errno);
  if (::listen(socket.descriptor(), SOMAXCONN) != 0) fail(errno);
  return socket;
}

}  // namespace

}  // namespace multiconn::net
