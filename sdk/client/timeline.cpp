#include "client/timeline.hpp"

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace multiconn::client {

namespace {

constexpr std::int64_t longest_interval_ms = 1000;
// A source that runs back by more has another clock; by less, its frames wait for it.
constexpr std::int64_t longest_wait_ms = 1000;
// Clocks that are set right again need not come back to the millisecond.
constexpr std::int64_t near_enough_ms = 500;
// Tracks of one clock, whose frames come one after the other.
constexpr std::int64_t farthest_apart_ms = 5000;

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
  if (mode_ == Timestamps::epoch && line.shift_ms) followClock(line, roundedMs(dts));
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
  const std::int64_t shift = shiftOfTheOthers(first_ms);
  start_ms_ = first_ms + shift;
  for (Line& line : lines_)
    if (!line.shift_ms) line.shift_ms = shift;
}

// Of a track that begins when the clock of all has been set back already, however long after the last frame:
// a clock that is right is not far behind what it has shown before.
std::int64_t Timeline::shiftOfTheOthers(std::int64_t own_ms) const {
  const std::int64_t ahead = own_ms - newest_ms_;
  const bool nearer = std::abs(ahead + clock_shift_ms_) < std::abs(ahead);
  return nearer || ahead < -farthest_apart_ms ? clock_shift_ms_ : 0;
}

// A clock that has been set back goes on from where it was, for all tracks by one shift: that of the track
// which meets the jump first. Other machines come to the same one, or to one that differs by less than the
// time between two frames.
void Timeline::followClock(Line& line, std::int64_t own_ms) {
  if (!line.last_ms) return;
  std::int64_t& shift = *line.shift_ms;
  if (shift != 0 && own_ms >= *line.last_ms - near_enough_ms) shift = clock_shift_ms_ = 0;
  const std::int64_t earliest = *line.last_ms - longest_wait_ms;
  if (own_ms + shift >= earliest) return;
  const std::int64_t as_the_other = own_ms + clock_shift_ms_;
  if (as_the_other < earliest || as_the_other > newest_ms_ + farthest_apart_ms)
    clock_shift_ms_ = *line.last_ms + line.interval_ms - own_ms;
  shift = clock_shift_ms_;
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
