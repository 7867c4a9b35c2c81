#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace multiconn::bench {

struct LookupOptions {
  std::size_t edges = 100;
  std::size_t connections = 64;
  std::size_t rounds = 5;  ///< of each measurement, ours and nginx's in turn
  int round_ms = 1500;
  std::vector<std::string> loads{"keep-alive", "new", "rtmp"};
  double gate = 0;  ///< 0: none
  bool json = false;
};

/// Look-ups of multiconn-balancer beside nginx's `return 200` of the same body, each server on one processor
/// and the load on another. 3 when the ratio of HTTP requests per second of processor falls below the gate.
int runLookup(const LookupOptions& options);

}  // namespace multiconn::bench
