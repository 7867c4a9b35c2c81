#include "media/decoder.hpp"

#include <stdexcept>

namespace multiconn::media {
namespace {

// A file may claim any size, at any picture.
constexpr std::int64_t most_pixels = 8192 * 8192;

}  // namespace

Decoder::Decoder(const AVCodecParameters& parameters) {
  const AVCodec* codec = avcodec_find_decoder(parameters.codec_id);
  const std::string name = avcodec_get_name(parameters.codec_id);
  if (codec == nullptr) throw std::runtime_error("this FFmpeg has no decoder for " + name);
  context_.reset(allocated(avcodec_alloc_context3(codec)));
  int result = avcodec_parameters_to_context(context_.get(), &parameters);
  context_->pkt_timebase = microsecond;
  context_->max_pixels = most_pixels;
  // Threads that work on frames of their own would each add one to the delay.
  context_->thread_type = FF_THREAD_SLICE;
  context_->thread_count = 0;
  if (result >= 0) result = avcodec_open2(context_.get(), codec, nullptr);
  if (result < 0) throw std::runtime_error(name + " cannot be decoded: " + errorText(result));
}

void Decoder::decode(const AVPacket& packet, const Take& take) {
  send(&packet, take);
}

void Decoder::drain(const Take& take) {
  send(nullptr, take);
}

void Decoder::send(const AVPacket* packet, const Take& take) {
  if (avcodec_send_packet(context_.get(), packet) < 0) return;
  while (avcodec_receive_frame(context_.get(), frame_.get()) >= 0) {
    frame_->pts = frame_->best_effort_timestamp;
    if (context_->codec_type == AVMEDIA_TYPE_VIDEO) completeTime(*frame_);
    take(*frame_);
    av_frame_unref(frame_.get());
  }
}

// Reordered pictures of a container without presentation times: the last ones come without any.
void Decoder::completeTime(AVFrame& picture) {
  if (picture.pts == AV_NOPTS_VALUE && last_pts_) picture.pts = *last_pts_ + last_step_;
  if (picture.pts == AV_NOPTS_VALUE) return;
  if (last_pts_ && picture.pts > *last_pts_) last_step_ = picture.pts - *last_pts_;
  last_pts_ = picture.pts;
}

}  // namespace multiconn::media
