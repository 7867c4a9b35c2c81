#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

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
/// time the broadcast is resumed with it. What was refused is so for a minute; then it is tried anew, since
/// connections end for other reasons too.
class FrameLimit {
 public:
  static bool isLong(const rtmp::QueuedMessage& message) {
    return isFrame(message) && message.message.payload->size() > taken_by_all;
  }
  /// The server has ended a connection. `on_its_way`: the first long frame that it was sent and may not have
  /// got. True: it is the one that the last connection ended at as well, or was refused before; frames of its
  /// length are refused from now on.
  bool ended(const std::optional<LongFrame>& on_its_way, rtmp::TimePoint now) {
    if (!on_its_way) return false;
    const bool again = std::exchange(suspect_, on_its_way->number) == on_its_way->number;
    if (!again && on_its_way->bytes < refused_) return false;
    refused_ = std::min(refused_, on_its_way->bytes);
    until_ = now + std::chrono::minutes(1);
    return true;
  }
  bool allows(const rtmp::QueuedMessage& message) const {
    return message.message.payload->size() < refused_ || !isFrame(message) || message.queued_at >= until_;
  }
  /// Bytes; frames of so many.
  std::size_t refused() const { return refused_; }
  /// Another broadcast follows.
  void forgetNumbers() { suspect_ = 0; }

 private:
  static constexpr std::size_t taken_by_all = 1024 * 1024;
  static bool isFrame(const rtmp::QueuedMessage& message) {
    return message.kind == rtmp::QueuedMessage::Class::audio ||
           message.kind == rtmp::QueuedMessage::Class::video;
  }

  std::uint64_t suspect_ = 0;  // a number; 0: none
  std::size_t refused_ = SIZE_MAX;
  rtmp::TimePoint until_{};
};

}  // namespace multiconn::client
