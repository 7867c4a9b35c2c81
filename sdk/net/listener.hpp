#pragma once

#include <functional>
#include <memory>
#include <string>

#include "net/asio_scheduler.hpp"
#include "net/socket.hpp"

namespace multiconn::net {

/// A listening TCP socket.
class Listener {
 public:
  /// Throws std::system_error with the address and port in its sentence. `address` is numeric; "::" takes
  /// IPv4 too. Port 0: the kernel chooses.
  Listener(AsioScheduler& scheduler, const std::string& address, std::uint16_t port);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  std::uint16_t port() const;
  /// `accepted` gets every new connection, non-blocking, with the peer's address, each from a task of the
  /// scheduler.
  void start(std::function<void(Socket, const Address&)> accepted);

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace multiconn::net
