#pragma once

#include <optional>

#include "media/encode_format.hpp"
#include "media/frame_thinner.hpp"
#include "media/track_encoder.hpp"
#include "media/video_converter.hpp"

namespace multiconn::media {

/// Pictures of any size and format to H.264, with a keyframe every interval.
class VideoEncoder final : public TrackEncoder {
 public:
  explicit VideoEncoder(const VideoFormat& format);

  void encode(const AVFrame& frame, const Emit& emit) override;
  void finish(const Emit& emit) override;
  AmfObject properties() const override;

 private:
  bool keyframeIsDue(Microseconds pts);

  const VideoFormat format_;
  EncoderContext encoder_;
  VideoConverter converter_;
  FrameThinner thinner_;
  std::optional<Microseconds> last_pts_, next_keyframe_;
};

}  // namespace multiconn::media
