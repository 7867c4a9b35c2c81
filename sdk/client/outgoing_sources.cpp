// The part of an OutgoingStream that deals with its sources: when they start, and what it means that they
// end.
#include <algorithm>
#include <utility>

#include "client/outgoing_stream.hpp"
#include "client/sentence.hpp"
#include "client/status_codes.hpp"

namespace multiconn::client {

namespace {

// A camera does not wait long for the second server once the first one publishes; what it shows meanwhile is
// cached.
constexpr std::chrono::milliseconds live_grace{500};

}  // namespace

void OutgoingStream::awaitStart() {
  if (!request_ || !connect_called_at_) return;
  const rtmp::TimePoint deadline = std::max(request_->asked_at, *connect_called_at_) + options_.setup_timeout;
  const rtmp::Duration left = std::max(deadline - scheduler_.now(), rtmp::Duration::zero());
  start_timer_ = scheduler_.after(left, [this] { startSourcesWhenReady(); });
  startSourcesWhenReady();
  reportAllLost();
}

// Sources begin together, since the tracks of one file wait for each other.
void OutgoingStream::startSourcesWhenReady() {
  if (!request_ || !connect_called_at_ || asking_ || sources_started_ || finishing() || publishing() == 0)
    return;
  const rtmp::TimePoint now = scheduler_.now();
  const bool in_time = now < std::max(request_->asked_at, *connect_called_at_) + options_.setup_timeout;
  const bool late_for_live =
      !anyFeed(&SourceFeed::waits) && first_start_ && now >= *first_start_ + live_grace;
  if (!anyOnItsWay() || !in_time || late_for_live) return startSources();
  if (grace_timer_) return;
  grace_timer_ = scheduler_.after(live_grace, [this] {
    grace_timer_.reset();
    startSourcesWhenReady();
  });
}

void OutgoingStream::startSources() {
  sources_started_ = true;
  start_timer_.reset();
  grace_timer_.reset();
  if (anyFeed(&SourceFeed::attached)) sendMetadata();
  for (const auto& feed : feeds_) feed->start(++last_feed_);
}

// NetStream.time stands still without a source, and jumps by that time when there is one again; so does what
// players see.
void OutgoingStream::noteIdleness(bool was_attached, bool is_attached) {
  if (was_attached && !is_attached) idle_since_ = scheduler_.now();
  if (is_attached && idle_since_) endIdleness();
}

void OutgoingStream::endIdleness() {
  const rtmp::Duration idle = scheduler_.now() - *std::exchange(idle_since_, std::nullopt);
  broadcast_->skip(std::chrono::duration_cast<std::chrono::milliseconds>(idle));
  intake_.time(broadcast_->time());
}

void OutgoingStream::sourceEnded(FeedId from, const std::string& error) {
  const auto found =
      std::find_if(feeds_.begin(), feeds_.end(), [&](const auto& feed) { return feed->is(from); });
  if (found == feeds_.end() || !(*found)->active()) return;
  (*found)->ended();
  if (!error.empty()) events_.streamStatus({code::source_failed, "error", sentence(error), {}, {}, {}});
  if (!anyFeed(&SourceFeed::active)) sourcesCompleted();
}

// Bounds stay as they are: what a source that could wait has queued must not be dropped now.
void OutgoingStream::sourcesCompleted() {
  broadcast_->release(scheduler_.now());
  settle(0);
  events_.streamStatus({code::source_complete, "status", "Every source has ended.", {}, {}, {}});
}

void OutgoingStream::reportAllLost() {
  const auto& peers = servers_.peers();
  // A silent spare may take over yet, also one that is still to come.
  const auto lost = [](const auto& peer) {
    return peer->gone() || (peer->settled() && !peer->publishing() && !peer->silent());
  };
  if (all_lost_reported_ || asking_ || !request_ || !connect_called_at_ || servers_.closing()) return;
  if (!std::all_of(peers.begin(), peers.end(), lost)) return;
  all_lost_reported_ = true;
  events_.streamStatus({code::publish_all_lost, "error", "No server takes the stream.", {}, {}, {}});
}

}  // namespace multiconn::client
