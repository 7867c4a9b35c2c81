#pragma once

#include <cstddef>
#include <cstdint>

namespace multiconn::bench {

struct RelayOptions {
  std::size_t fast_connections = 16;
  std::uint64_t megabytes = 1000;  ///< per fast run
  std::size_t paced_connections = 200;
  std::uint64_t paced_kilobits = 4000;  ///< per second, of each connection
  std::size_t rounds = 3;
  double gate = 0;  ///< 0: none
  bool json = false;
};

/// What carrying RTMP clients costs multiconn-balancer, beside HAProxy that passes the same connections on in
/// TCP mode. 3 when it takes more than `gate` times HAProxy's processor time per gigabyte.
int runRelay(const RelayOptions& options);

}  // namespace multiconn::bench
