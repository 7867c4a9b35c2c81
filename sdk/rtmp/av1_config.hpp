#pragma once

#include <optional>

#include "rtmp/bytes.hpp"

namespace multiconn::rtmp {

/// av1C (AV1 in ISO BMFF 2.3.3) from a temporal unit that holds a sequence header; nothing when it holds none
/// that can be parsed.
std::optional<Bytes> av1Config(BytesView temporal_unit);
/// Whether the unit has temporal delimiter OBUs, which MP4 and Enhanced RTMP leave out.
bool hasTemporalDelimiter(BytesView temporal_unit);
/// The unit without them; what cannot be parsed is kept.
Bytes withoutTemporalDelimiters(BytesView temporal_unit);

}  // namespace multiconn::rtmp
