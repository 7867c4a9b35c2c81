#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "rtmp/outbound_queue.hpp"
#include "rtmp/ring_buffer.hpp"

namespace multiconn::client {

/// Which of a broadcast's messages were frames, by their numbers: so that what a server missed can be
/// counted, long after the frames themselves are gone. A byte for each of the newest 131072 messages, which
/// is more than a server's queue and its way hold.
class FrameTally {
 public:
  /// The next number's.
  void push(const rtmp::QueuedMessage& message);
  std::uint64_t next() const { return next_; }
  /// Frames before the message of this number. Of numbers that are too old: before the oldest it knows.
  rtmp::DropCounts before(std::uint64_t number) const;

 private:
  static constexpr std::uint64_t block_size = 256, most_blocks = 512;
  enum class Kind : std::uint8_t { none, disposable, inter, key, audio };
  struct Block {
    rtmp::DropCounts before;
    std::array<Kind, block_size> kinds{};
  };
  static Kind kindOf(const rtmp::QueuedMessage& message);
  static void add(rtmp::DropCounts& counts, Kind kind);
  friend rtmp::DropCounts framesIn(const rtmp::QueuedMessage& message);

  rtmp::RingBuffer<Block> blocks_;
  rtmp::DropCounts all_;
  std::uint64_t next_ = 1;
  std::uint64_t first_ = 1;  // of the oldest block
};

/// 1 of its kind; 0 when it is no frame.
rtmp::DropCounts framesIn(const rtmp::QueuedMessage& message);
/// Of each kind.
rtmp::DropCounts operator-(rtmp::DropCounts all, const rtmp::DropCounts& before);
rtmp::DropCounts& operator+=(rtmp::DropCounts& sum, const rtmp::DropCounts& more);

}  // namespace multiconn::client
