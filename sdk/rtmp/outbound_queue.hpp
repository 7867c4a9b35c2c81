#pragma once

#include <chrono>
#include <cstdint>
#include <utility>
#include <vector>

#include <multiconn/frame.hpp>

#include "rtmp/limits.hpp"
#include "rtmp/message.hpp"
#include "rtmp/ring_buffer.hpp"

namespace multiconn::rtmp {

/// A message on its way to one peer, with what the drop policy needs to know. Holds a reference to the shared
/// payload.
struct QueuedMessage {
  enum class Class : std::uint8_t { control, config, audio, video };
  OutMessage message;
  Class kind = Class::control;       ///< control: commands, data, metadata; never dropped, as config
  FrameKind frame = FrameKind::key;  ///< of video
  TimePoint queued_at{};
  std::uint64_t number = 0;  ///< its place in the broadcast, from 1 on; 0: no part of it
  bool isKeyframe() const { return kind == Class::video && frame == FrameKind::key; }
};

struct DropCounts {
  std::uint64_t disposable = 0, inter = 0, key = 0, audio = 0;
  std::uint64_t total() const { return disposable + inter + key + audio; }
};

/// A frame of a broadcast that was dropped.
struct DroppedFrame {
  std::uint64_t number = 0;
  std::uint64_t DropCounts::*kind = &DropCounts::audio;
};

/// The bounded queue of one peer. Beyond its bounds a live broadcast gives up, in this order: disposable
/// frames; then whole groups of pictures from the oldest on, up to a keyframe that is queued or still to
/// come; audio last. Configuration records and metadata never, wherever they stand. What is dropped by age is
/// older than the bound, except that the rest of its group of pictures goes with it. Once a group was dropped
/// without a keyframe behind it, frames are refused until one comes, so that the peer never gets a picture
/// that it cannot decode.
class OutboundQueue {
 public:
  struct Bounds {
    std::size_t bytes = 16 * 1024 * 1024;
    std::chrono::milliseconds age{2000};
    bool lossless = false;         ///< the producer waits instead: nothing is ever dropped
    std::size_t messages = 65536;  ///< however small they are
  };
  explicit OutboundQueue(Bounds bounds) : bounds_(bounds) {}

  /// Queues it, or drops it or others by the policy. Its queued_at is the time at which the bounds are
  /// checked, and must not run backwards. Constant time while the queue is within its bounds.
  void push(QueuedMessage message);
  /// Drops by the policy what has become too old meanwhile.
  void relieve(TimePoint now);
  bool empty() const { return messages_.empty(); }
  const QueuedMessage& front() const { return messages_.front(); }
  void pop();
  void clear();
  /// Pictures are refused until a keyframe comes.
  bool waitsForKey() const { return waiting_for_key_; }
  void waitForKey() { waiting_for_key_ = true; }

  std::size_t bytes() const { return bytes_; }
  std::size_t size() const { return messages_.size(); }
  /// Of the first that is part of the broadcast; 0: none is.
  std::uint64_t firstNumber() const;
  /// How long the oldest message has waited.
  Duration age(TimePoint now) const;
  void bounds(Bounds bounds) { bounds_ = bounds; }
  /// Dropped since the last call.
  DropCounts takeDropped();
  /// Those that have a number, since the last call; of very many the newest.
  std::vector<DroppedFrame> takeDroppedFrames() { return std::exchange(dropped_frames_, {}); }

 private:
  bool overBytes() const { return bytes_ > bounds_.bytes || messages_.size() > bounds_.messages; }
  bool tooOld(const QueuedMessage& message, TimePoint now) const {
    return now - message.queued_at > bounds_.age;
  }
  bool over(TimePoint now) const;
  bool dropOldestGroup(TimePoint now);
  template <typename Predicate>
  std::size_t find(std::size_t from, Predicate predicate) const;
  void count(const QueuedMessage& message);
  void skipUndroppable();
  /// Drops what `predicate` says, asked in order with the bytes left so far already reduced.
  template <typename Predicate>
  void dropIf(Predicate predicate);

  Bounds bounds_;
  RingBuffer<QueuedMessage> messages_;
  std::size_t undroppable_ = 0;  // messages at the front that are never dropped
  std::size_t bytes_ = 0;
  bool waiting_for_key_ = false;
  DropCounts dropped_;
  std::vector<DroppedFrame> dropped_frames_;
};

}  // namespace multiconn::rtmp
