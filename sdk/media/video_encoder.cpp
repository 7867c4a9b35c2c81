#include "media/video_encoder.hpp"

#include <algorithm>
#include <climits>

#include "media/track_properties.hpp"

namespace multiconn::media {
namespace {

// Two pictures that refer to both sides are what consumer encoders use.
constexpr int b_frames = 2;

EncoderContext makeEncoder(const VideoFormat& format) {
  EncoderContext encoder(encoderNamed({"libx264", "libopenh264"}, "H.264"), Codec::h264);
  AVCodecContext& settings = encoder.settings();
  settings.width = format.width;
  settings.height = format.height;
  settings.pix_fmt = AV_PIX_FMT_YUV420P;
  settings.sample_aspect_ratio = format.sample_aspect;
  settings.color_range = AVCOL_RANGE_MPEG;
  settings.colorspace = format.color_space;
  settings.time_base = microsecond;
  settings.framerate = format.frame_rate;
  settings.bit_rate = settings.rc_max_rate = format.bitrate;
  settings.rc_buffer_size = static_cast<int>(std::min<std::int64_t>(format.bitrate, INT_MAX));
  // VideoEncoder places the keyframes, by time: a camera's rate is not constant.
  settings.gop_size = INT_MAX;
  settings.max_b_frames = format.low_latency ? 0 : b_frames;
  encoder.set("preset", "veryfast");
  encoder.set("sc_threshold", "0");
  if (format.low_latency) encoder.set("tune", "zerolatency");
  encoder.open();
  return encoder;
}

}  // namespace

VideoEncoder::VideoEncoder(const VideoFormat& format)
    : format_(format), encoder_(makeEncoder(format)), converter_(format), thinner_(format.thin_to) {}

void VideoEncoder::encode(const AVFrame& frame, const Emit& emit) {
  const Microseconds pts(frame.pts);
  // Encoders refuse two pictures of one time.
  if (frame.pts == AV_NOPTS_VALUE || (last_pts_ && pts <= *last_pts_) || !thinner_.keeps(pts)) return;
  last_pts_ = pts;
  const FramePtr picture = converter_.convert(frame);
  picture->pts = pts.count();
  picture->pict_type = keyframeIsDue(pts) ? AV_PICTURE_TYPE_I : AV_PICTURE_TYPE_NONE;
  encoder_.encode(picture.get(), emit);
}

void VideoEncoder::finish(const Emit& emit) {
  encoder_.encode(nullptr, emit);
}

AmfObject VideoEncoder::properties() const {
  return encodedProperties(encoder_.settings(), Codec::h264);
}

bool VideoEncoder::keyframeIsDue(Microseconds pts) {
  // Timestamps are rounded: a picture that is due at a second may say 0.9997.
  constexpr std::chrono::milliseconds rounding{1};
  const Microseconds interval = format_.keyframe_interval;
  if (!next_keyframe_) next_keyframe_ = pts;
  if (pts + rounding < *next_keyframe_) return false;
  const auto missed = (pts + rounding - *next_keyframe_) / interval;
  *next_keyframe_ += (missed + 1) * interval;
  return true;
}

}  // namespace multiconn::media
