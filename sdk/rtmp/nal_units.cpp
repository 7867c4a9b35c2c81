#include "rtmp/nal_units.hpp"

#include <algorithm>

namespace multiconn::rtmp {
namespace {

constexpr std::byte zero{0};
constexpr std::byte one{1};

// Offset of the next 00 00 01 at or after `from`, or the size.
std::size_t findStartCode(BytesView bytes, std::size_t from) {
  for (std::size_t i = from + 2; i < bytes.size();) {
    if (bytes[i] > one) {
      i += 3;
    } else if (bytes[i] == one) {
      if (bytes[i - 1] == zero && bytes[i - 2] == zero) return i - 2;
      i += 3;
    } else {
      ++i;
    }
  }
  return bytes.size();
}

BytesView withoutTrailingZeros(BytesView unit) {
  while (!unit.empty() && unit.back() == zero) unit = unit.first(unit.size() - 1);
  return unit;
}

// Calls `each` per unit; false when the lengths do not fill `bytes` exactly.
template <typename Each>
bool walkLengthPrefixed(BytesView bytes, unsigned length_size, Each each) {
  ByteReader reader(bytes);
  while (!reader.atEnd()) {
    const std::size_t length = length_size == 1   ? reader.u8()
                               : length_size == 2 ? reader.u16()
                                                  : reader.u32();
    const BytesView unit = reader.take(length);
    if (!reader.ok()) return false;
    each(unit);
  }
  return reader.ok() && !bytes.empty();
}

}  // namespace

bool startsWithStartCode(BytesView bytes) {
  if (bytes.size() < 4 || bytes[0] != zero || bytes[1] != zero) return false;
  return bytes[2] == one || (bytes[2] == zero && bytes[3] == one);
}

std::vector<BytesView> splitAnnexB(BytesView bytes) {
  std::vector<BytesView> units;
  if (!startsWithStartCode(bytes)) return units;
  for (std::size_t code = findStartCode(bytes, 0); code < bytes.size();) {
    const std::size_t begin = code + 3;
    code = findStartCode(bytes, begin);
    const BytesView unit = withoutTrailingZeros(bytes.subspan(begin, code - begin));
    if (!unit.empty()) units.push_back(unit);
  }
  return units;
}

std::optional<std::vector<BytesView>> splitLengthPrefixed(BytesView bytes, unsigned length_size) {
  std::vector<BytesView> units;
  // A unit of length zero is legal to the framing and means nothing.
  const bool whole = walkLengthPrefixed(bytes, length_size, [&](BytesView unit) {
    if (!unit.empty()) units.push_back(unit);
  });
  if (!whole) return std::nullopt;
  return units;
}

bool isLengthPrefixed(BytesView bytes, unsigned length_size) {
  return walkLengthPrefixed(bytes, length_size, [](BytesView) {});
}

Bytes joinLengthPrefixed(const std::vector<BytesView>& units) {
  std::size_t size = 0;
  for (const BytesView unit : units) size += 4 + unit.size();
  Bytes joined;
  joined.reserve(size);
  ByteWriter writer(joined);
  for (const BytesView unit : units) writer.u32(static_cast<std::uint32_t>(unit.size())).bytes(unit);
  return joined;
}

Bytes withoutEmulationPrevention(BytesView unit) {
  Bytes payload;
  payload.reserve(unit.size());
  std::size_t zeros = 0;
  for (const std::byte b : unit) {
    if (zeros >= 2 && b == std::byte{3}) {
      zeros = 0;
      continue;
    }
    zeros = b == zero ? zeros + 1 : 0;
    payload.push_back(b);
  }
  return payload;
}

}  // namespace multiconn::rtmp
