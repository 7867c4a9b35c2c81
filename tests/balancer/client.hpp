#pragma once

#include <string>

#include "support/loop.hpp"
#include "support/sockets.hpp"

namespace multiconn::balancer::test {

/// A TCP client of a port on 127.0.0.1, whose reads let the test's loop run.
class Client {
 public:
  Client(net::test::Loop& loop, std::uint16_t port);

  void send(const std::string& text);
  /// Runs the loop until `count` whole responses have come, or the connection has ended; returns what came.
  std::string responses(std::size_t count = 1);
  /// Runs the loop until the other side has closed; returns what came before.
  std::string untilClosed();
  bool isClosed();
  /// A GET and its response.
  std::string get(const std::string& target, const std::string& fields = "");
  const net::Socket& socket() const { return socket_; }

 private:
  void read();

  net::test::Loop& loop_;
  net::Socket socket_;
  std::string received_;
  bool closed_ = false;
};

/// How many whole responses with Content-Length stand in `text`.
std::size_t responsesIn(const std::string& text);
std::string bodyOf(const std::string& response);
int statusOf(const std::string& response);

}  // namespace multiconn::balancer::test
