#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "net/socket.hpp"

namespace multiconn::net::test {

/// Two ends of a TCP connection over loopback, non-blocking. `buffer`: SO_SNDBUF and SO_RCVBUF of both; 0:
/// the default.
std::pair<Socket, Socket> connectedPair(int buffer = 0);

/// Sends what `text` holds, and reads without waiting: "" when nothing is there.
void sendText(const Socket& socket, const std::string& text);
std::string receiveText(const Socket& socket);
bool atEnd(const Socket& socket);
/// Ends the connection with a RST.
void resetConnection(Socket socket);

/// A port of `host` that listens but whose queue is full, so that connecting to it neither succeeds nor
/// fails.
class MutePort {
 public:
  explicit MutePort(const std::string& host = "127.0.0.1");
  Address address() const { return Address::ofSocket(listener_.descriptor()); }
  std::uint16_t port() const { return address().port(); }

 private:
  Socket listener_;
  std::vector<Socket> queued_;
};

/// A port of `host` where nothing listens, kept so while this lives.
class ClosedPort {
 public:
  explicit ClosedPort(const std::string& host = "127.0.0.1", std::uint16_t port = 0);
  Address address() const { return Address::ofSocket(bound_.descriptor()); }
  std::uint16_t port() const { return address().port(); }

 private:
  Socket bound_;
};

}  // namespace multiconn::net::test
