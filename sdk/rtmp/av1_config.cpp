#include "rtmp/av1_config.hpp"

#include "rtmp/bit_reader.hpp"

namespace multiconn::rtmp {
namespace {

constexpr std::uint8_t obu_sequence_header = 1;
constexpr std::uint8_t obu_temporal_delimiter = 2;

struct Obu {
  std::uint8_t type = 0;
  BytesView whole;
  BytesView payload;
};

// leb128() of AV1 4.10.5; nothing above 32 bits.
std::optional<std::size_t> leb128(ByteReader& reader) {
  std::uint64_t value = 0;
  for (unsigned i = 0; i < 8; ++i) {
    const std::uint8_t byte = reader.u8();
    value |= std::uint64_t{byte & 0x7FU} << (7 * i);
    if ((byte & 0x80) == 0) break;
  }
  if (!reader.ok() || value > 0xFFFFFFFF) return std::nullopt;
  return static_cast<std::size_t>(value);
}

// Takes the first OBU (AV1 5.3) off `bytes`.
std::optional<Obu> nextObu(BytesView& bytes) {
  ByteReader reader(bytes);
  const std::uint8_t header = reader.u8();
  const bool forbidden = (header & 0x80) != 0;
  const bool has_extension = (header & 0x04) != 0;
  const bool has_size = (header & 0x02) != 0;
  if (has_extension) reader.u8();
  // Without a size the OBU reaches to the end, as MP4 allows for the last one.
  const std::optional<std::size_t> size = has_size ? leb128(reader) : reader.remaining();
  if (!reader.ok() || forbidden || !size || *size > reader.remaining()) return std::nullopt;
  Obu obu;
  obu.type = header >> 3 & 0x0F;
  obu.payload = reader.take(*size);
  obu.whole = bytes.first(bytes.size() - reader.remaining());
  bytes = reader.rest();
  return obu;
}

struct SequenceHeader {
  std::uint32_t profile = 0;
  std::uint32_t level = 0;
  std::uint32_t tier = 0;
  bool reduced = false;
  std::uint32_t high_bitdepth = 0;
  std::uint32_t twelve_bit = 0;
  std::uint32_t monochrome = 0;
  std::uint32_t subsampling_x = 1;
  std::uint32_t subsampling_y = 1;
  std::uint32_t chroma_sample_position = 0;
};

struct DecoderModel {
  bool present = false;
  unsigned delay_bits = 0;
};

// timing_info() and decoder_model_info() (AV1 5.5.3, 5.5.4).
DecoderModel readTiming(BitReader& reader) {
  DecoderModel model;
  if (!reader.flag()) return model;
  reader.skip(64);
  if (reader.flag()) reader.expGolomb();  // num_ticks_per_picture_minus_1
  model.present = reader.flag();
  if (!model.present) return model;
  model.delay_bits = reader.bits(5) + 1;
  reader.skip(32 + 5 + 5);
  return model;
}

void readOperatingPoints(BitReader& reader, const DecoderModel& model, SequenceHeader& header) {
  const bool display_delay_present = reader.flag();
  const std::uint32_t count = reader.bits(5) + 1;
  for (std::uint32_t i = 0; i < count; ++i) {
    reader.skip(12);
    const std::uint32_t level = reader.bits(5);
    const std::uint32_t tier = level > 7 ? reader.bit() : 0;
    if (i == 0) {
      header.level = level;
      header.tier = tier;
    }
    if (model.present && reader.flag()) reader.skip(2 * std::size_t{model.delay_bits} + 1);
    if (display_delay_present && reader.flag()) reader.skip(4);
  }
}

// From the frame size to enable_restoration (AV1 5.5.1).
void skipTools(BitReader& reader, bool reduced) {
  const unsigned width_bits = reader.bits(4) + 1;
  const unsigned height_bits = reader.bits(4) + 1;
  reader.skip(width_bits + height_bits);
  if (!reduced && reader.flag()) reader.skip(4 + 3);  // frame ids
  reader.skip(3);
  if (!reduced) {
    reader.skip(4);
    const bool order_hint = reader.flag();
    if (order_hint) reader.skip(2);
    constexpr std::uint32_t select = 2;
    const std::uint32_t screen_content = reader.flag() ? select : reader.bit();
    if (screen_content > 0 && !reader.flag()) reader.skip(1);  // force_integer_mv
    if (order_hint) reader.skip(3);
  }
  reader.skip(3);
}

// color_config() (AV1 5.5.2).
void readColor(BitReader& reader, SequenceHeader& header) {
  header.high_bitdepth = reader.bit();
  if (header.profile == 2 && header.high_bitdepth != 0) header.twelve_bit = reader.bit();
  header.monochrome = header.profile == 1 ? 0 : reader.bit();
  const bool described = reader.flag();
  const std::uint32_t description = described ? reader.bits(24) : 0x020202;
  if (header.monochrome != 0) return;
  constexpr std::uint32_t srgb = 0x010D00;  // BT.709, sRGB, identity: always 4:4:4
  if (description == srgb) {
    header.subsampling_x = header.subsampling_y = 0;
    return;
  }
  reader.skip(1);  // color_range
  if (header.profile == 1) {
    header.subsampling_x = header.subsampling_y = 0;
  } else if (header.profile == 2) {
    header.subsampling_x = header.twelve_bit != 0 ? reader.bit() : 1;
    header.subsampling_y = header.twelve_bit != 0 && header.subsampling_x != 0 ? reader.bit() : 0;
  }
  if (header.subsampling_x != 0 && header.subsampling_y != 0) header.chroma_sample_position = reader.bits(2);
}

std::optional<SequenceHeader> parseSequenceHeader(BytesView payload) {
  BitReader reader(payload);
  SequenceHeader header;
  header.profile = reader.bits(3);
  reader.skip(1);  // still_picture
  header.reduced = reader.flag();
  if (header.reduced) {
    header.level = reader.bits(5);
  } else {
    const DecoderModel model = readTiming(reader);
    readOperatingPoints(reader, model, header);
  }
  skipTools(reader, header.reduced);
  readColor(reader, header);
  if (!reader.ok() || header.profile > 2) return std::nullopt;
  return header;
}

void writeLeb128(ByteWriter& writer, std::size_t value) {
  for (; value >= 0x80; value >>= 7) writer.u8(static_cast<std::uint32_t>(value & 0x7F) | 0x80);
  writer.u8(static_cast<std::uint32_t>(value));
}

Bytes record(const SequenceHeader& header, BytesView payload) {
  Bytes config;
  ByteWriter writer(config);
  writer.u8(0x81).u8(header.profile << 5 | header.level);
  writer.u8(header.tier << 7 | header.high_bitdepth << 6 | header.twelve_bit << 5 | header.monochrome << 4 |
            header.subsampling_x << 3 | header.subsampling_y << 2 | header.chroma_sample_position);
  writer.u8(0);
  // configOBUs must carry their sizes.
  writer.u8(obu_sequence_header << 3 | 0x02);
  writeLeb128(writer, payload.size());
  writer.bytes(payload);
  return config;
}

}  // namespace

std::optional<Bytes> av1Config(BytesView temporal_unit) {
  while (!temporal_unit.empty()) {
    const std::optional<Obu> obu = nextObu(temporal_unit);
    if (!obu) return std::nullopt;
    if (obu->type != obu_sequence_header) continue;
    const std::optional<SequenceHeader> header = parseSequenceHeader(obu->payload);
    if (!header) return std::nullopt;
    return record(*header, obu->payload);
  }
  return std::nullopt;
}

bool hasTemporalDelimiter(BytesView temporal_unit) {
  while (!temporal_unit.empty()) {
    const std::optional<Obu> obu = nextObu(temporal_unit);
    if (!obu) return false;
    if (obu->type == obu_temporal_delimiter) return true;
  }
  return false;
}

Bytes withoutTemporalDelimiters(BytesView temporal_unit) {
  Bytes kept;
  kept.reserve(temporal_unit.size());
  ByteWriter writer(kept);
  while (!temporal_unit.empty()) {
    const std::optional<Obu> obu = nextObu(temporal_unit);
    if (!obu) {
      writer.bytes(temporal_unit);
      break;
    }
    if (obu->type != obu_temporal_delimiter) writer.bytes(obu->whole);
  }
  return kept;
}

}  // namespace multiconn::rtmp
