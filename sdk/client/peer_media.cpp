// The half of a Peer that moves media: its queue, its figures, and whether it keeps up.
#include <utility>
#include <vector>

#include "client/peer.hpp"
#include "client/status_codes.hpp"

namespace multiconn::client {

namespace {

// Asking the kernel costs a system call or two; statuses may come in swarms.
constexpr std::chrono::milliseconds figures_last{20};

bool isCommand(const rtmp::QueuedMessage& message) {
  return message.kind == rtmp::QueuedMessage::Class::control &&
         message.message.type == rtmp::MessageType::command_amf0;
}

bool isFrame(const rtmp::QueuedMessage& message) {
  return message.kind == rtmp::QueuedMessage::Class::audio ||
         message.kind == rtmp::QueuedMessage::Class::video;
}

}  // namespace

void Peer::beginMedia(bool wait_for_key) {
  wait_for_key_ = wait_for_key;
}

void Peer::lossless(bool lossless) {
  queue_.bounds({options_.queue_bytes, options_.queue_age, lossless});
}

void Peer::send(const rtmp::QueuedMessage& message) {
  if (!publishing()) return;
  if (wait_for_key_ && message.kind == rtmp::QueuedMessage::Class::video) {
    if (message.frame != FrameKind::key) return;
    wait_for_key_ = false;
  }
  rtmp::QueuedMessage own = message;
  own.message.stream_id = stream_id_;
  transmit(std::move(own));
}

// Through the queue even when it is empty: only the queue knows whether what was dropped makes this frame
// worthless.
void Peer::transmit(rtmp::QueuedMessage message) {
  if (!connection_) return;
  const rtmp::TimePoint now = message.queued_at;
  if (isCommand(message)) command_bytes_ += message.message.payload->size();
  queue_.push(std::move(message));
  if (const rtmp::DropCounts dropped = queue_.takeDropped(); dropped.total() > 0) {
    drops_.add(dropped);
    reportDrops(now);
  }
  if (!blocked_) drain();
}

void Peer::drain() {
  blocked_ = !connection_->isOpen();
  while (!blocked_ && !queue_.empty()) {
    blocked_ = !connection_->link().trySend(queue_.front().message);
    if (blocked_) return;
    if (isFrame(queue_.front())) ++frames_sent_;
    if (isCommand(queue_.front())) command_bytes_ -= queue_.front().message.payload->size();
    queue_.pop();
  }
}

void Peer::writable() {
  drain();
  if (closing_ && queue_.empty()) {
    close_timer_.cancel();
    return connection_->link().close(net::CloseMode::graceful);
  }
  host_.queueMoved();
}

// Commands stay: the session counts on their having been sent.
void Peer::dropMedia() {
  std::vector<rtmp::QueuedMessage> commands;
  for (; !queue_.empty(); queue_.pop())
    if (isCommand(queue_.front())) commands.push_back(queue_.front());
  queue_.clear();
  for (rtmp::QueuedMessage& command : commands) queue_.push(std::move(command));
}

void Peer::tick(rtmp::TimePoint now, std::optional<std::chrono::milliseconds> patience) {
  if (!publishing()) return;
  // What nobody pushes behind grows too old as well. A server that is waited for loses nothing.
  if (!patience) queue_.relieve(now);
  drops_.add(queue_.takeDropped());
  reportDrops(now);
  if (!patience) progress_at_ = now;
  if (!patience || withoutProgress(now) < *patience) return;
  giveUp(code::publish_stalled, "The server took nothing for " + std::to_string(patience->count()) +
                                    " ms while the source waited for it, and was given up.");
}

void Peer::reportDrops(rtmp::TimePoint now) {
  if (auto text = drops_.take(now))
    host_.streamStatus(status(code::buffer_dropped, "warning", std::move(*text)));
}

rtmp::Duration Peer::withoutProgress(rtmp::TimePoint now) {
  const net::LinkStats& figures = linkStats(now, {});
  const std::uint64_t taken = figures.bytes_sent - figures.unacknowledged;
  const bool nothing_to_take = queue_.empty() && figures.unsent == 0 && figures.unacknowledged == 0;
  if (taken != progress_ || nothing_to_take) {
    progress_ = taken;
    progress_at_ = now;
  }
  return now - progress_at_;
}

bool Peer::idle() const {
  if (!connection_) return true;
  const net::LinkStats figures = connection_->link().stats();
  return queue_.empty() && figures.unsent == 0 && figures.unacknowledged == 0;
}

const net::LinkStats& Peer::linkStats(rtmp::TimePoint now, rtmp::Duration max_age) {
  if (connection_ && now - link_stats_at_ >= max_age) {
    link_stats_ = connection_->link().stats();
    link_stats_at_ = now;
  }
  return link_stats_;
}

ServerStats Peer::stats(rtmp::TimePoint now) {
  const net::LinkStats& figures = linkStats(now, figures_last);
  ServerStats stats;
  stats.id = id_;
  stats.url = target_.masked_url;
  stats.state = state_;
  stats.error = error_;
  stats.connect_time = connect_time_;
  stats.publish_time = publish_time_;
  stats.bytes_sent = earlier_bytes_ + figures.bytes_sent;
  stats.frames_sent = frames_sent_;
  stats.frames_dropped = drops_.total();
  stats.queue_bytes = queue_.bytes();
  stats.queue_age = std::chrono::duration_cast<std::chrono::milliseconds>(queue_.age(now));
  stats.rtt = figures.rtt;
  return stats;
}

}  // namespace multiconn::client
