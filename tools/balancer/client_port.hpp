#pragma once

#include <chrono>
#include <cstdint>
#include <memory>

#include "balance/types.hpp"
#include "balancer/door.hpp"
#include "net/asio_scheduler.hpp"

namespace multiconn::balancer {

class ReadySet;

struct ClientPortLimits {
  /// Connections of which no byte has come. Beyond, the one that has waited longest is closed: a client that
  /// means it sends its first byte at once.
  std::size_t max_waiting = 8192;
  std::size_t max_waiting_per_network = 1024;
  std::chrono::milliseconds first_byte_timeout{10000};
};

/// Where clients come, by HTTP and RTMP alike. The first byte tells: 0x03 is RTMP's version (RTMP 1.0 5.2.2),
/// a letter begins an HTTP request, and anything else is closed.
class ClientPort {
 public:
  struct Doors {
    Door& http;
    Door* rtmp = nullptr;  ///< without it RTMP clients are closed
  };
  /// Throws std::system_error with address and port in its sentence.
  ClientPort(net::AsioScheduler& scheduler, ReadySet& ready, const net::Address& address, Doors doors,
             ClientPortLimits limits = {});
  ~ClientPort();
  ClientPort(const ClientPort&) = delete;
  ClientPort& operator=(const ClientPort&) = delete;

  net::Address address() const;

  struct Counts {
    std::uint64_t accepted = 0;
    std::uint64_t silent = 0;   ///< closed because no byte came in time
    std::uint64_t crowded = 0;  ///< closed because too many waited
    std::uint64_t garbage = 0;  ///< neither RTMP nor HTTP
    std::size_t waiting = 0;    ///< now
  };
  Counts counts() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
  net::Address address_;
};

}  // namespace multiconn::balancer
