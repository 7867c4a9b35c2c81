#include "client/timeline.hpp"

#include <algorithm>
#include <utility>

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
  if (mode_ == Timestamps::epoch) return placeUnshifted(roundedMs(first_dts));
  start_ms_ = continuation();
  for (Line& line : lines_)
    if (!line.shift_ms) line.shift_ms = start_ms_ - roundedMs(first_dts);
}

Timeline::Position Timeline::frame(Track track, std::chrono::microseconds dts,
                                   std::chrono::microseconds pts) {
  Line& line = of(track);
  const std::int64_t shift = line.shift_ms.value_or(0);
  const std::int64_t wanted = roundedMs(dts) + shift;
  const std::int64_t beginning = mode_ == Timestamps::epoch ? wanted : 0;
  const std::int64_t ms = std::max(wanted, line.last_ms.value_or(beginning));
  if (line.last_ms) line.interval_ms = std::clamp<std::int64_t>(ms - *line.last_ms, 1, longest_interval_ms);
  line.last_ms = ms;
  newest_ms_ = std::max(newest_ms_, ms);
  const std::int64_t composition = roundedMs(pts) + shift - ms;
  constexpr std::int64_t limit = 0x7FFFFF;
  return {static_cast<std::uint32_t>(ms), static_cast<std::int32_t>(std::clamp(composition, -limit, limit))};
}

// What comes before the first frame has its time.
void Timeline::placeUnshifted(std::int64_t first_ms) {
  if (!std::exchange(begun_, true)) origin_ms_ = newest_ms_ = first_ms;
  start_ms_ = first_ms;
  for (Line& line : lines_)
    if (!line.shift_ms) line.shift_ms = 0;
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
