#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace multiconn::bench {

struct BalanceOptions {
  std::uint64_t seeds = 5;              ///< 1, 2, ... so many
  std::vector<std::string> scenarios;   ///< by name; none: all
  std::string policy = "least-loaded";  ///< of the scenarios that are no controls
  bool json = false;
};

/// Runs the simulated cluster (balance_world.hpp) through each scenario and holds the worst of its seeds
/// against the gate: 3 when one is missed. Throws std::invalid_argument with one sentence for a name that is
/// none.
int runBalance(const BalanceOptions& options);

}  // namespace multiconn::bench
