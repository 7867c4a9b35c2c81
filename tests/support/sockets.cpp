#include "support/sockets.hpp"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>

namespace multiconn::net::test {
namespace {

Socket boundSocket(const std::string& host, std::uint16_t port) {
  const Address address = *Address::numeric(host, port);
  Socket socket(::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const int on = 1;
  if (address.isIpv6()) ::setsockopt(socket.descriptor(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  EXPECT_EQ(::bind(socket.descriptor(), address.data(), address.size()), 0) << address.text();
  return socket;
}

Socket startConnecting(const Address& address) {
  Socket socket(::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  ::connect(socket.descriptor(), address.data(), address.size());
  return socket;
}

bool ready(const Socket& socket, short events, int milliseconds) {
  pollfd entry{socket.descriptor(), events, 0};
  return ::poll(&entry, 1, milliseconds) == 1;
}

void limitBuffers(const Socket& socket, int bytes) {
  if (bytes == 0) return;
  ::setsockopt(socket.descriptor(), SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
  ::setsockopt(socket.descriptor(), SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
}

}  // namespace

std::pair<Socket, Socket> connectedPair(int buffer) {
  const Socket listener = boundSocket("127.0.0.1", 0);
  limitBuffers(listener, buffer);
  EXPECT_EQ(::listen(listener.descriptor(), 1), 0);
  Socket near = startConnecting(Address::ofSocket(listener.descriptor()));
  limitBuffers(near, buffer);
  EXPECT_TRUE(ready(listener, POLLIN, 10'000));
  Socket far(::accept4(listener.descriptor(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  EXPECT_TRUE(far);
  return {std::move(near), std::move(far)};
}

void sendText(const Socket& socket, const std::string& text) {
  EXPECT_EQ(::send(socket.descriptor(), text.data(), text.size(), MSG_NOSIGNAL),
            static_cast<ssize_t>(text.size()));
}

std::string receiveText(const Socket& socket) {
  std::array<char, 64 * 1024> buffer;
  const ssize_t size = ::recv(socket.descriptor(), buffer.data(), buffer.size(), MSG_DONTWAIT);
  return size > 0 ? std::string(buffer.data(), static_cast<std::size_t>(size)) : std::string();
}

bool atEnd(const Socket& socket) {
  char byte = 0;
  return ::recv(socket.descriptor(), &byte, 1, MSG_DONTWAIT | MSG_PEEK) == 0;
}

void resetConnection(Socket socket) {
  const linger at_once{1, 0};
  ::setsockopt(socket.descriptor(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

MutePort::MutePort(const std::string& host) : listener_(boundSocket(host, 0)) {
  EXPECT_EQ(::listen(listener_.descriptor(), 0), 0);
  // The queue is full once a connection attempt finds no answer. Loopback answers within the system call.
  for (int i = 0; i < 8; ++i) {
    queued_.push_back(startConnecting(address()));
    if (!ready(queued_.back(), POLLOUT, 50)) return;
  }
  ADD_FAILURE() << "the queue of a listening socket does not fill up";
}

ClosedPort::ClosedPort(const std::string& host, std::uint16_t port) : bound_(boundSocket(host, port)) {}

}  // namespace multiconn::net::test
