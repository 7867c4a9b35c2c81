#include "origin/outbox.hpp"

#include <algorithm>
#include <utility>

#include "net/message_pump.hpp"

namespace multiconn::origin {
namespace {

constexpr std::size_t max_answer_bytes = 1024 * 1024;
// Status messages and configuration records are never dropped: this much of them above a queue's bound is the
// end.
constexpr std::size_t lane_slack = 4 * 1024 * 1024;
constexpr std::size_t max_lane_messages = 65536;
constexpr std::size_t drained_mark = 256 * 1024;

}  // namespace

void Outbox::send(std::vector<rtmp::OutMessage> answers) {
  pump_.cork();
  for (rtmp::OutMessage& answer : answers) send(std::move(answer));
  pump_.uncork();
}

void Outbox::send(rtmp::OutMessage answer) {
  if (flushAnswers() && trySend(answer)) return;
  count(answer, true);
  answers_.push_back(std::move(answer));
  if (answer_bytes_ > max_answer_bytes || object_bytes_ > most_object_bytes_) overflowed_();
}

void Outbox::count(const rtmp::OutMessage& answer, bool added) {
  const bool object = answer.type == rtmp::MessageType::shared_object_amf0 ||
                      answer.type == rtmp::MessageType::shared_object_amf3;
  std::size_t& bytes = object ? object_bytes_ : answer_bytes_;
  const std::size_t size = answer.payload->size() + sizeof answer;
  bytes = added ? bytes + size : bytes - size;
}

void Outbox::writable() {
  blocked_ = false;
  if (flushAnswers()) flushLanes();
}

bool Outbox::empty() const {
  return answers_.empty() && !blocked_ && lanesEmpty();
}

bool Outbox::trySend(const rtmp::OutMessage& message) {
  if (blocked_) return false;
  blocked_ = !pump_.trySend(message);
  return !blocked_;
}

bool Outbox::flushAnswers() {
  while (!answers_.empty() && trySend(answers_.front())) {
    count(answers_.front(), false);
    answers_.pop_front();
  }
  return answers_.empty();
}

void Outbox::flushLanes() {
  for (std::size_t idle = 0; idle < lanes_.size();) {
    Lane& lane = *lanes_[next_lane_ % lanes_.size()];
    if (lane.queue_.empty()) {
      ++idle;
    } else {
      if (!trySend(lane.queue_.front().message)) return;
      lane.sent();
      idle = 0;
    }
    ++next_lane_;
  }
}

bool Outbox::lanesEmpty() const {
  return std::all_of(lanes_.begin(), lanes_.end(), [](const Lane* lane) { return lane->queue_.empty(); });
}

Lane::Lane(Outbox& outbox, rtmp::OutboundQueue::Bounds bounds, std::function<void()> drained)
    : outbox_(outbox), bounds_(bounds), queue_(bounds), drained_(std::move(drained)) {
  outbox_.lanes_.push_back(this);
}

Lane::~Lane() {
  std::erase(outbox_.lanes_, this);
}

void Lane::send(const rtmp::QueuedMessage& message) {
  if (queue_.empty() && outbox_.answers_.empty() && outbox_.trySend(message.message)) return;
  queue_.push(message);
  if (queue_.bytes() > bounds_.bytes + widened_ + lane_slack || queue_.size() > max_lane_messages) {
    outbox_.overflowed_();
  }
}

void Lane::send(std::vector<rtmp::OutMessage> statuses, rtmp::TimePoint now) {
  outbox_.pump_.cork();
  for (rtmp::OutMessage& status : statuses) {
    rtmp::QueuedMessage message;
    message.message = std::move(status);
    message.queued_at = now;
    send(message);
  }
  outbox_.pump_.uncork();
}

void Lane::widen(std::size_t bytes) {
  widened_ = bytes;
  auto wider = bounds_;
  wider.bytes += bytes;
  queue_.bounds(wider);
}

bool Lane::hasRoom() const {
  return queue_.bytes() < drained_mark;
}

void Lane::sent() {
  queue_.pop();
  if (queue_.empty() && widened_ != 0) {
    widened_ = 0;
    queue_.bounds(bounds_);
  }
  if (drained_ && hasRoom()) drained_();
}

}  // namespace multiconn::origin
