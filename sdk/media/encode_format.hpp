#pragma once

#include <multiconn/av_source.hpp>

#include "media/ffmpeg.hpp"

namespace multiconn::media {

/// Throws std::invalid_argument, with one sentence, for values outside of what EncodeOptions documents.
void check(const EncodeOptions& options);

/// How one track of pictures is encoded.
struct VideoFormat {
  int width = 0;
  int height = 0;
  AVRational sample_aspect{0, 1};
  AVColorSpace color_space = AVCOL_SPC_UNSPECIFIED;
  AVRational frame_rate{25, 1};         ///< nominal
  std::optional<AVRational> thin_to{};  ///< pictures beyond this rate are left out
  std::int64_t bitrate = 0;
  Microseconds keyframe_interval{};
  bool low_latency = true;
};
VideoFormat videoFormat(const AVCodecParameters& input, AVRational input_rate, const EncodeOptions& options);

/// How one track of sound is encoded.
struct AudioFormat {
  int sample_rate = 0;
  int channels = 0;
  std::int64_t bitrate = 0;
};
AudioFormat audioFormat(const AVCodecParameters& input, const EncodeOptions& options);

}  // namespace multiconn::media
