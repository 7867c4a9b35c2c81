#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "balancer/log.hpp"
#include "balancer/options.hpp"

namespace multiconn::net {
class AsioScheduler;
}

namespace multiconn::balancer {

/// The whole balancer on one scheduler: ports, edges, pages. Made and destroyed on the scheduler's strand, or
/// while nothing runs there.
class Balancer {
 public:
  /// Listens. Throws std::exception with one sentence when a port cannot be had, or the state file not be
  /// used.
  Balancer(net::AsioScheduler& scheduler, BalancerOptions options, Log log);
  /// Saves its state.
  ~Balancer();
  Balancer(const Balancer&) = delete;
  Balancer& operator=(const Balancer&) = delete;

  /// "rtmp 127.0.0.1:1935", "udp 127.0.0.1:1934", "admin 127.0.0.1:1936": where it really listens.
  const std::vector<std::string>& listening() const;
  /// Throws std::invalid_argument with one sentence, and then keeps those that there are.
  void setKeys(const std::vector<std::string>& keys);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace multiconn::balancer
