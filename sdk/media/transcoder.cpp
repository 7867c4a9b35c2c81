#include "media/transcoder.hpp"

#include <stdexcept>

namespace multiconn::media {

Transcoder::Transcoder(const AVCodecParameters& input, AVRational input_rate, const EncodeOptions& options,
                       AudioClock clock)
    : codec_(avcodec_get_name(input.codec_id)),
      decoder_(input),
      encoder_(makeTrackEncoder(input, input_rate, options, clock)) {}

void Transcoder::transcode(const AVPacket& packet, const Emit& emit) {
  packet_seen_ = true;
  decoder_->decode(packet, [&](AVFrame& frame) {
    frame_seen_ = true;
    encoder_->encode(frame, emit);
  });
}

void Transcoder::endInput(const Emit& emit) {
  if (!decoder_) return;
  decoder_->drain([&](AVFrame& frame) {
    frame_seen_ = true;
    encoder_->encode(frame, emit);
  });
  decoder_.reset();
}

void Transcoder::finish(const Emit& emit) {
  endInput(emit);
  encoder_->finish(emit);
  if (packet_seen_ && !frame_seen_)
    throw std::runtime_error("nothing of the " + codec_ + " track could be decoded");
}

}  // namespace multiconn::media
