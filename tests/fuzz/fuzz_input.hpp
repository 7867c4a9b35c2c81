#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "rtmp/bytes.hpp"

namespace multiconn::rtmp::fuzz {

/// A property that has to hold for any input; its failure is a crash that libFuzzer keeps.
inline void require(bool holds) {
  if (!holds) __builtin_trap();
}

/// First byte of an input, as a choice among things to do; 0 when there is none.
inline std::uint8_t choice(BytesView& input) {
  if (input.empty()) return 0;
  const auto value = std::to_integer<std::uint8_t>(input.front());
  input = input.subspan(1);
  return value;
}

/// Cuts bytes into pieces of 1 to 256 bytes, as a network might: 0 means one piece, 1 single bytes, else
/// irregular ones.
class Pieces {
 public:
  Pieces(BytesView bytes, std::uint8_t seed) : rest_(bytes), seed_(seed), state_(seed) {}

  bool atEnd() const { return rest_.empty(); }
  BytesView next() {
    const BytesView piece = rest_.first(std::min(size(), rest_.size()));
    rest_ = rest_.subspan(piece.size());
    return piece;
  }

 private:
  std::size_t size() {
    if (seed_ <= 1) return seed_ == 0 ? rest_.size() : 1;
    state_ = state_ * 1103515245 + 12345;
    return 1 + (state_ >> 16) % seed_;
  }

  BytesView rest_;
  std::uint8_t seed_;
  std::uint32_t state_;
};

inline BytesView inputOf(const std::uint8_t* data, std::size_t size) {
  return std::as_bytes(std::span(data, size));
}

}  // namespace multiconn::rtmp::fuzz
