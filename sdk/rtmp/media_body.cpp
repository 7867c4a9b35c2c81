#include "rtmp/media_body.hpp"

#include <array>

#include "rtmp/media_body_fields.hpp"

namespace multiconn::rtmp {
namespace {

/// What stands between the first byte and the payload in Enhanced RTMP v2.
class ExHeader {
 public:
  ExHeader(ByteReader& reader, MediaBody& out, std::uint8_t packet_type)
      : reader_(reader), out_(out), packet_type_(packet_type) {}

  Error readModifiers();
  Error readTrack();
  ExPacket packetType() const { return static_cast<ExPacket>(packet_type_); }
  bool isMultitrack() const {
    return packetType() == (out_.video ? ExPacket::video_multitrack : ExPacket::audio_multitrack);
  }

 private:
  void readModifier();
  Error readMultitrack();

  ByteReader& reader_;
  MediaBody& out_;
  std::uint8_t packet_type_;
};

Error ExHeader::readModifiers() {
  constexpr int max_modifiers = 16;
  for (int i = 0; packetType() == ExPacket::mod_ex; ++i) {
    if (i == max_modifiers) return Error::media_malformed;
    readModifier();
    if (!reader_.ok()) return Error::media_truncated;
  }
  return Error::none;
}

void ExHeader::readModifier() {
  std::size_t size = std::size_t{reader_.u8()} + 1;
  if (size == 256) size = std::size_t{reader_.u16()} + 1;
  ByteReader data(reader_.take(size));
  const std::uint8_t types = reader_.u8();
  packet_type_ = types & 0x0F;
  constexpr std::uint8_t timestamp_offset_nano = 0;
  constexpr std::uint32_t max_offset = 999'999;
  if (types >> 4 != timestamp_offset_nano) return;
  const std::uint32_t offset = data.u24();
  if (data.ok() && offset <= max_offset) out_.nanosecond_offset = offset;
}

Error ExHeader::readTrack() {
  if (isMultitrack()) return readMultitrack();
  out_.four_cc = reader_.u32();
  out_.payload = reader_.rest();
  return reader_.ok() ? Error::none : Error::media_truncated;
}

Error ExHeader::readMultitrack() {
  enum : std::uint8_t { one_track, many_tracks, many_tracks_many_codecs };
  const std::uint8_t types = reader_.u8();
  const std::uint8_t multitrack_type = types >> 4;
  packet_type_ = types & 0x0F;
  if (multitrack_type > many_tracks_many_codecs || isMultitrack()) return Error::media_malformed;
  out_.multitrack = true;
  out_.four_cc = reader_.u32();
  out_.track = reader_.u8();
  const std::size_t size = multitrack_type == one_track ? reader_.remaining() : reader_.u24();
  out_.payload = reader_.take(size);
  return reader_.ok() ? Error::none : Error::media_truncated;
}

std::optional<Codec> codecOf(std::uint32_t four_cc, bool video) {
  for (const CodecId& id : codec_ids)
    if (id.four_cc == four_cc && isVideo(id.codec) == video) return id.codec;
  return std::nullopt;
}

std::int32_t signed24(std::uint32_t value) {
  return static_cast<std::int32_t>(value ^ 0x800000) - 0x800000;
}

// Cuts the composition time off the front of the payload.
Error takeComposition(MediaBody& out) {
  ByteReader reader(out.payload);
  out.composition_ms = signed24(reader.u24());
  out.payload = reader.rest();
  return reader.ok() ? Error::none : Error::media_truncated;
}

FrameKind frameKind(std::uint8_t frame_type) {
  switch (static_cast<FrameType>(frame_type)) {
    case FrameType::key:
    case FrameType::generated_key:
      return FrameKind::key;
    case FrameType::disposable:
      return FrameKind::disposable;
    default:
      return FrameKind::inter;
  }
}

Error setPacket(MediaBody& out, MediaBody::Packet packet) {
  out.packet = packet;
  return Error::none;
}

Error classifyVideo(ExPacket type, MediaBody& out) {
  switch (type) {
    case ExPacket::sequence_start:
    case ExPacket::mpeg2ts_sequence_start:
      return setPacket(out, MediaBody::Packet::config);
    case ExPacket::coded_frames:
      setPacket(out, MediaBody::Packet::frames);
      return hasComposition(out.four_cc) ? takeComposition(out) : Error::none;
    case ExPacket::coded_frames_x:
      return setPacket(out, MediaBody::Packet::frames);
    case ExPacket::sequence_end:
      return setPacket(out, MediaBody::Packet::end);
    case ExPacket::metadata:
      return setPacket(out, MediaBody::Packet::metadata);
    default:
      return Error::media_malformed;
  }
}

Error classifyAudio(ExPacket type, MediaBody& out) {
  switch (type) {
    case ExPacket::sequence_start:
      return setPacket(out, MediaBody::Packet::config);
    case ExPacket::coded_frames:
      return setPacket(out, MediaBody::Packet::frames);
    case ExPacket::sequence_end:
      return setPacket(out, MediaBody::Packet::end);
    case ExPacket::multichannel_config:
      return setPacket(out, MediaBody::Packet::multichannel);
    default:
      return Error::media_malformed;
  }
}

// One byte behind the header: the begin or end of a seek on the server.
Error parseCommand(ByteReader& reader, MediaBody& out) {
  out.payload = reader.take(1);
  if (!reader.ok()) return Error::media_truncated;
  return setPacket(out, MediaBody::Packet::command);
}

Error parseExAudio(ByteReader& reader, std::uint8_t packet_type, MediaBody& out) {
  ExHeader header(reader, out, packet_type);
  if (const Error error = header.readModifiers(); error != Error::none) return error;
  if (const Error error = header.readTrack(); error != Error::none) return error;
  out.codec = codecOf(out.four_cc, false);
  return classifyAudio(header.packetType(), out);
}

Error parseExVideo(ByteReader& reader, std::uint8_t frame_type, std::uint8_t packet_type, MediaBody& out) {
  ExHeader header(reader, out, packet_type);
  if (const Error error = header.readModifiers(); error != Error::none) return error;
  const bool command = frame_type == static_cast<std::uint8_t>(FrameType::command);
  if (command && header.packetType() != ExPacket::metadata) return parseCommand(reader, out);
  if (const Error error = header.readTrack(); error != Error::none) return error;
  out.codec = codecOf(out.four_cc, true);
  return classifyVideo(header.packetType(), out);
}

Error parseAac(ByteReader& reader, MediaBody& out) {
  const std::uint8_t packet_type = reader.u8();
  out.codec = Codec::aac;
  out.payload = reader.rest();
  if (!reader.ok()) return Error::media_truncated;
  if (packet_type > 1) return Error::media_malformed;
  return setPacket(out, packet_type == 0 ? MediaBody::Packet::config : MediaBody::Packet::frames);
}

Error parseAvc(ByteReader& reader, MediaBody& out) {
  constexpr std::array packets{MediaBody::Packet::config, MediaBody::Packet::frames, MediaBody::Packet::end};
  const std::uint8_t packet_type = reader.u8();
  out.codec = Codec::h264;
  out.payload = reader.rest();
  if (!reader.ok()) return Error::media_truncated;
  if (packet_type >= packets.size()) return Error::media_malformed;
  setPacket(out, packets[packet_type]);
  return takeComposition(out);
}

}  // namespace

Error parseAudioBody(BytesView body, MediaBody& out) {
  out = {};
  ByteReader reader(body);
  const std::uint8_t first = reader.u8();
  if (!reader.ok()) return Error::media_truncated;
  out.payload = reader.rest();
  switch (static_cast<SoundFormat>(first >> 4)) {
    case SoundFormat::enhanced:
      return parseExAudio(reader, first & 0x0F, out);
    case SoundFormat::aac:
      return parseAac(reader, out);
    case SoundFormat::mp3:
    case SoundFormat::mp3_8k:
      out.codec = Codec::mp3;
      return Error::none;
    default:
      return Error::none;
  }
}

Error parseVideoBody(BytesView body, MediaBody& out) {
  out = {};
  out.video = true;
  ByteReader reader(body);
  const std::uint8_t first = reader.u8();
  if (!reader.ok()) return Error::media_truncated;
  const bool extended = (first & 0x80) != 0;
  const std::uint8_t frame_type = first >> 4 & 7;
  out.kind = frameKind(frame_type);
  out.payload = reader.rest();
  if (extended) return parseExVideo(reader, frame_type, first & 0x0F, out);
  if (frame_type == static_cast<std::uint8_t>(FrameType::command)) return parseCommand(reader, out);
  if ((first & 0x0F) == classic_avc) return parseAvc(reader, out);
  return Error::none;
}

}  // namespace multiconn::rtmp
