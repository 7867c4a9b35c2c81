#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace multiconn::chaos {

struct RunOptions {
  bool tell = false;  ///< what happens, on standard output
};

struct RunResult {
  std::vector<std::string> complaints;  ///< none: all promises were kept
  // Of all servers together, to see that a run does something.
  std::size_t faults = 0, publications = 0, frames = 0;
};

/// One broadcast to 1 to 6 servers, some of them tortured, all of it decided by the seed.
RunResult runChaos(std::uint64_t seed, const RunOptions& options = {});

}  // namespace multiconn::chaos
