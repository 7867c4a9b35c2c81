#pragma once

#include <memory>

#include <multiconn/amf_value.hpp>
#include <multiconn/av_source.hpp>

#include "media/encoder_context.hpp"
#include "media/ffmpeg.hpp"

namespace multiconn::media {

/// Decoded pictures or sound of one track in, encoded frames out.
class TrackEncoder {
 public:
  virtual ~TrackEncoder() = default;
  /// `frame` has its time in microseconds. Throws std::runtime_error.
  virtual void encode(const AVFrame& frame, const Emit& emit) = 0;
  /// What is still inside; nothing can be encoded afterwards.
  virtual void finish(const Emit& emit) = 0;
  /// What onMetaData says of the track.
  virtual AmfObject properties() const = 0;
};

/// `exact`: the timestamps are those of the samples, as in a file. `drifting`: sound comes from a device
/// whose clock is not quite that of the timestamps.
enum class AudioClock : std::uint8_t { exact, drifting };

/// For what decoding this track gives. Throws std::runtime_error or std::invalid_argument with one sentence.
std::unique_ptr<TrackEncoder> makeTrackEncoder(const AVCodecParameters& input, AVRational input_rate,
                                               const EncodeOptions& options, AudioClock clock);

}  // namespace multiconn::media
