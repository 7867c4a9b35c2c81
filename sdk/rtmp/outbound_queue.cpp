#include "rtmp/outbound_queue.hpp"

#include <utility>

namespace multiconn::rtmp {
namespace {

constexpr std::size_t most_dropped_frames = 4096;

std::size_t sizeOf(const QueuedMessage& message) {
  return message.message.payload ? message.message.payload->size() : 0;
}
bool isVideo(const QueuedMessage& message) {
  return message.kind == QueuedMessage::Class::video;
}
bool isAudio(const QueuedMessage& message) {
  return message.kind == QueuedMessage::Class::audio;
}
bool isKey(const QueuedMessage& message) {
  return message.isKeyframe();
}
bool isDisposable(const QueuedMessage& message) {
  return isVideo(message) && message.frame == FrameKind::disposable;
}
bool isDroppable(const QueuedMessage& message) {
  return isVideo(message) || isAudio(message);
}
std::uint64_t DropCounts::*kindOf(const QueuedMessage& message) {
  if (isAudio(message)) return &DropCounts::audio;
  if (message.frame == FrameKind::disposable) return &DropCounts::disposable;
  return message.frame == FrameKind::inter ? &DropCounts::inter : &DropCounts::key;
}

}  // namespace

void OutboundQueue::push(QueuedMessage message) {
  if (waiting_for_key_ && isKey(message)) waiting_for_key_ = false;
  if (waiting_for_key_ && !bounds_.lossless && isVideo(message)) return count(message);
  const TimePoint now = message.queued_at;
  bytes_ += sizeOf(message);
  messages_.push(std::move(message));
  skipUndroppable();
  relieve(now);
}

void OutboundQueue::pop() {
  bytes_ -= sizeOf(messages_.front());
  messages_.pop();
  if (undroppable_ > 0) --undroppable_;
  skipUndroppable();
}

void OutboundQueue::clear() {
  messages_.clear();
  undroppable_ = 0;
  bytes_ = 0;
  waiting_for_key_ = false;
}

Duration OutboundQueue::age(TimePoint now) const {
  return messages_.empty() ? Duration::zero() : now - messages_.front().queued_at;
}

std::uint64_t OutboundQueue::firstNumber() const {
  const std::size_t first = find(0, [](const QueuedMessage& m) { return m.number != 0; });
  return first == messages_.size() ? 0 : messages_[first].number;
}

DropCounts OutboundQueue::takeDropped() {
  return std::exchange(dropped_, {});
}

// Only what may be dropped counts for age: a command that cannot leave must not cost every frame behind it.
bool OutboundQueue::over(TimePoint now) const {
  return undroppable_ < messages_.size() && (overBytes() || tooOld(messages_[undroppable_], now));
}

void OutboundQueue::relieve(TimePoint now) {
  if (bounds_.lossless || !over(now)) return;
  dropIf([&](const QueuedMessage& m) { return isDisposable(m) && (overBytes() || tooOld(m, now)); });
  while (dropOldestGroup(now)) {
  }
  dropIf([&](const QueuedMessage& m) { return isAudio(m) && (overBytes() || tooOld(m, now)); });
}

// True when something was dropped, and there may be more to drop.
bool OutboundQueue::dropOldestGroup(TimePoint now) {
  const std::size_t first = find(0, isVideo);
  if (first == messages_.size() || !(overBytes() || tooOld(messages_[first], now))) return false;
  const std::size_t next_key = find(first + 1, isKey);
  waiting_for_key_ = next_key == messages_.size();
  std::size_t index = 0;
  dropIf([&](const QueuedMessage& m) { return index++ < next_key && isVideo(m); });
  return true;
}

template <typename Predicate>
std::size_t OutboundQueue::find(std::size_t from, Predicate predicate) const {
  while (from < messages_.size() && !predicate(messages_[from])) ++from;
  return from;
}

template <typename Predicate>
void OutboundQueue::dropIf(Predicate predicate) {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < messages_.size(); ++i) {
    QueuedMessage& message = messages_[i];
    if (predicate(std::as_const(message))) {
      bytes_ -= sizeOf(message);
      count(message);
    } else {
      if (kept != i) messages_[kept] = std::move(message);
      ++kept;
    }
  }
  messages_.truncate(kept);
  undroppable_ = 0;
  skipUndroppable();
}

// Each message is passed once on its way to the front, so that this costs nothing on average.
void OutboundQueue::skipUndroppable() {
  while (undroppable_ < messages_.size() && !isDroppable(messages_[undroppable_])) ++undroppable_;
}

void OutboundQueue::count(const QueuedMessage& message) {
  const auto kind = kindOf(message);
  ++(dropped_.*kind);
  if (message.number == 0) return;
  if (dropped_frames_.size() == most_dropped_frames)
    dropped_frames_.erase(dropped_frames_.begin(), dropped_frames_.begin() + most_dropped_frames / 2);
  dropped_frames_.push_back({message.number, kind});
}

}  // namespace multiconn::rtmp
