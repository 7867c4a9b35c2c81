#include "media/audio_encoder.hpp"

#include "media/track_properties.hpp"

namespace multiconn::media {
namespace {

EncoderContext makeEncoder(const AudioFormat& format) {
  EncoderContext encoder(encoderNamed({"aac"}, "AAC"), Codec::aac);
  AVCodecContext& settings = encoder.settings();
  settings.sample_fmt = AV_SAMPLE_FMT_FLTP;
  settings.sample_rate = format.sample_rate;
  av_channel_layout_default(&settings.ch_layout, format.channels);
  settings.bit_rate = format.bitrate;
  settings.time_base = {1, format.sample_rate};
  encoder.open();
  return encoder;
}

}  // namespace

AudioEncoder::AudioEncoder(const AudioFormat& format, AudioClock clock)
    : encoder_(makeEncoder(format)), converter_(format, encoder_.settings().frame_size, clock) {}

// Packets begin one frame before the sound does, at the time the encoder gives them: players decode silence
// there, and the sound itself at its own time.
void AudioEncoder::encode(const AVFrame& frame, const Emit& emit) {
  converter_.convert(frame, [&](const AVFrame& sound) { encoder_.encode(&sound, emit); });
}

void AudioEncoder::finish(const Emit& emit) {
  converter_.finish([&](const AVFrame& sound) { encoder_.encode(&sound, emit); });
  encoder_.encode(nullptr, emit);
}

AmfObject AudioEncoder::properties() const {
  return encodedProperties(encoder_.settings(), Codec::aac);
}

}  // namespace multiconn::media
