#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "rtmp/bytes.hpp"

namespace multiconn::rtmp::test {

/// Bytes from hexadecimal digits; anything else between them only separates.
inline Bytes hex(std::string_view text) {
  const auto digit = [](char c) {
    const std::size_t at = std::string_view("0123456789abcdef").find(static_cast<char>(c | 0x20));
    return c == ' ' || at == std::string_view::npos ? -1 : static_cast<int>(at);
  };
  Bytes bytes;
  int high = -1;
  for (const char c : text) {
    const int value = digit(c);
    if (value < 0) continue;
    if (high < 0) {
      high = value;
    } else {
      bytes.push_back(static_cast<std::byte>(high << 4 | value));
      high = -1;
    }
  }
  return bytes;
}

inline std::string toHex(BytesView bytes) {
  std::string text;
  for (const std::byte b : bytes) {
    for (const int shift : {4, 0}) text += "0123456789abcdef"[std::to_integer<unsigned>(b) >> shift & 0xF];
  }
  return text;
}

}  // namespace multiconn::rtmp::test
