#pragma once

#include <memory>
#include <optional>
#include <string>

#include "media/decoder.hpp"
#include "media/track_encoder.hpp"

namespace multiconn::media {

/// One track decoded and encoded anew. Everything throws std::runtime_error with one sentence.
class Transcoder {
 public:
  Transcoder(const AVCodecParameters& input, AVRational input_rate, const EncodeOptions& options,
             AudioClock clock);

  AmfObject properties() const { return encoder_->properties(); }

  /// `packet` has its times in microseconds.
  void transcode(const AVPacket& packet, const Emit& emit);
  /// The input has ended; more may follow, as another one with the same kind of track.
  void endInput(const Emit& emit);
  void beginInput(const AVCodecParameters& input) { decoder_.emplace(input); }
  /// All has ended. Throws if nothing of what came could be decoded.
  void finish(const Emit& emit);

 private:
  std::string codec_;
  std::optional<Decoder> decoder_;
  std::unique_ptr<TrackEncoder> encoder_;
  bool packet_seen_ = false, frame_seen_ = false;
};

}  // namespace multiconn::media
