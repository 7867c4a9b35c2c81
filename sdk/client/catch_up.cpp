#include "client/catch_up.hpp"

#include <utility>

namespace multiconn::client {

namespace {

using Class = rtmp::QueuedMessage::Class;

constexpr std::chrono::milliseconds at_once{1000};
constexpr int times_real_time = 4;
// A server waits for a keyframe as long as it does not come, and each picture until then is one.
constexpr std::size_t most_ranges = 4096;

}  // namespace

CatchUp CatchUp::from(const ResumeRing& ring, const Wanted& wanted) {
  CatchUp made;
  made.wanted_ = wanted;
  made.begun_ = made.settled_ = wanted;
  made.next_ = wanted.first;
  made.beginAnew(ring);
  return made;
}

CatchUp CatchUp::newest(const ResumeRing& ring) {
  const ResumeRing::Group* const group = ring.newestGroup();
  CatchUp made;
  made.start(ring, group && group->key ? group : nullptr);
  made.wanted_ = {made.next_, ring.framesBefore(made.next_)};
  made.begun_ = made.settled_ = made.wanted_;
  return made;
}

CatchUp CatchUp::live(const ResumeRing& ring, const Wanted& wanted) {
  CatchUp made;
  made.wanted_ = wanted;
  made.begun_ = made.settled_ = wanted;
  made.start(ring, nullptr);
  made.miss(ring, made.next_);
  return made;
}

CatchUp CatchUp::without(const ResumeRing& ring, std::uint64_t number) {
  CatchUp made;
  made.next_ = number;
  made.wanted_ = {number, ring.framesBefore(number)};
  made.begun_ = made.settled_ = made.wanted_;
  made.head_due_ = false;
  made.waits_for_key_ = true;
  return made;
}

void CatchUp::beginAnew(const ResumeRing& ring) {
  const ResumeRing::Group* group = ring.groupOf(next_);
  if (!group) group = ring.newestGroup();
  start(ring, group);
  miss(ring, next_);
}

// The first group is what every server began with. Another one without a keyframe says nothing about the
// pictures that may follow in it, where there are any.
void CatchUp::start(const ResumeRing& ring, const ResumeRing::Group* group) {
  next_ = group ? group->first : ring.next();
  head_ = group ? group->head : nullptr;
  head_due_ = true;
  const bool decodable = group && (group->key || group->first == 1);
  waits_for_key_ = ring.hasVideo() && !decodable;
  started_.reset();
}

void CatchUp::miss(const ResumeRing& ring, std::uint64_t until) {
  if (until <= wanted_.first) return;
  const rtmp::DropCounts before = ring.framesBefore(until);
  const rtmp::DropCounts frames = before - wanted_.before;
  missed_ += frames;
  if (frames.total() > 0) {
    // Nothing was sent since the last ones: they are told apart no more.
    if (!ranges_.empty() && settled_.first == wanted_.first) {
      ranges_.back().counts += frames;
    } else {
      if (ranges_.size() == most_ranges) ranges_.pop_front();
      ranges_.push_back({wanted_.first, frames});
    }
  }
  wanted_ = {until, before};
  settled_ = wanted_;
}

bool CatchUp::advance(const ResumeRing& ring, rtmp::TimePoint now, bool paced, CatchUpSink& sink) {
  while (next_ < ring.next()) {
    const ResumeRing::Entry* const entry = ring.find(next_);
    if (!entry) {
      beginAnew(ring);
      continue;
    }
    if (!sink.room(entry->message.message.payload->size()) || (paced && !due(*entry, now))) return false;
    sendHead(ring, now, sink);
    pass(ring, entry->message, now, sink);
  }
  sendHead(ring, now, sink);
  return !waits_for_key_;
}

bool CatchUp::follow(const ResumeRing& ring, const rtmp::QueuedMessage& message, CatchUpSink& sink) {
  if (!waits_for_key_ || head_due_ || next_ != message.number) return false;
  pass(ring, message, message.queued_at, sink);
  return !waits_for_key_ && next_ == ring.next();
}

std::pair<rtmp::DropCounts, std::vector<MissedFrames>> CatchUp::takeLeftOut() {
  if (!leaves_out_) return {};
  auto frames = missedFrames();
  ranges_.clear();
  return {std::exchange(missed_, {}), std::move(frames)};
}

rtmp::DropCounts CatchUp::missedUntil(const ResumeRing& ring, std::uint64_t end) const {
  rtmp::DropCounts missed = missed_;
  if (end > wanted_.first) missed += ring.framesBefore(end) - wanted_.before;
  return missed;
}

rtmp::DropCounts CatchUp::missedBefore(std::uint64_t number) const {
  rtmp::DropCounts missed = missed_;
  for (const MissedFrames& range : ranges_)
    if (range.first >= number) missed = missed - range.counts;
  return missed;
}

void CatchUp::sendHead(const ResumeRing& ring, rtmp::TimePoint now, CatchUpSink& sink) {
  if (!std::exchange(head_due_, false)) return;
  const ResumeRing::Entry* const entry = ring.find(next_);
  const auto head = std::exchange(head_, nullptr);
  const std::uint32_t timestamp = entry ? entry->message.message.timestamp : ring.newestTimestamp();
  (head ? *head : ring.head()).send(timestamp, now, [&](const auto& message) { sink.send(message); });
}

// What is sent waits in the server's own queue from now on; but with a keyframe the server may have changed
// its connection, which ends in beginAnew(), and it was not sent. What is wanted never stands before next_.
void CatchUp::pass(const ResumeRing& ring, const rtmp::QueuedMessage& message, rtmp::TimePoint now,
                   CatchUpSink& sink) {
  const bool video = message.kind == Class::video;
  const bool refused = !sink.takes(message);
  const bool useless = video && waits_for_key_ && message.frame != FrameKind::key;
  leaves_out_ = leaves_out_ || refused;
  if (video && refused) waits_for_key_ = true;
  if (useless || refused) return miss(ring, ++next_);
  if (video) waits_for_key_ = false;
  if ((video || message.kind == Class::audio) && !resumed_at_) resumed_at_ = message.message.timestamp;
  rtmp::QueuedMessage own = message;
  own.queued_at = now;
  sink.send(own);
  if (head_due_) return;
  ++next_;
  if (next_ > wanted_.first) {
    wanted_.first = next_;
    wanted_.before += framesIn(message);
  }
}

bool CatchUp::due(const ResumeRing::Entry& entry, rtmp::TimePoint now) {
  if (!started_) {
    started_ = now;
    pace_ = entry.pace;
  }
  return entry.pace - pace_ <= at_once + (now - *started_) * times_real_time;
}

}  // namespace multiconn::client
