#pragma once

#include <algorithm>
#include <cstdint>
#include <initializer_list>

#include "rtmp/bytes.hpp"
#include "rtmp/message.hpp"

namespace multiconn::rtmp::test {

// Chunk headers written straight from RTMP 1.0 5.3.1, for what ChunkWriter never sends.

inline Bytes basicHeader(unsigned format, std::uint32_t chunk_stream) {
  Bytes bytes;
  ByteWriter out(bytes);
  if (chunk_stream < 64) {
    out.u8(format << 6 | chunk_stream);
  } else if (chunk_stream < 320) {
    out.u8(format << 6).u8(chunk_stream - 64);
  } else {
    out.u8(format << 6 | 1).u8((chunk_stream - 64) & 0xFF).u8((chunk_stream - 64) >> 8);
  }
  return bytes;
}

/// Header of a chunk of type 0 to 3 without payload. `time` is absolute or a delta; what a type lacks is left
/// out.
inline Bytes chunkHeader(unsigned format, std::uint32_t chunk_stream, std::uint32_t time,
                         std::uint32_t length = 0, std::uint8_t type = 0, std::uint32_t stream_id = 0) {
  Bytes bytes = basicHeader(format, chunk_stream);
  ByteWriter out(bytes);
  if (format < 3) out.u24(std::min(time, 0xFFFFFFu));
  if (format < 2) out.u24(length).u8(type);
  if (format < 1) {
    for (unsigned shift = 0; shift < 32; shift += 8) out.u8(stream_id >> shift & 0xFF);
  }
  if (format < 3 && time >= 0xFFFFFF) out.u32(time);
  return bytes;
}

inline Bytes join(std::initializer_list<Bytes> parts) {
  Bytes all;
  for (const Bytes& part : parts) ByteWriter(all).bytes(part);
  return all;
}

inline Bytes filled(std::size_t size, std::uint8_t first = 1) {
  Bytes bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>((first + i) % 251 + 1);
  return bytes;
}

}  // namespace multiconn::rtmp::test
