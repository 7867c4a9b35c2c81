#include <algorithm>

#include "rtmp/media_body.hpp"
#include "rtmp/media_body_fields.hpp"

namespace multiconn::rtmp {
namespace {

const CodecId& idOf(Codec codec) {
  return *std::find_if(codec_ids.begin(), codec_ids.end(),
                       [&](const CodecId& id) { return id.codec == codec; });
}

// FLV 10.1 E.4.2.1; 48 kHz and the other rates it has no value for take the next lower or nearest, since
// decoders read the MPEG header.
std::uint8_t mp3FirstByte(BytesView frame) {
  ByteReader reader(frame);
  const std::uint32_t header = reader.u32();
  const std::uint32_t version = header >> 19 & 3;     // 3: MPEG-1, 2: MPEG-2, 0: MPEG-2.5
  const std::uint32_t rate_index = header >> 10 & 3;  // 44.1, 48, 32 kHz, and a half and a quarter of these
  const bool mono = (header >> 6 & 3) == 3;
  const bool valid = header >> 21 == 0x7FF && version != 1 && rate_index != 3;
  const std::uint32_t mpeg25_rate = rate_index == 2 ? 0 : 1;
  const std::uint32_t rate = !valid || version == 3 ? 3 : version == 2 ? 2 : mpeg25_rate;
  constexpr std::uint32_t sixteen_bit = 2;
  const std::uint32_t stereo = valid && mono ? 0 : 1;
  return static_cast<std::uint8_t>(static_cast<std::uint32_t>(SoundFormat::mp3) << 4 | rate << 2 |
                                   sixteen_bit | stereo);
}

std::int32_t clampedComposition(std::int32_t milliseconds) {
  return std::clamp(milliseconds, -0x800000, 0x7FFFFF);
}

void writeComposition(ByteWriter& writer, std::int32_t milliseconds) {
  writer.u24(static_cast<std::uint32_t>(clampedComposition(milliseconds)) & 0xFFFFFF);
}

// Frame type 3 is written for no codec: FLV 10.1 and Enhanced RTMP define it for H.263 only.
std::uint32_t writtenFrameType(FrameKind kind) {
  return static_cast<std::uint32_t>(kind == FrameKind::key || kind == FrameKind::config ? FrameType::key
                                                                                        : FrameType::inter);
}

void writeExVideoHeader(ByteWriter& writer, const MediaBodyInput& input) {
  const bool composed = hasComposition(fourCc(input.codec));
  const ExPacket packet = input.kind == FrameKind::config ? ExPacket::sequence_start
                          : composed && clampedComposition(input.composition_ms) == 0
                              ? ExPacket::coded_frames_x
                              : ExPacket::coded_frames;
  writer.u8(0x80 | writtenFrameType(input.kind) << 4 | static_cast<std::uint32_t>(packet));
  writer.u32(fourCc(input.codec));
  if (composed && packet == ExPacket::coded_frames) writeComposition(writer, input.composition_ms);
}

void writeHeader(ByteWriter& writer, const MediaBodyInput& input) {
  const bool config = input.kind == FrameKind::config;
  switch (input.codec) {
    case Codec::h264:
      writer.u8(writtenFrameType(input.kind) << 4 | classic_avc).u8(config ? 0 : 1);
      writeComposition(writer, config ? 0 : input.composition_ms);
      return;
    case Codec::aac:
      // FLV 10.1 E.4.2.1: always 44 kHz, 16 bits, stereo, whatever the AudioSpecificConfig says.
      writer.u8(0xAF).u8(config ? 0 : 1);
      return;
    case Codec::mp3:
      writer.u8(mp3FirstByte(input.data));
      return;
    default:
      if (isVideo(input.codec)) return writeExVideoHeader(writer, input);
      writer.u8(static_cast<std::uint32_t>(SoundFormat::enhanced) << 4 | (config ? 0 : 1));
      writer.u32(fourCc(input.codec));
  }
}

}  // namespace

Bytes buildMediaBody(const MediaBodyInput& input) {
  constexpr std::size_t longest_header = 8;
  Bytes body;
  body.reserve(longest_header + input.data.size());
  ByteWriter writer(body);
  writeHeader(writer, input);
  writer.bytes(input.data);
  return body;
}

std::uint32_t fourCc(Codec codec) {
  return idOf(codec).four_cc;
}

double metadataCodecId(Codec codec) {
  const CodecId& id = idOf(codec);
  return id.classic != 0 ? id.classic : id.four_cc;
}

}  // namespace multiconn::rtmp
