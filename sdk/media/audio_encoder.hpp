#pragma once

#include "media/audio_converter.hpp"
#include "media/encode_format.hpp"
#include "media/track_encoder.hpp"

namespace multiconn::media {

/// Sound of any form to AAC.
class AudioEncoder final : public TrackEncoder {
 public:
  AudioEncoder(const AudioFormat& format, AudioClock clock);

  void encode(const AVFrame& frame, const Emit& emit) override;
  void finish(const Emit& emit) override;
  AmfObject properties() const override;

 private:
  EncoderContext encoder_;
  AudioConverter converter_;
};

}  // namespace multiconn::media
