#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "net/scheduler.hpp"

namespace multiconn::net {

/// What is known of a connection at one moment, of its kernel's and its peer's.
struct TransportFigures {
  /// Bytes in the kernel's send queue that the peer's kernel has not acknowledged.
  std::size_t unacknowledged = 0;
  std::optional<std::chrono::microseconds> rtt{};
  /// When the peer's kernel was last heard of (data or a mere acknowledgement), or last owed no answer, as
  /// far as it was asked for. Nothing: not known.
  std::optional<TimePoint> last_heard{};
  /// Of a connection without traffic, sent to see whether the peer is there, and unanswered. While there are
  /// any, last_heard is when it was last heard of, although it owed nothing.
  unsigned probes = 0;
  /// Bytes a second that the kernel has seen delivered lately. Nothing: not known.
  std::optional<std::uint64_t> delivery_rate{};
  bool delivery_limited_by_us = false;  ///< of delivery_rate: there was no more to send
};

}  // namespace multiconn::net
