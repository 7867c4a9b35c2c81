#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "net/link.hpp"
#include "rtmp/ring_buffer.hpp"

namespace multiconn::client {

/// Which messages of a broadcast a server's kernel has acknowledged, by counts of bytes: a message is
/// acknowledged when everything that a link had taken with it is. Of bounded size: when very many are on
/// their way, neighbours are told apart no more, and count as the first of them.
class SentNumbers {
 public:
  static constexpr std::size_t most = 256;

  /// `number` was taken; `end`: Link::taken() with it. Numbers rise.
  void taken(std::uint64_t number, std::uint64_t end);
  void clear() { spans_.clear(); }
  /// Forgets what these figures acknowledge.
  void acknowledge(const net::LinkStats& figures);
  /// Whether acknowledge() would help before the next taken().
  bool full() const { return spans_.size() == most; }
  /// The first that is not acknowledged; nothing: all are.
  std::optional<std::uint64_t> first() const;

 private:
  struct Span {
    std::uint64_t first = 0;  // its first message
    std::uint64_t end = 0;    // of its last message's bytes
  };
  void joinNeighbours();

  rtmp::RingBuffer<Span> spans_;
  std::uint64_t apart_ = 1;  // messages that share a span
};

}  // namespace multiconn::client
