#pragma once

#include <cstdint>

namespace multiconn::balancer {

/// Bytes that relays have carried.
struct RelayCounts {
  std::uint64_t to_edges = 0, to_clients = 0;
};

}  // namespace multiconn::balancer
