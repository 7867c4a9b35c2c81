#include "media/encoder_context.hpp"

#include <stdexcept>

extern "C" {
#include <libavutil/opt.h>
}

#include "media/packet_frame.hpp"

namespace multiconn::media {

const AVCodec& encoderNamed(std::initializer_list<const char*> names, const std::string& what) {
  for (const char* name : names)
    if (const AVCodec* encoder = avcodec_find_encoder_by_name(name)) return *encoder;
  throw std::runtime_error("this FFmpeg has no encoder for " + what + "; install one that has " +
                           *names.begin());
}

EncoderContext::EncoderContext(const AVCodec& encoder, Codec codec)
    : codec_(codec), context_(allocated(avcodec_alloc_context3(&encoder))) {
  context_->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
}

void EncoderContext::set(const char* option, const std::string& value) {
  (void)av_opt_set(context_->priv_data, option, value.c_str(), 0);
}

void EncoderContext::open() {
  const int result = avcodec_open2(context_.get(), nullptr, nullptr);
  if (result < 0) fail("does not take these settings", result);
}

void EncoderContext::encode(const AVFrame* frame, const Emit& emit) {
  int result = avcodec_send_frame(context_.get(), frame);
  if (result < 0 && result != AVERROR_EOF) fail("failed", result);
  while ((result = avcodec_receive_packet(context_.get(), packet_.get())) >= 0) {
    deliver(*packet_, emit);
    av_packet_unref(packet_.get());
  }
  if (result != AVERROR(EAGAIN) && result != AVERROR_EOF) fail("failed", result);
}

void EncoderContext::deliver(const AVPacket& packet, const Emit& emit) {
  const AVRational time_base = context_->time_base;
  const TrackTimeline::Times times{toMicroseconds(packet.dts, time_base),
                                   toMicroseconds(packet.pts, time_base)};
  if (!configured_) {
    configured_ = true;
    const auto size = static_cast<std::size_t>(context_->extradata_size);
    if (const auto config = configFrame(context_->extradata, size, codec_, times)) normalize(*config, emit);
  }
  normalize(frameOf(packet, codec_, times), emit);
}

void EncoderContext::normalize(const EncodedFrame& frame, const Emit& emit) {
  normalized_.clear();
  if (normalizer_.normalize(frame, normalized_) != rtmp::Error::none)
    throw std::runtime_error(std::string("FFmpeg's encoder ") + context_->codec->name +
                             " made something that is no " + name(codec_));
  for (const EncodedFrame& each : normalized_) emit(each);
}

void EncoderContext::fail(const std::string& what, int error) const {
  throw std::runtime_error(std::string("FFmpeg's encoder ") + context_->codec->name + ' ' + what + ": " +
                           errorText(error));
}

}  // namespace multiconn::media
