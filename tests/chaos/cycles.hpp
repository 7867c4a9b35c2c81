#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace multiconn::chaos {

struct CycleResult {
  std::vector<std::string> complaints;
  double longest_close_ms = 0;
};

/// One life of a MultiConnection, ended in a state that the seed decides, in simulated time: within 250 ms,
/// and nothing is left of it.
CycleResult runSimulatedCycle(std::uint64_t seed);

/// `count` such lives over loopback, with a thread of the library's own: nothing is called any more once the
/// destructor has returned, and no descriptor and no thread is left.
CycleResult runSocketCycles(std::uint64_t first_seed, std::size_t count);

}  // namespace multiconn::chaos
