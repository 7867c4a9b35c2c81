#include "rtmp/hevc_config.hpp"

#include <algorithm>

#include "rtmp/bit_reader.hpp"
#include "rtmp/nal_units.hpp"

namespace multiconn::rtmp {
namespace {

constexpr std::size_t max_sets = 64;  // pps_pic_parameter_set_id is below 64
constexpr std::size_t max_set_size = 0xFFFF;
constexpr std::size_t max_parsed = 1024;
constexpr std::size_t header_size = 2;

struct SpsFields {
  Bytes general_profile;  // 12 bytes: profile_space .. general_level_idc (H.265 7.3.3)
  std::uint32_t sub_layers_minus1 = 0;
  std::uint32_t temporal_id_nesting = 0;
  std::uint32_t id = 0;
  std::uint32_t chroma_format = 1;
  std::uint32_t luma_depth_minus8 = 0;
  std::uint32_t chroma_depth_minus8 = 0;
};

// profile_tier_level after its general part (H.265 7.3.3).
void skipSubLayers(BitReader& reader, std::uint32_t sub_layers_minus1) {
  constexpr std::uint32_t slots = 8;
  std::uint32_t profile_present = 0;
  std::uint32_t level_present = 0;
  for (std::uint32_t i = 0; i < sub_layers_minus1; ++i) {
    profile_present += reader.bit();
    level_present += reader.bit();
  }
  if (sub_layers_minus1 > 0) reader.skip(2 * (slots - sub_layers_minus1));
  reader.skip(88 * profile_present + 8 * level_present);
}

std::optional<SpsFields> parseSps(BytesView sps) {
  const Bytes payload = withoutEmulationPrevention(sps.first(std::min(sps.size(), max_parsed)));
  constexpr std::size_t general_at = header_size + 1;
  constexpr std::size_t general_size = 12;
  if (payload.size() < general_at + general_size) return std::nullopt;
  SpsFields fields;
  const BytesView general = BytesView(payload).subspan(general_at, general_size);
  fields.general_profile.assign(general.begin(), general.end());

  BitReader reader(payload);
  reader.skip(8 * header_size + 4);  // sps_video_parameter_set_id
  fields.sub_layers_minus1 = reader.bits(3);
  fields.temporal_id_nesting = reader.bit();
  reader.skip(8 * general_size);
  skipSubLayers(reader, fields.sub_layers_minus1);
  fields.id = reader.expGolomb();
  fields.chroma_format = reader.expGolomb();
  if (fields.chroma_format == 3) reader.skip(1);  // separate_colour_plane_flag
  reader.expGolomb();                             // width
  reader.expGolomb();                             // height
  if (reader.flag()) {
    for (int i = 0; i < 4; ++i) reader.expGolomb();  // conformance window
  }
  fields.luma_depth_minus8 = reader.expGolomb();
  fields.chroma_depth_minus8 = reader.expGolomb();
  const bool valid = reader.ok() && fields.sub_layers_minus1 <= 6 && fields.chroma_format <= 3 &&
                     fields.luma_depth_minus8 <= 7 && fields.chroma_depth_minus8 <= 7;
  if (!valid) return std::nullopt;
  return fields;
}

bool acceptable(const std::vector<BytesView>& sets) {
  return !sets.empty() && sets.size() <= max_sets && std::all_of(sets.begin(), sets.end(), [](BytesView set) {
    return set.size() > header_size && set.size() <= max_set_size;
  });
}

void writeArray(ByteWriter& writer, HevcNalType type, const std::vector<BytesView>& sets) {
  writer.u8(static_cast<std::uint32_t>(type)).u16(static_cast<std::uint32_t>(sets.size()));
  for (const BytesView set : sets) writer.u16(static_cast<std::uint32_t>(set.size())).bytes(set);
}

}  // namespace

Result<Bytes> hevcConfig(const std::vector<BytesView>& vps, const std::vector<BytesView>& sps,
                         const std::vector<BytesView>& pps) {
  if (!acceptable(vps) || !acceptable(sps) || !acceptable(pps)) return Error::media_malformed;
  const std::optional<SpsFields> fields = parseSps(sps.front());
  if (!fields) return Error::media_malformed;

  Bytes config;
  ByteWriter writer(config);
  writer.u8(1).bytes(fields->general_profile);
  writer.u16(0xF000);  // min_spatial_segmentation_idc 0 and parallelismType 0: unknown
  writer.u8(0xFC);
  writer.u8(0xFC | fields->chroma_format);
  writer.u8(0xF8 | fields->luma_depth_minus8).u8(0xF8 | fields->chroma_depth_minus8);
  writer.u16(0);  // avgFrameRate: unspecified
  writer.u8((fields->sub_layers_minus1 + 1) << 3 | fields->temporal_id_nesting << 2 | 3);
  writer.u8(3);
  writeArray(writer, HevcNalType::vps, vps);
  writeArray(writer, HevcNalType::sps, sps);
  writeArray(writer, HevcNalType::pps, pps);
  return config;
}

std::optional<std::uint32_t> hevcParameterSetId(BytesView unit) {
  if (unit.size() <= header_size) return std::nullopt;
  switch (static_cast<HevcNalType>(hevcNalType(unit))) {
    case HevcNalType::vps:
      return std::to_integer<std::uint32_t>(unit[header_size]) >> 4;
    case HevcNalType::sps: {
      const std::optional<SpsFields> fields = parseSps(unit);
      if (!fields) return std::nullopt;
      return fields->id;
    }
    case HevcNalType::pps: {
      BitReader reader(unit.subspan(header_size));
      const std::uint32_t id = reader.expGolomb();
      if (!reader.ok()) return std::nullopt;
      return id;
    }
  }
  return std::nullopt;
}

}  // namespace multiconn::rtmp
