#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "rtmp/bytes.hpp"
#include "rtmp/error.hpp"

namespace multiconn::rtmp {

/// nal_unit_type (H.264 table 7-1).
enum class AvcNalType : std::uint8_t { slice = 1, idr = 5, sps = 7, pps = 8 };
/// Of a unit that is not empty.
inline std::uint8_t avcNalType(BytesView unit) {
  return std::to_integer<std::uint8_t>(unit[0]) & 0x1F;
}

/// avcC from one or more SPS and PPS (ISO/IEC 14496-15 5.3.3.1). Fails for an SPS under 4 bytes or one that
/// cannot be parsed, and for more sets than the record can hold.
Result<Bytes> avcConfig(const std::vector<BytesView>& sps, const std::vector<BytesView>& pps);
/// seq_parameter_set_id or pic_parameter_set_id of an SPS or PPS.
std::optional<std::uint32_t> avcParameterSetId(BytesView unit);

/// Whether the picture of these length-prefixed units may be left out without harm to any other: the
/// nal_ref_idc of its slices is 0 (H.264 7.4.1).
bool isUnreferencedAvc(BytesView frame, unsigned length_size);

/// lengthSizeMinusOne + 1 of an avcC or hvcC; nothing when it is neither.
std::optional<unsigned> nalLengthSize(BytesView config, bool hevc);

}  // namespace multiconn::rtmp
