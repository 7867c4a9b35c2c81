#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "figures.hpp"

namespace multiconn::bench {

struct FailoverOptions {
  std::vector<std::string> cases{"restart", "standby", "black-hole"};
  std::size_t restarts = 100;
  std::size_t takeovers = 10;
  std::size_t black_holes = 5;  ///< with a broadcast, and as many without
  double restart_gate_ms = 500;
  double standby_gate_ms = 300;
  double black_hole_gate_ms = 3000;
  bool json = false;
};

/// What a viewer sees of servers that die: 3 when a gate was missed. Throws std::runtime_error when a server
/// does not come back at all.
int runFailover(const FailoverOptions& options);

// The cases, each in a file of its own.
void measureRestarts(const FailoverOptions& options, Figures& figures);
void measureTakeovers(const FailoverOptions& options, Figures& figures);
void measureBlackHoles(const FailoverOptions& options, Figures& figures);

}  // namespace multiconn::bench
