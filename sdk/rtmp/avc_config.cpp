#include "rtmp/avc_config.hpp"

#include "rtmp/bit_reader.hpp"
#include "rtmp/nal_units.hpp"

namespace multiconn::rtmp {
namespace {

constexpr std::size_t max_sps = 31;
constexpr std::size_t max_pps = 255;
constexpr std::size_t max_set_size = 0xFFFF;
constexpr std::size_t max_parsed = 1024;  // the fields we read lie well within

struct ColorFormat {
  std::uint32_t chroma_format = 1;
  std::uint32_t luma_depth_minus8 = 0;
  std::uint32_t chroma_depth_minus8 = 0;
};

// Only the profiles of H.264 7.3.2.1.1 carry these fields; avcC must repeat them for those.
bool hasColorFormat(std::uint32_t profile) {
  switch (profile) {
    case 100:
    case 110:
    case 122:
    case 244:
    case 44:
    case 83:
    case 86:
    case 118:
    case 128:
    case 138:
    case 139:
    case 134:
    case 135:
      return true;
    default:
      return false;
  }
}

std::optional<ColorFormat> colorFormat(BytesView sps) {
  const Bytes payload = withoutEmulationPrevention(sps.first(std::min(sps.size(), max_parsed)));
  BitReader reader(payload);
  reader.skip(32);     // header, profile, constraints, level
  reader.expGolomb();  // seq_parameter_set_id
  ColorFormat format;
  format.chroma_format = reader.expGolomb();
  if (format.chroma_format == 3) reader.skip(1);  // separate_colour_plane_flag
  format.luma_depth_minus8 = reader.expGolomb();
  format.chroma_depth_minus8 = reader.expGolomb();
  const bool valid = reader.ok() && format.chroma_format <= 3 && format.luma_depth_minus8 <= 6 &&
                     format.chroma_depth_minus8 <= 6;
  if (!valid) return std::nullopt;
  return format;
}

void writeSets(ByteWriter& writer, const std::vector<BytesView>& sets) {
  for (const BytesView set : sets) writer.u16(static_cast<std::uint32_t>(set.size())).bytes(set);
}

bool anyTooLarge(const std::vector<BytesView>& sets) {
  for (const BytesView set : sets)
    if (set.empty() || set.size() > max_set_size) return true;
  return false;
}

}  // namespace

Result<Bytes> avcConfig(const std::vector<BytesView>& sps, const std::vector<BytesView>& pps) {
  if (sps.empty() || sps.size() > max_sps || pps.size() > max_pps) return Error::media_malformed;
  if (sps.front().size() < 4 || anyTooLarge(sps) || anyTooLarge(pps)) return Error::media_malformed;

  Bytes config;
  ByteWriter writer(config);
  writer.u8(1).bytes(sps.front().subspan(1, 3));
  writer.u8(0xFC | 3).u8(0xE0 | static_cast<std::uint32_t>(sps.size()));
  writeSets(writer, sps);
  writer.u8(static_cast<std::uint32_t>(pps.size()));
  writeSets(writer, pps);
  if (hasColorFormat(std::to_integer<std::uint32_t>(sps.front()[1]))) {
    const std::optional<ColorFormat> format = colorFormat(sps.front());
    if (!format) return Error::media_malformed;
    writer.u8(0xFC | format->chroma_format).u8(0xF8 | format->luma_depth_minus8);
    writer.u8(0xF8 | format->chroma_depth_minus8).u8(0);
  }
  return config;
}

std::optional<std::uint32_t> avcParameterSetId(BytesView unit) {
  if (unit.empty()) return std::nullopt;
  const Bytes payload = withoutEmulationPrevention(unit.first(std::min<std::size_t>(unit.size(), 16)));
  BitReader reader(payload);
  reader.skip(avcNalType(unit) == static_cast<std::uint8_t>(AvcNalType::sps) ? 32 : 8);
  const std::uint32_t id = reader.expGolomb();
  if (!reader.ok()) return std::nullopt;
  return id;
}

bool isUnreferencedAvc(BytesView frame, unsigned length_size) {
  ByteReader reader(frame);
  while (!reader.atEnd()) {
    const std::size_t length = length_size == 1   ? reader.u8()
                               : length_size == 2 ? reader.u16()
                                                  : reader.u32();
    const BytesView unit = reader.take(length);
    // The first slice stands for all: within a picture nal_ref_idc is 0 for all or for none.
    if (unit.empty() || avcNalType(unit) != static_cast<std::uint8_t>(AvcNalType::slice)) continue;
    return (std::to_integer<unsigned>(unit[0]) & 0x60) == 0;
  }
  return false;
}

std::optional<unsigned> nalLengthSize(BytesView config, bool hevc) {
  const std::size_t offset = hevc ? 21 : 4;
  const std::size_t shortest = hevc ? 23 : 7;
  // Writers of the drafts put version 0 into hvcC, and FFmpeg reads it.
  if (config.size() < shortest || std::to_integer<unsigned>(config[0]) > 1) return std::nullopt;
  if (!hevc && config[0] != std::byte{1}) return std::nullopt;
  if (startsWithStartCode(config)) return std::nullopt;  // parameter sets in Annex B, no record
  const unsigned size = (std::to_integer<unsigned>(config[offset]) & 3) + 1;
  if (size == 3) return std::nullopt;
  return size;
}

}  // namespace multiconn::rtmp
