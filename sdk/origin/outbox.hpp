#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <vector>

#include "rtmp/message.hpp"
#include "rtmp/outbound_queue.hpp"

namespace multiconn::net {
class MessagePump;
}

namespace multiconn::origin {

class Lane;

/// What goes out to one peer: answers to its commands first, then each play's own bounded queue in turn.
class Outbox {
 public:
  /// `overflowed` is called when the peer takes so little that even what is never dropped piles up;
  /// `object_bytes`: so much of shared objects.
  Outbox(net::MessagePump& pump, std::size_t object_bytes, std::function<void()> overflowed)
      : pump_(pump), most_object_bytes_(object_bytes), overflowed_(std::move(overflowed)) {}
  Outbox(const Outbox&) = delete;
  Outbox& operator=(const Outbox&) = delete;

  /// Small ones share a write.
  void send(std::vector<rtmp::OutMessage> answers);
  /// In order with the answers; a shared object's message has a bound of its own.
  void send(rtmp::OutMessage answer);
  /// The pump takes messages again.
  void writable();
  /// Nothing waits for the pump.
  bool empty() const;

 private:
  friend class Lane;
  void count(const rtmp::OutMessage& answer, bool added);
  bool trySend(const rtmp::OutMessage& message);
  bool flushAnswers();
  void flushLanes();
  bool lanesEmpty() const;

  net::MessagePump& pump_;
  std::size_t most_object_bytes_;
  std::function<void()> overflowed_;
  std::deque<rtmp::OutMessage> answers_;
  std::size_t answer_bytes_ = 0, object_bytes_ = 0;
  std::vector<Lane*> lanes_;
  std::size_t next_lane_ = 0;
  bool blocked_ = false;  // the pump said no, and has not said writable since
};

/// One play's share of an Outbox. What is sent here stays in order, status messages included.
class Lane {
 public:
  /// `drained`: called when little is left of what was queued, for a play that reads from a file.
  Lane(Outbox& outbox, rtmp::OutboundQueue::Bounds bounds, std::function<void()> drained = {});
  ~Lane();
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;

  /// Given to the pump at once when nothing waits before it; else queued, or dropped by the queue's policy.
  void send(const rtmp::QueuedMessage& message);
  void send(std::vector<rtmp::OutMessage> statuses, rtmp::TimePoint now);
  /// Until the queue is empty again it may hold this much more: what a newcomer is given at once.
  void widen(std::size_t bytes);

  std::size_t queuedBytes() const { return queue_.bytes(); }
  bool hasRoom() const;
  bool empty() const { return queue_.empty(); }
  rtmp::DropCounts takeDropped() { return queue_.takeDropped(); }

 private:
  friend class Outbox;
  void sent();

  Outbox& outbox_;
  rtmp::OutboundQueue::Bounds bounds_;
  rtmp::OutboundQueue queue_;
  std::size_t widened_ = 0;
  std::function<void()> drained_;
};

}  // namespace multiconn::origin
