#pragma once

#include <chrono>
#include <cstdint>

#include "process.hpp"

namespace multiconn::bench {

struct TrafficOptions {
  std::size_t connections = 16;
  std::uint64_t bytes = 2'000'000'000;  ///< in all, as fast as possible; or, when paced, as much as comes
  /// Of each connection; 0: as fast as possible. Paced ones send 30 times a second, like encoders.
  std::uint64_t bits_per_second = 0;
  std::chrono::milliseconds duration{5000};  ///< when paced
};

struct TrafficResult {
  std::uint64_t bytes = 0;  ///< that arrived
  double seconds = 0;
  double relay_cpu = 0;  ///< seconds of user and system time of the process in between
};

/// Encoders and their server at either end of a relay, in one thread: the server listens on a port of its
/// own, shakes hands with whoever comes and discards the rest unread; each encoder connects to the relay,
/// shakes hands, says connect and createStream, and then sends video.
class RelayTraffic {
 public:
  RelayTraffic();
  ~RelayTraffic();
  RelayTraffic(const RelayTraffic&) = delete;
  RelayTraffic& operator=(const RelayTraffic&) = delete;

  /// Where the relay has to lead to.
  std::uint16_t serverPort() const;
  /// Throws std::runtime_error when a connection fails.
  TrafficResult run(std::uint16_t relay_port, const Process& relay, const TrafficOptions& options);

 private:
  int listener_;
};

}  // namespace multiconn::bench
