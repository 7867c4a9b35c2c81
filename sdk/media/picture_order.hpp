#pragma once

#include <memory>
#include <optional>

#include "media/ffmpeg.hpp"

namespace multiconn::media {

/// Presentation times of H.264 and HEVC pictures whose container has none (raw Annex B, AVI), from the
/// picture order counts of the slices (H.264 8.2.1, H.265 8.3.1).
class PictureOrder {
 public:
  explicit PictureOrder(const AVCodecParameters& parameters);

  /// How much later than it is decoded this picture is shown. Call for every packet, in decoding order.
  Microseconds delay(const AVPacket& packet, Microseconds dts, Microseconds frame_duration);

 private:
  struct FreeParser {
    void operator()(AVCodecParserContext* parser) const { av_parser_close(parser); }
  };
  std::unique_ptr<AVCodecParserContext, FreeParser> parser_;
  CodecContextPtr context_;
  int reorder_delay_;  // frames
  int counts_per_frame_;
  std::optional<Microseconds> origin_;  // dts of the newest picture with count 0
};

}  // namespace multiconn::media
