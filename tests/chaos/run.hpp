#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "chaos/faults.hpp"

namespace multiconn::chaos {

struct RunOptions {
  bool tell = false;  ///< what happens, on standard output
};

struct RunResult {
  std::vector<std::string> complaints;  ///< none: all promises were kept
  // Of all servers together, to see that a run does something.
  std::size_t faults = 0, publications = 0, frames = 0;
  // What was judged, and not only excused.
  std::size_t untouched = 0;      ///< servers that had to have every frame
  std::size_t resumed_whole = 0;  ///< outages that the ring had to cover
  std::size_t resumed_at_keyframe = 0;
  std::size_t complete_ends = 0;  ///< tortured servers that had to have the newest frames
  std::size_t memory_filled = 0;  ///< more was written than may be in memory at once
  std::size_t look_ups = 0;       ///< balancers that have named a server
  std::size_t wrapped = 0;        ///< timestamps have begun again at 0
  std::size_t batches = 0;        ///< of messages, each sent in few writes
  std::array<std::size_t, static_cast<std::size_t>(FaultKind::count_)> met{};  ///< faults that a client felt
  std::array<std::size_t, static_cast<std::size_t>(Step::count_)>
      steps{};  ///< at which one has struck a client

  void add(const RunResult& run);
  /// The names of those that are 0.
  std::vector<std::string> notSeen() const;
};

/// One broadcast to 1 to 6 servers, some of them tortured, all of it decided by the seed.
RunResult runChaos(std::uint64_t seed, const RunOptions& options = {});

}  // namespace multiconn::chaos
