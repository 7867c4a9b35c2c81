#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "rtmp/chunk_builder.hpp"
#include "rtmp/chunk_reader.hpp"
#include "rtmp/hex.hpp"

namespace multiconn::rtmp::test {

struct Outcome {
  Error error = Error::none;
  std::vector<RawMessage> messages;
};

inline std::string describe(const RawMessage& raw) {
  return std::to_string(raw.type) + "@" + std::to_string(raw.timestamp) + "/" +
         std::to_string(raw.stream_id) + ":" + toHex(*raw.payload);
}

inline std::vector<std::string> describeAll(const std::vector<RawMessage>& messages) {
  std::vector<std::string> all;
  for (const RawMessage& raw : messages) all.push_back(describe(raw));
  return all;
}

inline Outcome readInPieces(BytesView bytes, std::size_t piece, const Limits& limits = {}) {
  ChunkReader reader(limits);
  Outcome outcome;
  while (!bytes.empty() && outcome.error == Error::none) {
    const std::size_t size = std::min(piece, bytes.size());
    const Bytes exact(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
    outcome.error = reader.read(exact, outcome.messages);
    bytes = bytes.subspan(size);
  }
  return outcome;
}

inline RawMessage message(std::uint8_t type, std::uint32_t timestamp, std::uint32_t stream_id,
                          Bytes payload) {
  return {type, timestamp, stream_id, makePayload(std::move(payload))};
}

inline Bytes setChunkSize(std::uint32_t size) {
  Bytes bytes = chunkHeader(0, 2, 0, 4, 1);
  ByteWriter(bytes).u32(size);
  return bytes;
}

}  // namespace multiconn::rtmp::test
