#include "media/device_clock.hpp"

#include <algorithm>

namespace multiconn::media {
namespace {

// Between the clock that a driver uses and the same clock here lies only what it had buffered.
constexpr std::chrono::seconds same_clock{10};
constexpr std::chrono::seconds window{10};

}  // namespace

DeviceClock::Now DeviceClock::now() {
  using std::chrono::duration_cast;
  return {duration_cast<Microseconds>(std::chrono::system_clock::now().time_since_epoch()),
          duration_cast<Microseconds>(std::chrono::steady_clock::now().time_since_epoch())};
}

Microseconds DeviceClock::captured(std::optional<Microseconds> timestamp, const Now& now) {
  Microseconds time = now.monotonic;
  if (timestamp) {
    if (kind_ == Kind::unknown) kind_ = kindOf(*timestamp, now);
    if (kind_ == Kind::wall) time = *timestamp - now.wall + now.monotonic;
    if (kind_ == Kind::monotonic) time = *timestamp;
    if (kind_ == Kind::own) time = byOwnClock(*timestamp, now.monotonic);
  }
  // The wall clock may be set in between: what it says of one packet is then wrong.
  time = std::min(time, now.monotonic);
  if (last_) time = std::max(time, *last_);
  last_ = time;
  return time;
}

DeviceClock::Kind DeviceClock::kindOf(Microseconds timestamp, const Now& now) {
  if (std::chrono::abs(timestamp - now.wall) < same_clock) return Kind::wall;
  if (std::chrono::abs(timestamp - now.monotonic) < same_clock) return Kind::monotonic;
  return Kind::own;
}

Microseconds DeviceClock::byOwnClock(Microseconds timestamp, Microseconds arrival) {
  if (!least_ || arrival - window_start_ > window) {
    least_before_ = least_;
    least_.reset();
    window_start_ = arrival;
  }
  const Microseconds delay = arrival - timestamp;
  least_ = std::min(least_.value_or(delay), delay);
  return timestamp + std::min(*least_, least_before_.value_or(*least_));
}

}  // namespace multiconn::media
