#pragma once

#include <cstddef>
#include <vector>

#include "frame_log.hpp"

namespace multiconn::bench {

/// How a receiver got a broadcast whose pictures carry no mark.
struct Schedule {
  double arrived_share = 0;  ///< of the pictures that were expected
  double late_p99_ms = 0;    ///< against the timestamps, counted from the picture that came earliest
};
Schedule keptSchedule(const std::vector<SeenFrame>& frames, std::size_t expected_pictures);

}  // namespace multiconn::bench
