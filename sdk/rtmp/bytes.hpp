#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace multiconn::rtmp {

using Bytes = std::vector<std::byte>;
using BytesView = std::span<const std::byte>;
/// A message body that many connections may be sending at once; never changed after it was made.
using Payload = std::shared_ptr<const Bytes>;

inline Payload makePayload(Bytes bytes) {
  return std::make_shared<const Bytes>(std::move(bytes));
}
inline BytesView asBytes(std::string_view text) {
  return std::as_bytes(std::span(text));
}
inline std::string_view asText(BytesView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Big-endian cursor over bytes of a peer. Reading past the end yields zeros and empty views and makes ok()
/// false, so that a parser checks once, after a group of reads.
class ByteReader {
 public:
  explicit ByteReader(BytesView bytes) : bytes_(bytes) {}

  std::uint8_t u8() { return static_cast<std::uint8_t>(unsignedInteger(1)); }
  std::uint16_t u16() { return static_cast<std::uint16_t>(unsignedInteger(2)); }
  std::uint32_t u24() { return static_cast<std::uint32_t>(unsignedInteger(3)); }
  std::uint32_t u32() { return static_cast<std::uint32_t>(unsignedInteger(4)); }
  double f64() { return std::bit_cast<double>(unsignedInteger(8)); }
  BytesView take(std::size_t count) {
    if (count > bytes_.size()) {
      fail();
      return {};
    }
    const BytesView taken = bytes_.first(count);
    bytes_ = bytes_.subspan(count);
    return taken;
  }
  std::string_view text(std::size_t count) { return asText(take(count)); }
  void skip(std::size_t count) { take(count); }
  BytesView rest() const { return bytes_; }
  std::size_t remaining() const { return bytes_.size(); }
  bool atEnd() const { return bytes_.empty(); }
  bool ok() const { return ok_; }

 private:
  void fail() {
    ok_ = false;
    bytes_ = {};
  }
  std::uint64_t unsignedInteger(std::size_t width) {
    std::uint64_t value = 0;
    for (const std::byte b : take(width)) value = value << 8 | std::to_integer<std::uint64_t>(b);
    return value;
  }

  BytesView bytes_;
  bool ok_ = true;
};

/// Appends big-endian values to a buffer of the caller's.
class ByteWriter {
 public:
  explicit ByteWriter(Bytes& out) : out_(out) {}

  ByteWriter& u8(std::uint32_t value) { return unsignedInteger(value, 1); }
  ByteWriter& u16(std::uint32_t value) { return unsignedInteger(value, 2); }
  ByteWriter& u24(std::uint32_t value) { return unsignedInteger(value, 3); }
  ByteWriter& u32(std::uint32_t value) { return unsignedInteger(value, 4); }
  ByteWriter& f64(double value) { return unsignedInteger(std::bit_cast<std::uint64_t>(value), 8); }
  ByteWriter& bytes(BytesView view) {
    out_.insert(out_.end(), view.begin(), view.end());
    return *this;
  }
  ByteWriter& text(std::string_view view) { return bytes(asBytes(view)); }

 private:
  ByteWriter& unsignedInteger(std::uint64_t value, unsigned width) {
    for (unsigned i = width; i-- > 0;) out_.push_back(static_cast<std::byte>(value >> (8 * i) & 0xFF));
    return *this;
  }

  Bytes& out_;
};

}  // namespace multiconn::rtmp
