#include "rtmp/frame_normalizer.hpp"

#include <utility>

#include "rtmp/av1_config.hpp"
#include "rtmp/avc_config.hpp"
#include "rtmp/nal_units.hpp"
#include "rtmp/vp_config.hpp"

namespace multiconn::rtmp {
namespace {

bool hasNalUnits(Codec codec) {
  return codec == Codec::h264 || codec == Codec::hevc;
}

bool needsConfig(Codec codec) {
  switch (codec) {
    case Codec::mp3:
    case Codec::ac3:
    case Codec::eac3:
    case Codec::opus:  // Enhanced RTMP v2: its ID header may be left out
      return false;
    default:
      return true;
  }
}

EncodedFrame withData(const EncodedFrame& like, Bytes data) {
  EncodedFrame frame = like;
  frame.data = makePayload(std::move(data));
  return frame;
}

Bytes copyOf(BytesView bytes) {
  return {bytes.begin(), bytes.end()};
}

// Enhanced RTMP v2: "fLaC", then the STREAMINFO block with its header (RFC 9639 8.1, 8.2).
std::optional<Bytes> flacConfig(BytesView config) {
  constexpr std::size_t stream_info_size = 34;
  constexpr std::size_t prefix_size = 8;
  const bool marked = config.size() >= prefix_size + stream_info_size && asText(config.first(4)) == "fLaC";
  if (!marked && config.size() != stream_info_size) return std::nullopt;
  const BytesView stream_info = marked ? config.subspan(prefix_size, stream_info_size) : config;
  constexpr std::uint32_t last_block = 0x80;
  Bytes normalized;
  ByteWriter(normalized).text("fLaC").u8(last_block).u24(stream_info_size).bytes(stream_info);
  return normalized;
}

std::optional<Bytes> av1ConfigFrom(BytesView config) {
  constexpr std::byte marker_and_version{0x81};
  if (config.size() >= 4 && config[0] == marker_and_version) return copyOf(config);
  return av1Config(config);
}

// The record of the sequence header in an av1C; empty: it has none (AV1 in ISO BMFF 2.3.3 allows that).
Bytes configOfHeaderIn(BytesView av1c) {
  constexpr std::size_t fixed_size = 4;
  return av1Config(av1c.subspan(fixed_size)).value_or(Bytes());
}

std::optional<Bytes> configRecord(Codec codec, BytesView config) {
  switch (codec) {
    case Codec::aac:
      return config.size() >= 2 ? std::optional(copyOf(config)) : std::nullopt;
    case Codec::av1:
      return av1ConfigFrom(config);
    case Codec::vp8:
    case Codec::vp9:
      return normalizedVpConfig(config);
    case Codec::opus:
      return asText(config).starts_with("OpusHead") ? std::optional(copyOf(config)) : std::nullopt;
    case Codec::flac:
      return flacConfig(config);
    default:
      return std::nullopt;
  }
}

}  // namespace

Error FrameNormalizer::normalize(const EncodedFrame& frame, std::vector<EncodedFrame>& out) {
  if (!frame.data || frame.data->empty()) return Error::media_malformed;
  if (codec_ != frame.codec) begin(frame.codec);
  return frame.kind == FrameKind::config ? normalizeConfig(frame, out) : normalizeFrame(frame, out);
}

void FrameNormalizer::begin(Codec codec) {
  *this = FrameNormalizer();
  codec_ = codec;
  sets_ = ParameterSets(codec == Codec::hevc);
}

Error FrameNormalizer::normalizeConfig(const EncodedFrame& frame, Frames& out) {
  if (hasNalUnits(frame.codec)) return normalizeNalConfig(frame, out);
  if (!needsConfig(frame.codec) && frame.codec != Codec::opus) return Error::none;
  std::optional<Bytes> record = configRecord(frame.codec, *frame.data);
  if (!record) return Error::media_malformed;
  config_given_ = true;
  stream_config_ = frame.codec == Codec::av1 ? configOfHeaderIn(*record) : Bytes();
  emitConfig(frame, std::move(*record), out);
  return Error::none;
}

Error FrameNormalizer::normalizeNalConfig(const EncodedFrame& frame, Frames& out) {
  if (startsWithStartCode(*frame.data)) {
    annex_b_ = true;
    sets_.clear();
    learnSets(frame, splitAnnexB(*frame.data), out);
    return Error::none;
  }
  const std::optional<unsigned> length_size = nalLengthSize(*frame.data, frame.codec == Codec::hevc);
  if (!length_size) return Error::media_malformed;
  annex_b_ = false;
  nal_length_size_ = *length_size;
  emitConfig(frame, copyOf(*frame.data), out);
  return Error::none;
}

Error FrameNormalizer::normalizeFrame(const EncodedFrame& frame, Frames& out) {
  switch (frame.codec) {
    case Codec::h264:
    case Codec::hevc:
      return normalizeNalUnits(frame, out);
    case Codec::aac:
      return normalizeAac(frame, out);
    case Codec::av1:
      return normalizeAv1(frame, out);
    case Codec::vp8:
    case Codec::vp9:
      return normalizeVp(frame, out);
    default:
      emit(frame, out);
      return Error::none;
  }
}

Error FrameNormalizer::normalizeNalUnits(const EncodedFrame& frame, Frames& out) {
  const BytesView bytes = *frame.data;
  // A length-prefixed unit of 256 to 511 bytes begins with 00 00 01 too: what came so far decides, then the
  // lengths.
  const auto lengthPrefixed = [&] {
    return !annex_b_ && !config_.empty() && isLengthPrefixed(bytes, nal_length_size_);
  };
  if (startsWithStartCode(bytes) && !lengthPrefixed()) return normalizeAnnexB(frame, out);
  if (config_.empty()) {
    const std::optional<std::vector<BytesView>> units = splitLengthPrefixed(bytes, nal_length_size_);
    if (!units) return Error::media_malformed;
    learnSets(frame, *units, out);
  }
  emitNalUnits(frame, out);
  return Error::none;
}

Error FrameNormalizer::normalizeAnnexB(const EncodedFrame& frame, Frames& out) {
  const std::vector<BytesView> units = splitAnnexB(*frame.data);
  if (units.empty()) return Error::media_malformed;
  annex_b_ = true;
  learnSets(frame, units, out);
  if (!config_.empty() && nal_length_size_ != 4) {
    // The record given speaks of shorter lengths than the ones we are about to write.
    Bytes config = config_;
    config[frame.codec == Codec::hevc ? 21 : 4] |= std::byte{3};
    nal_length_size_ = 4;
    emitConfig(frame, std::move(config), out);
  }
  if (!config_.empty()) emitNalUnits(withData(frame, joinLengthPrefixed(units)), out);
  return Error::none;
}

void FrameNormalizer::learnSets(const EncodedFrame& frame, const std::vector<BytesView>& units, Frames& out) {
  if (!sets_.update(units)) return;
  Result<Bytes> config = sets_.config();
  if (!config) return;
  nal_length_size_ = 4;
  emitConfig(frame, std::move(*config), out);
}

Error FrameNormalizer::normalizeAac(const EncodedFrame& frame, Frames& out) {
  // A raw block cannot begin with the 12 ones of an ADTS header: its first three would be ID_END.
  const std::optional<std::vector<AdtsFrame>> adts = splitAdts(*frame.data);
  if (adts)
    emitAdts(frame, *adts, out);
  else
    emit(frame, out);
  return Error::none;
}

void FrameNormalizer::emitAdts(const EncodedFrame& frame, const std::vector<AdtsFrame>& adts, Frames& out) {
  constexpr std::int64_t samples_per_frame = 1024;
  std::int64_t samples = 0;
  for (const AdtsFrame& part : adts) {
    EncodedFrame raw = withData(frame, copyOf(part.raw));
    raw.dts += std::chrono::microseconds(samples * 1'000'000 / part.sample_rate);
    raw.pts = raw.dts;
    if (!config_given_ && !part.audio_specific_config.empty())
      emitConfig(raw, part.audio_specific_config, out);
    if (!part.raw.empty()) emit(raw, out);
    samples += samples_per_frame;
  }
}

Error FrameNormalizer::normalizeAv1(const EncodedFrame& frame, Frames& out) {
  if (mayTellConfig(frame)) learnConfig(frame, av1Config(*frame.data), out);
  if (!hasTemporalDelimiter(*frame.data)) {
    emit(frame, out);
    return Error::none;
  }
  Bytes kept = withoutTemporalDelimiters(*frame.data);
  if (!kept.empty()) emit(withData(frame, std::move(kept)), out);
  return Error::none;
}

Error FrameNormalizer::normalizeVp(const EncodedFrame& frame, Frames& out) {
  if (mayTellConfig(frame))
    learnConfig(frame, frame.codec == Codec::vp9 ? vp9Config(*frame.data) : vp8Config(*frame.data), out);
  emit(frame, out);
  return Error::none;
}

bool FrameNormalizer::mayTellConfig(const EncodedFrame& frame) const {
  return frame.kind == FrameKind::key || config_.empty();
}

// A record that was given may know more than the frames tell, as VP9's level: it stands until they change.
void FrameNormalizer::learnConfig(const EncodedFrame& frame, std::optional<Bytes> config, Frames& out) {
  if (!config || *config == stream_config_) return;
  const bool stands = config_given_ && stream_config_.empty();
  stream_config_ = *config;
  if (!stands) emitConfig(frame, std::move(*config), out);
}

void FrameNormalizer::emitNalUnits(EncodedFrame frame, Frames& out) const {
  const bool unreferenced = frame.codec == Codec::h264 && frame.kind == FrameKind::inter &&
                            isUnreferencedAvc(*frame.data, nal_length_size_);
  if (unreferenced) frame.kind = FrameKind::disposable;
  emit(frame, out);
}

void FrameNormalizer::emit(const EncodedFrame& frame, Frames& out) const {
  if (!config_.empty() || !needsConfig(frame.codec)) out.push_back(frame);
}

void FrameNormalizer::emitConfig(const EncodedFrame& like, Bytes config, Frames& out) {
  if (config == config_) return;
  config_ = config;
  EncodedFrame frame = withData(like, std::move(config));
  frame.kind = FrameKind::config;
  out.push_back(std::move(frame));
}

}  // namespace multiconn::rtmp
