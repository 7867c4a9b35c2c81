#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "rtmp/bytes.hpp"
#include "rtmp/message.hpp"

namespace multiconn::rtmp {

/// One message cut into chunks, or several behind each other: chunk headers of our own, and slices of the
/// shared payloads between them, in the order they go out. Meant to be reused, so that the steady state
/// allocates nothing.
class ComposedMessage {
 public:
  /// Of headers and payloads in turn. Valid until something is added or cleared.
  const std::vector<BytesView>& slices() const { return slices_; }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  /// Adds a copy of bytes that are chunks already: control messages.
  void copy(BytesView bytes);
  /// Lets go of the payloads.
  void clear();

 private:
  friend class ChunkWriter;
  void reserveHeaders(std::size_t more);
  void addHeader(std::size_t begin);
  void share(BytesView payload);

  Bytes headers_;
  std::vector<BytesView> slices_;
  std::vector<Payload> payloads_;
  std::size_t size_ = 0;
};

/// Cuts messages into chunks for one direction of one connection (RTMP 1.0 5.3). A message starts with a
/// type-0 header when it is the first of its chunk stream, the message stream changes, time runs backwards or
/// the timestamp needs the extended field (peers disagree about extended deltas), else with a type-1 header;
/// type 3 is only for continuation.
class ChunkWriter {
 public:
  /// Puts it in the place of what was in `out`. The payload is at most 0xFFFFFF bytes: what the length field
  /// holds.
  void compose(const OutMessage& message, ComposedMessage& out) {
    out.clear();
    append(message, out);
  }
  /// As compose(), behind what is in `out`.
  void append(const OutMessage& message, ComposedMessage& out);

  std::uint32_t chunkSize() const { return chunk_size_; }
  /// For messages from now on; the peer has to be told before them. 1..0x7FFFFFFF.
  void setChunkSize(std::uint32_t size) { chunk_size_ = size; }

 private:
  struct Previous {
    std::uint32_t timestamp = 0;
    std::uint32_t stream_id = 0;
    bool used = false;
  };
  void firstHeader(const OutMessage& message, std::uint8_t chunk_stream, Bytes& out);

  std::uint32_t chunk_size_ = 128;
  std::array<Previous, 64> previous_{};
};

}  // namespace multiconn::rtmp
