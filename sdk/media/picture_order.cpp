#include "media/picture_order.hpp"

#include <algorithm>

namespace multiconn::media {

PictureOrder::PictureOrder(const AVCodecParameters& parameters)
    : parser_(parameters.video_delay > 0 ? av_parser_init(parameters.codec_id) : nullptr),
      context_(avcodec_alloc_context3(nullptr)),
      reorder_delay_(parameters.video_delay),
      // H.264 counts fields.
      counts_per_frame_(parameters.codec_id == AV_CODEC_ID_H264 ? 2 : 1) {
  if (parser_) parser_->flags |= PARSER_FLAG_COMPLETE_FRAMES;
  if (context_) avcodec_parameters_to_context(context_.get(), &parameters);
}

Microseconds PictureOrder::delay(const AVPacket& packet, Microseconds dts, Microseconds frame_duration) {
  const bool ordered = packet.size > 0 && (context_ != nullptr) &&
                       (context_->codec_id == AV_CODEC_ID_H264 || context_->codec_id == AV_CODEC_ID_HEVC);
  if (!parser_ || !ordered) return Microseconds(0);
  std::uint8_t* frame = nullptr;
  int frame_size = 0;
  av_parser_parse2(parser_.get(), context_.get(), &frame, &frame_size, packet.data, packet.size,
                   AV_NOPTS_VALUE, AV_NOPTS_VALUE, 0);
  const int count = parser_->output_picture_number;
  if (count == 0 || !origin_) origin_ = dts - count * frame_duration / counts_per_frame_;
  const Microseconds pts =
      *origin_ + reorder_delay_ * frame_duration + count * frame_duration / counts_per_frame_;
  return std::max(pts - dts, Microseconds(0));
}

}  // namespace multiconn::media
