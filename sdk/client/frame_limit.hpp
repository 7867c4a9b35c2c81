#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "rtmp/limits.hpp"
#include "rtmp/outbound_queue.hpp"

namespace multiconn::client {

/// A frame of a broadcast that is long enough to be refused for its length alone.
struct LongFrame {
  std::uint64_t number = 0;
  std::size_t bytes = 0;  ///< of its message
};

/// How long a frame may be for one server. RTMP has no word for a message that is too long: a server that
/// meets one ends the connection (nginx-rtmp at "max_message", 1 MiB by default), and would do so again each
/// time the broadcast is resumed. What was refused is so for a minute; then it is tried anew, since
/// connections end for other reasons too.
class FrameLimit {
 public:
  static bool isLong(const rtmp::QueuedMessage& message) {
    return isFrame(message) && message.message.payload->size() > taken_by_all;
  }
  /// The server has ended a connection. `on_its_way`: the first long frame that it was sent and may not have
  /// got; `taken`: the length of the longest that this connection has survived. True: it is the second end
  /// at a frame longer than any it took, or at one as was refused before; those are refused from now on.
  bool ended(const std::optional<LongFrame>& on_its_way, std::size_t taken, rtmp::TimePoint now) {
    taken_ = std::max(taken_, taken);
    if (taken_ >= refused_) refused_ = SIZE_MAX;
    if (!on_its_way || on_its_way->bytes <= taken_) return false;
    if (++ends_ < 2 && on_its_way->bytes < refused_) return false;
    refused_ = std::min(refused_, on_its_way->bytes);
    until_ = now + std::chrono::minutes(1);
    ends_ = 0;
    return true;
  }
  bool allows(const rtmp::QueuedMessage& message) const {
    return message.message.payload->size() < refused_ || !isFrame(message) || message.queued_at >= until_;
  }
  /// Bytes; frames of so many.
  std::size_t refused() const { return refused_; }

 private:
  static constexpr std::size_t taken_by_all = 1024 * 1024;
  static bool isFrame(const rtmp::QueuedMessage& message) {
    return message.kind == rtmp::QueuedMessage::Class::audio ||
           message.kind == rtmp::QueuedMessage::Class::video;
  }

  unsigned ends_ = 0;      // at long frames, since something was refused
  std::size_t taken_ = 0;  // so long may a frame be
  std::size_t refused_ = SIZE_MAX;
  rtmp::TimePoint until_{};
};

}  // namespace multiconn::client
