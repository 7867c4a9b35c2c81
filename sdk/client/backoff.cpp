#include "client/backoff.hpp"

#include <algorithm>
#include <limits>

namespace multiconn::client {

namespace {

using std::chrono::milliseconds;

// Of the time before giving up, this is kept for the last attempt.
constexpr milliseconds last_attempt{1000};

milliseconds sinceThen(rtmp::TimePoint then, rtmp::TimePoint now) {
  return std::chrono::duration_cast<milliseconds>(now - then);
}

}  // namespace

std::optional<milliseconds> Backoff::delay(rtmp::TimePoint now, std::uint32_t random) {
  if (!failing_since_) failing_since_ = now;
  if (options_.max_attempts && attempts_ >= *options_.max_attempts) return {};
  const milliseconds longest = longestDelay();
  const double part = static_cast<double>(random) / std::numeric_limits<std::uint32_t>::max();
  const milliseconds delay = longest - std::chrono::duration_cast<milliseconds>(longest / 2 * part);
  if (!options_.give_up_after) return delay;
  const milliseconds reserve = std::min(last_attempt, *options_.give_up_after / 2);
  const milliseconds left = *options_.give_up_after - sinceThen(*failing_since_, now) - reserve;
  if (left <= milliseconds::zero()) return {};
  return std::min(delay, left);
}

milliseconds Backoff::patience(rtmp::TimePoint now, milliseconds longest) const {
  if (!options_.give_up_after || !failing_since_) return longest;
  const milliseconds left = *options_.give_up_after - sinceThen(*failing_since_, now);
  return std::clamp(left, milliseconds::zero(), longest);
}

void Backoff::healthy() {
  attempts_ = 0;
  failing_since_.reset();
}

// Doubled step by step: nothing overflows after thousands of attempts.
milliseconds Backoff::longestDelay() const {
  const milliseconds longest = std::max(options_.longest_delay, milliseconds(1));
  milliseconds delay = std::clamp(options_.first_delay, milliseconds(1), longest);
  for (std::uint32_t i = 0; i < attempts_ && delay < longest; ++i)
    delay = delay > longest / 2 ? longest : delay * 2;
  return delay;
}

}  // namespace multiconn::client
