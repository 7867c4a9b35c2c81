#include "client/resume_ring.hpp"

#include <algorithm>
#include <utility>

namespace multiconn::client {

namespace {

using Class = rtmp::QueuedMessage::Class;

constexpr std::chrono::milliseconds audio_group{1000};
// Without a picture for so long the sound goes on alone.
constexpr std::chrono::milliseconds video_pause{2000};
constexpr std::chrono::milliseconds longest_step{1000};
// What a message weighs beside its body, so that many tiny ones are bounded too.
constexpr std::size_t bookkeeping = 128;

std::size_t sizeOf(const rtmp::QueuedMessage& message) {
  return bookkeeping + (message.message.payload ? message.message.payload->size() : 0);
}

std::size_t trackOf(const rtmp::OutMessage& message) {
  return static_cast<std::size_t>(message.type == rtmp::MessageType::video ? Track::video : Track::audio);
}

}  // namespace

void StreamHead::send(std::uint32_t timestamp, rtmp::TimePoint now,
                      const std::function<void(const rtmp::QueuedMessage&)>& each) const {
  const auto at_start = [&](const rtmp::OutMessage& message, Class kind) {
    rtmp::QueuedMessage queued{message, kind, FrameKind::key, now};
    queued.message.timestamp = timestamp;
    each(queued);
  };
  for (const auto& [name, message] : data_frames) at_start(message, Class::control);
  if (metadata) at_start(*metadata, Class::control);
  for (const Track track : {Track::video, Track::audio})
    if (const auto& config = configs[static_cast<std::size_t>(track)]) at_start(*config, Class::config);
}

void ResumeRing::push(const rtmp::QueuedMessage& message) {
  keepTime(message);
  if (begins(message)) {
    const bool key = message.kind == Class::video;
    groups_.push({next(), key, head_, message.queued_at});
    group_pace_ = pace_;
  }
  keep(message);
  tally_.push(message);
  trim(message.queued_at);
  note(message);
}

// Data before the first frame know nothing of the time at which that begins, which may be behind theirs.
void ResumeRing::keepTime(const rtmp::QueuedMessage& message) {
  newest_at_ = message.queued_at;
  const bool first_media = message.kind != Class::control && !std::exchange(has_media_, true);
  if (first_media || next() == 1) newest_timestamp_ = message.message.timestamp;
  const std::int64_t step = static_cast<std::int32_t>(message.message.timestamp - newest_timestamp_);
  pace_ += std::clamp(std::chrono::milliseconds(step), std::chrono::milliseconds(0), longest_step);
  if (step > 0) newest_timestamp_ = message.message.timestamp;
}

bool ResumeRing::keyIsOld() const {
  return has_video_ && !groups_.empty() && newest_at_ - groups_.back().began > bounds_.age;
}

bool ResumeRing::isRecent(std::uint64_t number) const {
  if (!groupOf(number)) return false;
  const Entry* const entry = find(number);
  return entry ? newest_at_ - entry->message.queued_at <= bounds_.age : number == next();
}

const ResumeRing::Entry* ResumeRing::find(std::uint64_t number) const {
  if (number < first_ || number - first_ >= entries_.size()) return nullptr;
  return &entries_[number - first_];
}

const ResumeRing::Group* ResumeRing::groupOf(std::uint64_t number) const {
  std::size_t low = 0, high = groups_.size();  // the first group that begins behind it
  while (low < high) {
    const std::size_t middle = (low + high) / 2;
    if (groups_[middle].first <= number)
      low = middle + 1;
    else
      high = middle;
  }
  return low == 0 ? nullptr : &groups_[low - 1];
}

std::uint64_t ResumeRing::bytesFrom(std::uint64_t number) const {
  const Entry* const entry = find(number);
  return entry ? bytes_ - entry->bytes_before : 0;
}

std::uint64_t ResumeRing::bytesPerSecond() const {
  if (entries_.empty()) return 0;
  const std::chrono::milliseconds span =
      std::max(pace_ - entries_.front().pace, std::chrono::milliseconds(1));
  return bytesFrom(first_) * 1000 / static_cast<std::uint64_t>(span.count());
}

// Heads of groups are shared, and stay as they are.
StreamHead& ResumeRing::change() {
  if (head_.use_count() > 1) head_ = std::make_shared<StreamHead>(*head_);
  return *head_;
}

bool ResumeRing::begins(const rtmp::QueuedMessage& message) const {
  if (next() == 1) return true;
  if (message.kind == Class::video) return message.frame == FrameKind::key;
  if (message.kind != Class::audio) return false;
  if (has_video_ && pace_ - video_pace_ < video_pause) return false;
  return groups_.empty() || pace_ - group_pace_ >= audio_group;
}

void ResumeRing::note(const rtmp::QueuedMessage& message) {
  if (message.message.type == rtmp::MessageType::video) {
    has_video_ = true;
    video_pace_ = pace_;
  }
  if (message.kind == Class::config) change().configs[trackOf(message.message)] = message.message;
}

void ResumeRing::keep(const rtmp::QueuedMessage& message) {
  const bool needed = keep_from_ && *keep_from_ <= next();
  if (entries_.empty()) first_ = next();
  if (!groups_.empty() || needed) entries_.push({message, pace_, bytes_});
  bytes_ += sizeOf(message);
}

void ResumeRing::trim(rtmp::TimePoint now) {
  while (!groups_.empty() && mayForgetOldest(now)) groups_.pop();
  forgetEntries();
}

bool ResumeRing::mayForgetOldest(rtmp::TimePoint now) const {
  const bool too_many = bytesFrom(groups_.front().first) > bounds_.bytes;
  if (groups_.size() == 1) return too_many;
  const Group& second = groups_[1];
  if (keep_from_ && second.first > *keep_from_) return false;
  return too_many || now - second.began >= bounds_.age;
}

void ResumeRing::forgetEntries() {
  std::uint64_t needed = groups_.empty() ? next() : groups_.front().first;
  if (keep_from_) needed = std::min(needed, *keep_from_);
  for (; first_ < needed && !entries_.empty(); ++first_) entries_.pop();
}

}  // namespace multiconn::client
