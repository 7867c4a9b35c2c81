#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "rtmp/bytes.hpp"
#include "rtmp/error.hpp"
#include "rtmp/limits.hpp"

namespace multiconn::rtmp {

struct FlvTag {
  std::uint8_t type = 0;        ///< 8 audio, 9 video, 18 script data: the message types
  std::uint32_t timestamp = 0;  ///< milliseconds, all 32 bits
  BytesView body;
};

/// Reads an FLV file that comes in pieces (FLV 10.1 E.2-E.4). Back pointers are not checked.
class FlvReader {
 public:
  explicit FlvReader(const Limits& limits) : limits_(limits) {}
  void append(BytesView bytes);
  /// The next whole tag; its body is valid until the next call of either method. Nothing: more bytes are
  /// needed, or error() tells.
  std::optional<FlvTag> next();
  Error error() const { return error_; }

 private:
  bool readHeader();
  std::optional<FlvTag> readTag();

  Limits limits_;
  Bytes buffer_;
  std::size_t position_ = 0;
  bool header_read_ = false;
  Error error_ = Error::none;
};

/// File header and first back pointer.
Bytes flvHeader(bool audio, bool video);
/// One tag with its back pointer, appended. The body is below 16 MiB.
void appendFlvTag(const FlvTag& tag, Bytes& out);

}  // namespace multiconn::rtmp
