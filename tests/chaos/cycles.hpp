#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace multiconn::chaos {

struct CycleResult {
  std::vector<std::string> complaints;
  std::optional<std::uint64_t> failed_seed;  ///< none: no single cycle is to blame
  double longest_close_ms = 0;
};

/// One life of a MultiConnection, ended in a state that the seed decides, in simulated time: ncClose() takes
/// `close_gate` at most, and 250 ms after the destructor nothing is left of it.
CycleResult runSimulatedCycle(std::uint64_t seed, std::chrono::milliseconds close_gate);

/// `count` such lives over loopback, with a thread of the library's own: nothing is called any more once the
/// destructor has returned, no descriptor and no thread is left, and neither ncClose() nor the destructors
/// take longer than `close_gate`.
CycleResult runSocketCycles(std::uint64_t first_seed, std::size_t count,
                            std::chrono::milliseconds close_gate);

}  // namespace multiconn::chaos
