#include "media/track_encoder.hpp"

#include "media/audio_encoder.hpp"
#include "media/video_encoder.hpp"

namespace multiconn::media {

std::unique_ptr<TrackEncoder> makeTrackEncoder(const AVCodecParameters& input, AVRational input_rate,
                                               const EncodeOptions& options, AudioClock clock) {
  if (input.codec_type == AVMEDIA_TYPE_VIDEO)
    return std::make_unique<VideoEncoder>(videoFormat(input, input_rate, options));
  return std::make_unique<AudioEncoder>(audioFormat(input, options), clock);
}

}  // namespace multiconn::media
