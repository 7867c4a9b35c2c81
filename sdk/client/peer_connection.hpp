#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/frame_limit.hpp"
#include "client/sent_numbers.hpp"
#include "net/link.hpp"
#include "net/scheduler.hpp"
#include "rtmp/client_session.hpp"
#include "rtmp/outbound_queue.hpp"
#include "rtmp/ring_buffer.hpp"

namespace multiconn::client {

/// What a PeerConnection tells.
class PeerConnectionEvents {
 public:
  virtual ~PeerConnectionEvents() = default;
  virtual void happened(rtmp::ClientEvent& event) = 0;
  /// The link takes messages again, and some have left the queue.
  virtual void moved() {}
  /// It cannot go on: what has to reach the server is not taken. `why` is one sentence.
  virtual void choked(const std::string& why) = 0;
  /// Last of all; from a task of its own.
  virtual void closed(net::LinkFailure failure) = 0;
};

/// What has gone out.
struct Sent {
  std::uint64_t bytes = 0;   ///< handed to the kernel
  std::uint64_t frames = 0;  ///< audio and video
  Sent& operator+=(const Sent& more) {
    bytes += more.bytes;
    frames += more.frames;
    return *this;
  }
};

/// One connection to one server: a Link, the session on it and the queue in front of it. A server that is
/// connected to again gets a new one.
class PeerConnection final : net::LinkEvents {
 public:
  using Bounds = rtmp::OutboundQueue::Bounds;

  PeerConnection(net::Scheduler& scheduler, std::unique_ptr<net::Link> link, rtmp::ConnectRequest request,
                 PeerConnectionEvents& events);
  /// Lets a task of its own destroy it: a link must not go inside its own event. Null is ignored.
  static void retire(std::unique_ptr<PeerConnection> connection);

  /// Sends connect, and behind it what can be said already of a publish that is wanted.
  void open(std::optional<rtmp::PublishRequest> pipelined);
  /// The server has at least done its handshake.
  bool wasOpened() const { return was_opened_; }
  /// A publish is on its way since open(), and has not been taken back.
  bool pipelined() const { return pipelined_; }
  bool amf3() const { return session_.amf3(); }

  /// Who is told from now on; also what is left of the message that is being handled.
  void tell(PeerConnectionEvents& events) { events_ = &events; }
  void tellNobody() { events_ = nullptr; }

  // The session's exchanges. What comes of them at once is told before they return.
  void publish(rtmp::PublishRequest request) { perform(session_.publish(std::move(request))); }
  void prepare() { perform(session_.prepare()); }
  void unpublish();
  /// An error when it cannot be sent, or when too much waits already.
  rtmp::Error call(std::string_view method, std::vector<AmfValue> arguments, bool wants_reply,
                   double& transaction);
  void forgetCall(double transaction) { session_.forgetCall(transaction); }
  /// A result that cannot be encoded becomes an error there.
  void result(double transaction, AmfValue value);
  void callFailed(double transaction, std::string_view description);
  rtmp::Error sendSharedObject(rtmp::SharedObjectMessage message);

  /// Sends or queues, by the drop policy. Its stream id has been set.
  void send(rtmp::QueuedMessage message);
  /// See Link.
  void cork() { link_->cork(); }
  void uncork() { link_->uncork(); }
  void bounds(Bounds bounds) { queue_.bounds(bounds); }
  void relieve(rtmp::TimePoint now) { queue_.relieve(now); }
  rtmp::DropCounts takeDropped() { return queue_.takeDropped(); }
  std::vector<rtmp::DroppedFrame> takeDroppedFrames() { return queue_.takeDroppedFrames(); }
  void waitForKey() { queue_.waitForKey(); }
  void dropMedia();
  /// Drops every frame by the policy's count of it.
  void abandonMedia();

  std::size_t queued() const { return queue_.bytes(); }
  /// Of the queue: the application's calls and shared objects.
  std::size_t waitingCommands() const { return command_bytes_; }
  rtmp::Duration queueAge(rtmp::TimePoint now) const { return queue_.age(now); }
  net::LinkStats stats() const { return link_->stats(); }
  /// Bytes of messages that were given to it, queued, sent or dropped.
  std::uint64_t offered() const { return offered_; }
  std::uint64_t framesSent() const { return frames_sent_; }
  Sent sent() const { return {stats().bytes_sent, frames_sent_}; }
  /// The number of the first message of the broadcast that the server's kernel has not acknowledged, queued
  /// ones included; when it has all, the number behind the last. What the drop policy gave up does not count.
  /// Nothing: none was ever sent here. Stays once the link has ended, and over dropMedia() until the next
  /// numbered message; one whose number does not rise begins anew.
  std::optional<std::uint64_t> unconfirmed();
  /// The first long frame that the link has taken and the server's kernel has not acknowledged as a whole.
  /// Stays as unconfirmed() does.
  std::optional<LongFrame> longFrame();
  /// Bytes of the longest one that was followed by another half a second later, or 0: the server, whose
  /// kernel acknowledges more than it has read, had the time to end the connection for it.
  std::size_t longestTaken() const { return longest_taken_; }
  /// Another broadcast follows. What is queued of the last one has been dropped.
  void forgetNumbers();
  /// Everything has reached the server's kernel.
  bool idle() const;

  /// Closes in good order once the queue is empty, or `patience` is over.
  void closeWhenSent(rtmp::Duration patience);

 private:
  /// `ours`: the application's doing. Else the server's, which can provoke as many answers as it likes.
  enum class Origin : std::uint8_t { ours, answer };
  struct Answer {
    std::uint64_t number = 0;
    std::size_t bytes = 0;
  };

  void opened() override;
  void message(rtmp::Message message) override;
  void writable() override;
  void closed(net::LinkFailure failure) override;

  void perform(rtmp::ClientReaction reaction);
  void sendCommands(std::vector<rtmp::OutMessage> commands, Origin origin);
  void push(rtmp::QueuedMessage message, Origin origin);
  void drain();
  void pop();
  void number(std::uint64_t number);
  static constexpr std::chrono::milliseconds time_to_refuse{500};
  void noteLongFrame(const rtmp::QueuedMessage& message);
  void choke(const char* why);

  net::Scheduler& scheduler_;
  PeerConnectionEvents* events_;
  rtmp::ClientSession session_;
  bool open_ = false;
  bool was_opened_ = false;
  bool pipelined_ = false;
  bool closing_ = false;

  rtmp::OutboundQueue queue_{Bounds()};
  bool blocked_ = true;            // until writable()
  std::size_t command_bytes_ = 0;  // of queue_: ours
  std::size_t answer_bytes_ = 0;   // of queue_: answers
  std::uint64_t commands_pushed_ = 0, commands_popped_ = 0;
  rtmp::RingBuffer<Answer> answers_;  // which of the queued commands are answers
  std::uint64_t offered_ = 0;
  std::uint64_t frames_sent_ = 0;
  SentNumbers sent_numbers_;
  std::uint64_t last_number_ = 0;    // that was pushed
  std::uint64_t first_dropped_ = 0;  // by dropMedia(); 0: none
  std::optional<LongFrame> long_frame_;
  rtmp::TimePoint long_frame_at_{};  // when the link took it
  std::size_t longest_taken_ = 0;
  net::Timer close_timer_;
  std::unique_ptr<net::Link> link_;  // last: its events come here
};

}  // namespace multiconn::client
