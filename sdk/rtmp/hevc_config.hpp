#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "rtmp/bytes.hpp"
#include "rtmp/error.hpp"

namespace multiconn::rtmp {

/// nal_unit_type (H.265 table 7-1).
enum class HevcNalType : std::uint8_t { vps = 32, sps = 33, pps = 34 };
/// Of a unit that is not empty.
inline std::uint8_t hevcNalType(BytesView unit) {
  return std::to_integer<std::uint8_t>(unit[0]) >> 1 & 0x3F;
}

/// hvcC from VPS, SPS and PPS (ISO/IEC 14496-15 8.3.3.1), the general fields read from the first SPS. The
/// arrays are marked incomplete: parameter sets may stay in the frames too.
Result<Bytes> hevcConfig(const std::vector<BytesView>& vps, const std::vector<BytesView>& sps,
                         const std::vector<BytesView>& pps);
/// The set's own id of a VPS, SPS or PPS.
std::optional<std::uint32_t> hevcParameterSetId(BytesView unit);

}  // namespace multiconn::rtmp
