// The part of a Peer that moves media: its queue, its figures, and whether it keeps up.
#include <algorithm>
#include <utility>

#include "client/peer.hpp"
#include "client/status_codes.hpp"

namespace multiconn::client {

namespace {

// Of figures that are shown; statuses may come in swarms.
constexpr std::chrono::milliseconds figures_last{20};
// Of a queue that drops no frames.
constexpr std::size_t most_with_data = 64 * 1024 * 1024;
// A stream whose next keyframe does not come has to change over without one.
constexpr std::chrono::seconds longest_wait_for_key{10};

}  // namespace

void Peer::bounds(const Bounds& bounds) {
  bounds_ = bounds;
  held_.bounds(bounds);
  if (connection_) connection_->bounds(bounds);
  left_.bounds(bounds);
}

void Peer::send(const rtmp::QueuedMessage& message) {
  if (!publishing()) return;
  if (message.isKeyframe() && ready_at_ && publish_ == Publish::publishing) return exchange();
  if (message.kind == rtmp::QueuedMessage::Class::video) has_video_ = true;
  if (tooMuchData(message)) return drops_.addData();
  transmit(message);
}

void Peer::sayLeftOut(std::size_t bytes) {
  sayStream(identity_.status(
      code::buffer_dropped, "warning",
      "A frame of " + std::to_string(bytes) +
          " bytes is left out, and the pictures up to the next keyframe: the server ends the "
          "connection at one of " +
          std::to_string(frame_limit_.refused()) +
          " bytes; it may take none that long (nginx-rtmp: max_message)."));
}

// Messages differ between servers by their stream id alone; the payload is shared.
void Peer::transmit(const rtmp::QueuedMessage& message) {
  if (publish_ == Publish::moving) {
    held_.push(message);
  } else if (connection_) {
    rtmp::QueuedMessage own = message;
    own.message.stream_id = stream_id_;
    connection_->send(std::move(own));
  }
  collectDrops(message.queued_at);
}

// The queue drops frames, but neither metadata nor what the application sends with them.
bool Peer::tooMuchData(const rtmp::QueuedMessage& message) const {
  if (message.message.type != rtmp::MessageType::data_amf0) return false;
  return queuedHere() > (bounds_.lossless ? std::max(bounds_.bytes, most_with_data) : bounds_.bytes);
}

void Peer::dropMedia() {
  retry_timer_.cancel();
  held_.clear();
  if (connection_) connection_->dropMedia();
}

void Peer::missed(const rtmp::DropCounts& counts, const std::vector<MissedFrames>& numbers) {
  drops_.addMissed(counts, numbers);
  collectDrops(host_.scheduler().now());
}

void Peer::tick(rtmp::TimePoint now, std::optional<std::chrono::milliseconds> patience,
                std::chrono::microseconds round_trip) {
  reportPiledUp(now);
  left_.tick(now, patience);
  // What nobody pushes behind grows too old as well. A server that is waited for loses nothing.
  if (publishing() && !patience) {
    held_.relieve(now);
    if (connection_) connection_->relieve(now);
  }
  if (!gone()) collectDrops(now);
  noteHealth(now);
  if (publishing()) measure(now);
  if (diesInSilence(now, round_trip) || !publishing()) return;
  if (ready_at_ && now - *ready_at_ >= longest_wait_for_key) exchange();
  if (patience || options_.reconnect.enabled)
    giveUpStalled(now, patience.value_or(options_.stall_timeout), patience.has_value());
  else
    progress_.restart(now);
}

// Of a live broadcast too: a server that lives, but takes nothing, may take something again when it is asked
// anew.
void Peer::giveUpStalled(rtmp::TimePoint now, std::chrono::milliseconds patience, bool waited_for) {
  if (progress_.without(now, figures(now, DeadPeer::figures_age), queuedHere()) < patience) return;
  const std::string why =
      "The server took nothing for " + std::to_string(patience.count()) + " ms" +
      (waited_for ? " while the source waited for it, and was given up." : ", and was given up.");
  if (publish_ != Publish::moving || !fallBack(why)) return giveUp(code::publish_stalled, why);
  progress_.restart(now);
}

void Peer::measure(rtmp::TimePoint now) {
  if (!connection_) return;
  const net::LinkStats& latest = figures(now, DeadPeer::figures_age);
  BandwidthSample sample;
  sample.now = now;
  sample.offered = connection_->offered();
  sample.acknowledged = latest.acknowledged();
  sample.waiting = connection_->queued() + latest.unsent;
  sample.age = connection_->queueAge(now);
  if (!latest.delivery_limited_by_us) sample.delivery_rate = latest.delivery_rate;
  bandwidth_.sample(sample);
}

void Peer::collectDrops(rtmp::TimePoint now) {
  drops_.collect(held_);
  if (connection_) drops_.collect(*connection_);
  if (auto text = drops_.take(now))
    events_.streamStatus(identity_.status(code::buffer_dropped, "warning", std::move(*text)));
}

void Peer::reportPiledUp(rtmp::TimePoint now) {
  const auto count = statuses_.report(now);
  if (!count) return;
  events_.connectionStatus(identity_.status(
      code::status_suppressed, "warning",
      "The server says more than 50 things in a second; " + std::to_string(*count) + " were left out."));
}

ServerStats Peer::stats(rtmp::TimePoint now) {
  const net::LinkStats& latest = figures(now, figures_last);
  Sent sent = earlier_;
  sent += Sent{latest.bytes_sent, connection_ ? connection_->framesSent() : 0};
  if (relocation_) sent += relocation_->sent();
  sent += left_.sent();
  if (dialer_) sent += dialer_->wasted();
  const rtmp::Duration age = std::max({held_.age(now), left_.queueAge(now),
                                       connection_ ? connection_->queueAge(now) : rtmp::Duration::zero()});
  ServerStats stats;
  stats.id = identity_.id;
  stats.url = identity_.url;
  stats.state = state_;
  stats.error = error_;
  stats.connect_time = connect_time_;
  stats.publish_time = publish_time_;
  stats.bytes_sent = sent.bytes;
  stats.frames_sent = sent.frames;
  stats.frames_dropped = drops_.totals().total();
  stats.dropped = {drops_.totals().disposable, drops_.totals().inter, drops_.totals().key,
                   drops_.totals().audio};
  stats.queue_bytes = queued();
  stats.queue_age = std::chrono::duration_cast<std::chrono::milliseconds>(age);
  stats.rtt = latest.rtt;
  if (publishing()) stats.bandwidth = bandwidth_.bitsPerSecond();
  stats.standby = silent_;
  stats.attempts = comeback_.backoff.attempts();
  stats.retry_in = comeback_.remaining(now);
  if (connection_number_ > 1) stats.reconnects = static_cast<std::uint32_t>(connection_number_ - 1);
  return stats;
}

}  // namespace multiconn::client
