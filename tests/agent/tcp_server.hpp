#pragma once

#include <cstdint>
#include <string>

#include "net/socket.hpp"

namespace multiconn::test {

/// A listening socket on loopback whose kernel takes connections; what happens to them is the test's.
class TcpServer {
 public:
  explicit TcpServer(const std::string& address = "127.0.0.1");
  std::uint16_t port() const;
  /// Waits for one.
  net::Socket accept() const;

 private:
  net::Socket socket_;
};

/// Connected to loopback.
net::Socket connectTo(std::uint16_t port, const std::string& address = "127.0.0.1");

/// Everything until the other side closes.
std::string readAll(const net::Socket& socket);

}  // namespace multiconn::test
