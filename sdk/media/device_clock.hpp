#pragma once

#include <optional>

#include "media/ffmpeg.hpp"

namespace multiconn::media {

/// Brings a device's timestamps to the machine's monotonic clock. Drivers use the wall clock (ALSA,
/// PulseAudio, X11), the monotonic one (V4L2), or one of their own. Time is an argument.
class DeviceClock {
 public:
  /// The machine's two clocks, read together when a packet arrived.
  struct Now {
    Microseconds wall{};
    Microseconds monotonic{};
  };
  static Now now();

  /// When it was captured, by the monotonic clock: never later than now, nor earlier than the packet before.
  Microseconds captured(std::optional<Microseconds> timestamp, const Now& now);

 private:
  enum class Kind : std::uint8_t { unknown, wall, monotonic, own };

  static Kind kindOf(Microseconds timestamp, const Now& now);
  Microseconds byOwnClock(Microseconds timestamp, Microseconds arrival);

  Kind kind_ = Kind::unknown;
  std::optional<Microseconds> last_;
  // Of a clock of its own: what to add to it. The packet that was delayed least tells it best; two windows,
  // so that a drift is followed.
  std::optional<Microseconds> least_, least_before_;
  Microseconds window_start_{};
};

}  // namespace multiconn::media
