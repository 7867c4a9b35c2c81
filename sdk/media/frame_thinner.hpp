#pragma once

#include <cstdint>
#include <optional>

#include "media/ffmpeg.hpp"

namespace multiconn::media {

/// Leaves out pictures, evenly, so that no more than a given rate remain.
class FrameThinner {
 public:
  /// Nothing: all remain.
  explicit FrameThinner(std::optional<AVRational> rate) : rate_(rate) {}

  /// Whether the picture of this time, which grows, remains.
  bool keeps(Microseconds pts) {
    if (!rate_) return true;
    if (!first_) first_ = pts;
    // An eighth of a period is for timestamps that are not quite even.
    const AVRational eighth{rate_->den, rate_->num * 8};
    const std::int64_t eighths =
        av_rescale_q_rnd((pts - *first_).count(), microsecond, eighth, AV_ROUND_DOWN);
    const std::int64_t period = (eighths + 1) / 8;
    if (last_period_ && period <= *last_period_) return false;
    last_period_ = period;
    return true;
  }

 private:
  std::optional<AVRational> rate_;
  std::optional<Microseconds> first_;
  std::optional<std::int64_t> last_period_;
};

}  // namespace multiconn::media
