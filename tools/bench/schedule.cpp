#include "schedule.hpp"

#include <algorithm>

#include "statistics.hpp"

namespace multiconn::bench {

Schedule keptSchedule(const std::vector<SeenFrame>& frames, std::size_t expected_pictures) {
  std::vector<double> late;
  for (const SeenFrame& frame : frames)
    if (frame.video()) late.push_back(static_cast<double>(frame.arrived_us) / 1e3 - frame.timestamp);
  Schedule schedule;
  schedule.arrived_share = static_cast<double>(late.size()) / static_cast<double>(expected_pictures);
  if (late.empty()) return {0, quantile({}, 0.99)};
  const double earliest = *std::min_element(late.begin(), late.end());
  schedule.late_p99_ms = quantile(std::move(late), 0.99) - earliest;
  return schedule;
}

}  // namespace multiconn::bench
