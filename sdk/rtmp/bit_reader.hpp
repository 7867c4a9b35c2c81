#pragma once

#include <cstdint>

#include "rtmp/bytes.hpp"

namespace multiconn::rtmp {

/// Bits of a codec header, most significant first. Reading past the end yields zeros and makes ok() false.
class BitReader {
 public:
  explicit BitReader(BytesView bytes) : bytes_(bytes) {}

  std::uint32_t bit() {
    if (position_ >= bytes_.size() * 8) {
      ok_ = false;
      return 0;
    }
    const auto byte = std::to_integer<std::uint32_t>(bytes_[position_ / 8]);
    return byte >> (7 - position_++ % 8) & 1;
  }
  bool flag() { return bit() != 0; }
  /// At most 32 bits.
  std::uint32_t bits(unsigned count) {
    std::uint32_t value = 0;
    while (count-- > 0) value = value << 1 | bit();
    return value;
  }
  void skip(std::size_t count) {
    if (count > bytes_.size() * 8 - position_) ok_ = false;
    position_ = ok_ ? position_ + count : bytes_.size() * 8;
  }
  /// ue(v) of H.264 9.1, which is also uvlc() of AV1 4.10.3. 32 leading zeros or more make ok() false.
  std::uint32_t expGolomb() {
    unsigned zeros = 0;
    while (ok_ && !flag()) ++zeros;
    if (zeros >= 32) ok_ = false;
    return ok_ ? (1U << zeros) - 1 + bits(zeros) : 0;
  }
  void byteAlign() { position_ = (position_ + 7) / 8 * 8; }
  /// Bits consumed so far.
  std::size_t position() const { return position_; }
  bool ok() const { return ok_; }

 private:
  BytesView bytes_;
  std::size_t position_ = 0;
  bool ok_ = true;
};

}  // namespace multiconn::rtmp
