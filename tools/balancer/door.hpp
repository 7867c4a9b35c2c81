#pragma once

#include "net/socket.hpp"

namespace multiconn::balancer {

/// Takes the clients of one protocol from the client port.
class Door {
 public:
  virtual ~Door() = default;
  /// A connected, non-blocking socket of which nothing has been read.
  virtual void take(net::Socket socket, const net::Address& peer) = 0;
  /// How many it has now.
  virtual std::size_t connections() const = 0;
};

}  // namespace multiconn::balancer
