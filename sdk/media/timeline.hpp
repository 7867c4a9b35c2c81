#pragma once

#include <optional>

#include "media/ffmpeg.hpp"
#include "media/picture_order.hpp"

namespace multiconn::media {

/// What all tracks of one source add to the timestamps of their container.
struct TimeShift {
  Microseconds current{};
  bool may_jump = false;    ///< the container allows jumps forward; see Input::mayJump()
  bool keep_jumps = false;  ///< AvSourceOptions::keep_timestamps
};

/// One track's timestamps made fit for a broadcast: complete, in decoding order, and going on where the
/// container's wrap or jump. Otherwise they stay as they are.
class TrackTimeline {
 public:
  struct Times {
    Microseconds dts{};
    Microseconds pts{};
  };

  explicit TrackTimeline(const AVStream& stream);

  Times next(const AVPacket& packet, TimeShift& shift);
  /// What has come so far; 0 if nothing has.
  Microseconds length() const;

 private:
  std::int64_t unwrapped(std::int64_t ticks, std::int64_t reference) const;
  std::int64_t ticks(Microseconds time) const;
  Microseconds decodeTime(const AVPacket& packet);
  Microseconds presentationDelay(const AVPacket& packet, Microseconds dts);
  Microseconds frameDuration(const AVPacket& packet) const;
  Microseconds jump(Microseconds dts, const TimeShift& shift) const;

  AVRational time_base_;
  int wrap_bits_;
  bool video_;
  int reorder_delay_;  // frames
  Microseconds nominal_duration_;
  PictureOrder picture_order_;

  std::optional<std::int64_t> last_ticks_;  // unwrapped dts
  std::int64_t last_duration_ticks_ = 0;
  std::optional<Microseconds> first_, last_;  // dts with the shift
  Microseconds last_duration_{};
  Microseconds last_step_{};
};

}  // namespace multiconn::media
