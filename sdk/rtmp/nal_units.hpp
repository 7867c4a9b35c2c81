#pragma once

#include <optional>
#include <vector>

#include "rtmp/bytes.hpp"

namespace multiconn::rtmp {

/// Whether `bytes` begins with 00 00 01 or 00 00 00 01.
bool startsWithStartCode(BytesView bytes);
/// NAL units between Annex B start codes (H.264 B.1), without trailing zero bytes. Empty when `bytes` does
/// not begin with a start code.
std::vector<BytesView> splitAnnexB(BytesView bytes);
/// NAL units behind big-endian lengths of `length_size` (1, 2 or 4) bytes; nothing when they do not fill
/// `bytes` exactly.
std::optional<std::vector<BytesView>> splitLengthPrefixed(BytesView bytes, unsigned length_size);
/// Whether splitLengthPrefixed() would succeed; does not allocate.
bool isLengthPrefixed(BytesView bytes, unsigned length_size);
/// The same NAL units behind 4-byte lengths.
Bytes joinLengthPrefixed(const std::vector<BytesView>& units);
/// The payload without its emulation prevention bytes (H.264 7.4.1), which parsing needs; header included.
Bytes withoutEmulationPrevention(BytesView unit);

}  // namespace multiconn::rtmp
