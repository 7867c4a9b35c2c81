#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "net/asio_scheduler.hpp"
#include "net/link.hpp"
#include "net/socket.hpp"

namespace multiconn::net {

struct ConnectResult {
  Socket socket;  ///< connected and non-blocking; without one see failure
  LinkFailure failure;
};

/// Connects to the first of a host's addresses that answers ("happy eyeballs", RFC 8305): IPv6 and IPv4 in
/// turn, the next attempt beginning when the last one failed, or 250 ms after it began. Tells once, from a
/// task of its own; `done` may destroy it. Destroying it ends every attempt. What is unanswered `patience`
/// after the last address was tried has failed; zero: when the kernel gives up.
class Connector {
 public:
  Connector(AsioScheduler& scheduler, std::string host, std::vector<Address> addresses,
            std::function<void(ConnectResult)> done, std::chrono::milliseconds patience = {});
  ~Connector();
  Connector(const Connector&) = delete;
  Connector& operator=(const Connector&) = delete;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace multiconn::net
