#include "client/timeline.hpp"

#include <algorithm>

namespace multiconn::client {

namespace {

constexpr std::int64_t longest_interval_ms = 1000;

// Half away from zero, as FFmpeg's muxers round.
std::int64_t roundedMs(std::chrono::microseconds time) {
  const std::int64_t us = time.count();
  const std::int64_t whole = us / 1000;
  const std::int64_t rest = us % 1000;
  if (rest >= 500) return whole + 1;
  if (rest <= -500) return whole - 1;
  return whole;
}

}  // namespace

void Timeline::place(std::chrono::microseconds first_dts) {
  start_ms_ = continuation();
  for (Line& line : lines_)
    if (!line.shift_ms) line.shift_ms = start_ms_ - roundedMs(first_dts);
}

Timeline::Position Timeline::frame(Track track, std::chrono::microseconds dts,
                                   std::chrono::microseconds pts) {
  Line& line = of(track);
  const std::int64_t shift = line.shift_ms.value_or(0);
  const std::int64_t ms = std::max(roundedMs(dts) + shift, line.last_ms.value_or(0));
  if (line.last_ms) line.interval_ms = std::clamp<std::int64_t>(ms - *line.last_ms, 1, longest_interval_ms);
  line.last_ms = ms;
  newest_ms_ = std::max(newest_ms_, ms);
  const std::int64_t composition = roundedMs(pts) + shift - ms;
  constexpr std::int64_t limit = 0x7FFFFF;
  return {static_cast<std::uint32_t>(ms), static_cast<std::int32_t>(std::clamp(composition, -limit, limit))};
}

std::uint32_t Timeline::config(Track track) const {
  return static_cast<std::uint32_t>(of(track).last_ms.value_or(start_ms_));
}

std::int64_t Timeline::continuation() const {
  std::int64_t next = newest_ms_;
  for (const Line& line : lines_)
    if (!line.shift_ms && line.last_ms) next = std::max(next, *line.last_ms + line.interval_ms);
  return next;
}

}  // namespace multiconn::client
