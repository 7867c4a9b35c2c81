#pragma once

#include <cstdint>
#include <vector>

#include <multiconn/frame.hpp>

#include "rtmp/bytes.hpp"

namespace multiconn::test {

inline EncodedFrame frameOf(Codec codec, FrameKind kind, rtmp::Bytes data, std::chrono::microseconds dts,
                            std::chrono::microseconds pts) {
  EncodedFrame frame;
  frame.data = rtmp::makePayload(std::move(data));
  frame.codec = codec;
  frame.kind = kind;
  frame.dts = dts;
  frame.pts = pts;
  return frame;
}

/// avcC of a 64x64 picture.
inline EncodedFrame videoConfig() {
  rtmp::Bytes data;
  rtmp::ByteWriter writer(data);
  const std::vector<std::uint8_t> record{0x01, 0x42, 0xC0, 0x1E, 0xFF, 0xE1, 0x00, 0x08,
                                         0x67, 0x42, 0xC0, 0x1E, 0xDA, 0x11, 0x1A, 0x80,
                                         0x01, 0x00, 0x04, 0x68, 0xCE, 0x3C, 0x80};
  for (const std::uint8_t byte : record) writer.u8(byte);
  return frameOf(Codec::h264, FrameKind::config, std::move(data), {}, {});
}

/// One length-prefixed NAL unit of `size` bytes, told from others by `number`.
inline EncodedFrame video(FrameKind kind, std::uint32_t number, std::chrono::microseconds dts,
                          std::size_t size = 64, std::chrono::microseconds composition = {}) {
  rtmp::Bytes data;
  rtmp::ByteWriter writer(data);
  writer.u32(static_cast<std::uint32_t>(size)).u8(kind == FrameKind::key ? 0x65 : 0x41).u32(number);
  data.resize(size + 4, std::byte{0x5A});
  return frameOf(Codec::h264, kind, std::move(data), dts, dts + composition);
}

/// AudioSpecificConfig: AAC-LC, 48 kHz, stereo.
inline EncodedFrame audioConfig() {
  return frameOf(Codec::aac, FrameKind::config, {std::byte{0x11}, std::byte{0x90}}, {}, {});
}

inline EncodedFrame audio(std::uint32_t number, std::chrono::microseconds dts, std::size_t size = 32) {
  rtmp::Bytes data;
  rtmp::ByteWriter(data).u8(0x21).u32(number);
  data.resize(size, std::byte{0x33});
  return frameOf(Codec::aac, FrameKind::key, std::move(data), dts, dts);
}

}  // namespace multiconn::test
