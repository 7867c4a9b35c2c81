#pragma once

#include <chrono>
#include <optional>

namespace multiconn::media {

/// When a frame is due, so that media goes out as fast as it is played. Time is an argument.
class Pacer {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  /// With `catch_up` whatever came late goes out at once until it is on time again, as for a pipe that
  /// stalled; without it, a delay beyond max_delay shifts everything after it.
  explicit Pacer(bool catch_up) : catch_up_(catch_up) {}

  /// The first frame is due now.
  TimePoint due(std::chrono::microseconds dts, TimePoint now) {
    if (!start_) start_ = now - dts;
    TimePoint time = *start_ + dts;
    if (!catch_up_ && now - time > max_delay) {
      start_ = now - dts;
      time = now;
    }
    return time;
  }

  static constexpr std::chrono::seconds max_delay{1};

 private:
  bool catch_up_;
  std::optional<TimePoint> start_;  // when time 0 was, or would have been
};

}  // namespace multiconn::media
