#include "agent/tcp_server.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <array>

namespace multiconn::test {

TcpServer::TcpServer(const std::string& address) {
  const auto any_port = *net::Address::numeric(address, 0);
  socket_.reset(::socket(any_port.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
  ::bind(socket_.descriptor(), any_port.data(), any_port.size());
  ::listen(socket_.descriptor(), 64);
}

std::uint16_t TcpServer::port() const {
  return net::Address::ofSocket(socket_.descriptor()).port();
}

net::Socket TcpServer::accept() const {
  return net::Socket(::accept4(socket_.descriptor(), nullptr, nullptr, SOCK_CLOEXEC));
}

net::Socket connectTo(std::uint16_t port, const std::string& address) {
  const auto to = *net::Address::numeric(address, port);
  net::Socket socket(::socket(to.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (::connect(socket.descriptor(), to.data(), to.size()) != 0) socket.reset();
  return socket;
}

std::string readAll(const net::Socket& socket) {
  std::string text;
  std::array<char, 4096> buffer{};
  for (;;) {
    const auto count = ::read(socket.descriptor(), buffer.data(), buffer.size());
    if (count <= 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(count));
  }
}

}  // namespace multiconn::test
