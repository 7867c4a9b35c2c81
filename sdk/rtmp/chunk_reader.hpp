#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "rtmp/bytes.hpp"
#include "rtmp/error.hpp"
#include "rtmp/limits.hpp"
#include "rtmp/message.hpp"

namespace multiconn::rtmp {

/// Reassembles messages from one direction of a chunk stream (RTMP 1.0 5.3). Obeys Set Chunk Size and Abort
/// itself, and delivers them too. Bytes may be split anywhere. After an error it must not be used again.
class ChunkReader {
 public:
  explicit ChunkReader(const Limits& limits) : limits_(limits) {}

  /// Appends the messages that these bytes complete.
  Error read(BytesView bytes, std::vector<RawMessage>& out);

  std::uint32_t chunkSize() const { return chunk_size_; }

 private:
  struct ChunkStream {
    std::uint32_t timestamp = 0;
    std::uint32_t delta = 0;
    std::uint32_t length = 0;
    std::uint32_t stream_id = 0;
    std::uint32_t extended_value = 0;  // as written on the wire; meaningful while extended
    std::uint8_t type = 0;
    bool extended = false;
    bool in_message = false;
    Bytes partial;
  };
  enum class Phase : std::uint8_t { basic_header, message_header, extended_timestamp, payload };
  // What peers put into type-3 chunks of a message with an extended timestamp; found out once per connection.
  enum class ContinuationStyle : std::uint8_t { unknown, repeats_extended, omits_extended };

  // Each takes what it can from `bytes`, and moves phase_ on once it has all it needs.
  Error readBasicHeader(BytesView& bytes);
  Error readMessageHeader(BytesView& bytes, std::vector<RawMessage>& out);
  Error readExtendedTimestamp(BytesView& bytes, std::vector<RawMessage>& out);
  Error readRepeatedTimestamp(BytesView& bytes, std::vector<RawMessage>& out);
  Error readPayload(BytesView& bytes, std::vector<RawMessage>& out);
  Error openChunkStream();
  Error beginChunk(std::uint32_t time_field, std::vector<RawMessage>& out);
  Error beginMessage(std::uint32_t time_field);
  Error finishMessage(std::vector<RawMessage>& out);
  Error obey(const RawMessage& raw);
  void abort(std::uint32_t chunk_stream);
  bool gather(BytesView& bytes, std::size_t count);
  BytesView gathered() const { return BytesView(header_).first(header_size_); }
  std::size_t limitFor(std::uint8_t type) const;

  Limits limits_;
  std::map<std::uint32_t, ChunkStream> streams_;
  std::array<std::byte, 16> header_{};
  std::size_t header_size_ = 0;
  Phase phase_ = Phase::basic_header;
  ContinuationStyle style_ = ContinuationStyle::unknown;
  std::uint8_t format_ = 0;
  ChunkStream* current_ = nullptr;
  std::uint32_t current_id_ = 0;
  std::size_t chunk_left_ = 0;
  std::uint32_t chunk_size_ = 128;
  std::size_t partial_messages_ = 0;
  std::size_t partial_bytes_ = 0;
};

}  // namespace multiconn::rtmp
