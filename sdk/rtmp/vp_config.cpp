#include "rtmp/vp_config.hpp"

#include <array>

#include "rtmp/bit_reader.hpp"

namespace multiconn::rtmp {
namespace {

constexpr std::uint32_t unspecified = 2;  // of ISO/IEC 23091-2's colour code points
constexpr std::uint32_t chroma_420_colocated = 1;
constexpr std::uint32_t chroma_422 = 2;
constexpr std::uint32_t chroma_444 = 3;

struct VpFields {
  std::uint32_t profile = 0;
  std::uint32_t bit_depth = 8;
  std::uint32_t chroma = chroma_420_colocated;
  std::uint32_t full_range = 0;
  std::uint32_t matrix = unspecified;
  std::uint32_t width = 0;
  std::uint32_t height = 0;
};

// The lowest level whose picture size suffices (VP9 levels); the frame rate is not known here.
std::uint32_t level(std::uint64_t picture_size) {
  struct Level {
    std::uint64_t picture_size;
    std::uint32_t level;
  };
  constexpr std::array<Level, 9> levels{{{36864, 10},
                                         {73728, 11},
                                         {122880, 20},
                                         {245760, 21},
                                         {552960, 30},
                                         {983040, 31},
                                         {2228224, 40},
                                         {8912896, 50},
                                         {35651584, 60}}};
  for (const Level& candidate : levels)
    if (picture_size <= candidate.picture_size) return candidate.level;
  return 62;
}

Bytes record(const VpFields& fields) {
  Bytes config;
  ByteWriter writer(config);
  writer.u32(0x01000000);  // version 1, no flags
  writer.u8(fields.profile).u8(level(std::uint64_t{fields.width} * fields.height));
  writer.u8(fields.bit_depth << 4 | fields.chroma << 1 | fields.full_range);
  writer.u8(unspecified).u8(unspecified).u8(fields.matrix);
  writer.u16(0);  // no codec initialization data
  return config;
}

std::uint32_t matrixCoefficients(std::uint32_t color_space) {
  constexpr std::array<std::uint32_t, 8> matrices{unspecified, 6, 1, 6, 7, 9, unspecified, 0};
  return matrices[color_space & 7];
}

std::uint32_t chromaFormat(BitReader& reader) {
  const bool subsampled_x = reader.flag();
  const bool subsampled_y = reader.flag();
  reader.skip(1);
  if (subsampled_x) return subsampled_y ? chroma_420_colocated : chroma_422;
  return chroma_444;
}

// color_config() of the VP9 bitstream specification, 6.2.2.
void readColor(BitReader& reader, VpFields& fields) {
  if (fields.profile >= 2) fields.bit_depth = reader.flag() ? 12 : 10;
  const std::uint32_t color_space = reader.bits(3);
  const bool chroma_coded = (fields.profile & 1) != 0;
  constexpr std::uint32_t rgb = 7;
  fields.matrix = matrixCoefficients(color_space);
  if (color_space == rgb) {
    fields.full_range = 1;
    fields.chroma = chroma_444;
    if (chroma_coded) reader.skip(1);
    return;
  }
  fields.full_range = reader.bit();
  if (chroma_coded) fields.chroma = chromaFormat(reader);
}

}  // namespace

std::optional<Bytes> vp9Config(BytesView key_frame) {
  BitReader reader(key_frame);
  VpFields fields;
  const bool marked = reader.bits(2) == 2;
  fields.profile = reader.bit();
  fields.profile |= reader.bit() << 1;
  if (fields.profile == 3) reader.skip(1);
  const bool shows_existing = reader.flag();
  const bool is_key = !reader.flag();
  reader.skip(2);  // show_frame, error_resilient_mode
  constexpr std::uint32_t sync_code = 0x498342;
  if (!marked || shows_existing || !is_key || reader.bits(24) != sync_code) return std::nullopt;
  readColor(reader, fields);
  fields.width = reader.bits(16) + 1;
  fields.height = reader.bits(16) + 1;
  if (!reader.ok()) return std::nullopt;
  return record(fields);
}

std::optional<Bytes> vp8Config(BytesView key_frame) {
  // RFC 6386 9.1: a 24-bit little-endian frame tag, the start code, then little-endian width and height.
  if (key_frame.size() < 10) return std::nullopt;
  const auto at = [&](std::size_t i) { return std::to_integer<std::uint32_t>(key_frame[i]); };
  const bool is_key = (at(0) & 1) == 0;
  if (!is_key || at(3) != 0x9D || at(4) != 0x01 || at(5) != 0x2A) return std::nullopt;
  VpFields fields;
  fields.profile = at(0) >> 1 & 7;
  fields.width = (at(6) | at(7) << 8) & 0x3FFF;
  fields.height = (at(8) | at(9) << 8) & 0x3FFF;
  return record(fields);
}

std::optional<Bytes> normalizedVpConfig(BytesView config) {
  constexpr std::size_t full_box_header = 4;
  constexpr std::size_t fields_size = 8;
  const auto whole = [](BytesView fields) {
    if (fields.size() < fields_size) return false;
    ByteReader size(fields.subspan(6));
    return fields.size() == fields_size + size.u16();
  };
  const bool with_header =
      config.size() > full_box_header && config[0] == std::byte{1} && whole(config.subspan(full_box_header));
  if (with_header) return Bytes(config.begin(), config.end());
  if (!whole(config)) return std::nullopt;
  Bytes record;
  ByteWriter(record).u32(0x01000000).bytes(config);
  return record;
}

}  // namespace multiconn::rtmp
