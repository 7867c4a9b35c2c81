#pragma once

#include <optional>
#include <vector>

#include <multiconn/frame.hpp>

#include "rtmp/adts.hpp"
#include "rtmp/bytes.hpp"
#include "rtmp/error.hpp"
#include "rtmp/parameter_sets.hpp"

namespace multiconn::rtmp {

/// Brings one track's frames into the form RTMP carries: Annex B becomes length-prefixed, ADTS becomes raw,
/// temporal delimiters of AV1 go, and configuration records are built from the stream where the application
/// gave none. All other NAL units stay where they are, parameter sets included. A `config` frame may also be
/// Annex B parameter sets, or an AV1 sequence header OBU. A record that changed comes out as a `config` frame
/// before the frame that needs it; an unchanged one is not repeated. A record that was given for AV1, VP8 or
/// VP9 gives way to the stream's own once a keyframe tells of another stream. H.264 frames that no other
/// refers to become `disposable`. Frames that are already in that form pass without a copy.
class FrameNormalizer {
 public:
  /// Appends what to send for this frame: nothing, while no configuration is known that it needs.
  Error normalize(const EncodedFrame& frame, std::vector<EncodedFrame>& out);

 private:
  using Frames = std::vector<EncodedFrame>;

  void begin(Codec codec);
  Error normalizeConfig(const EncodedFrame& frame, Frames& out);
  Error normalizeNalConfig(const EncodedFrame& frame, Frames& out);
  Error normalizeFrame(const EncodedFrame& frame, Frames& out);
  Error normalizeNalUnits(const EncodedFrame& frame, Frames& out);
  Error normalizeAnnexB(const EncodedFrame& frame, Frames& out);
  void learnSets(const EncodedFrame& frame, const std::vector<BytesView>& units, Frames& out);
  Error normalizeAac(const EncodedFrame& frame, Frames& out);
  void emitAdts(const EncodedFrame& frame, const std::vector<AdtsFrame>& adts, Frames& out);
  Error normalizeAv1(const EncodedFrame& frame, Frames& out);
  Error normalizeVp(const EncodedFrame& frame, Frames& out);
  bool mayTellConfig(const EncodedFrame& frame) const;
  void learnConfig(const EncodedFrame& frame, std::optional<Bytes> config, Frames& out);
  void emit(const EncodedFrame& frame, Frames& out) const;
  void emitNalUnits(EncodedFrame frame, Frames& out) const;
  void emitConfig(const EncodedFrame& like, Bytes config, Frames& out);

  std::optional<Codec> codec_;
  Bytes config_;
  bool config_given_ = false;  // by the application, as a record: AAC's stream does not override it
  Bytes stream_config_;        // AV1, VP8, VP9: as the frames tell it; empty: they have not yet
  bool annex_b_ = false;       // the frames have been so far
  unsigned nal_length_size_ = 4;
  ParameterSets sets_{false};
};

}  // namespace multiconn::rtmp
