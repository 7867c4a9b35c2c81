#include <algorithm>
#include <iterator>
#include <span>
#include <utility>

#include "rtmp/amf0.hpp"
#include "rtmp/remote_shared_object.hpp"

namespace multiconn::rtmp {

namespace {

using EventKind = SharedObjectEvent::Kind;

constexpr unsigned most_tries = 3;
constexpr std::chrono::seconds longest_answer{10};
constexpr std::size_t longest_slot = 65535;

SharedObjectEvent writeEvent(std::string slot, SlotValue value) {
  if (!value) return {EventKind::request_remove, std::move(slot), {}, {}, {}};
  return {EventKind::request_change, std::move(slot), std::move(*value), {}, {}};
}

/// Its size as sent; nothing when it cannot be.
std::optional<std::size_t> bytesOf(std::span<const AmfValue> values, bool amf3) {
  Bytes bytes;
  const Error error = amf3 ? amf0::encodeWithAmf3(values, bytes) : amf0::encode(values, bytes);
  return error == Error::none ? std::optional(bytes.size()) : std::nullopt;
}

SharedObjectEvent sendEvent(std::string handler, std::vector<AmfValue> arguments) {
  arguments.insert(arguments.begin(), AmfValue(std::move(handler)));
  return {EventKind::send, {}, {}, {}, std::move(arguments)};
}

}  // namespace

bool RemoteSharedObject::set(std::string slot, SlotValue value, std::uint64_t tag, TimePoint now) {
  if (state_ != State::joined) return false;
  const auto size = sizeSent(slot, value);
  if (!size) return false;
  const auto waiting = queued_.find(slot);
  if (waiting != queued_.end()) {
    Item& item = queue_.at(waiting->second);
    item.value = std::move(value);
    item.tag = tag;
    item.tries = 0;
    item.bytes = *size;
  } else {
    enqueue({false, std::move(slot), std::move(value), tag, 0, {}, now, *size});
  }
  return true;
}

void RemoteSharedObject::cancel(std::string_view slot) {
  const auto waiting = queued_.find(slot);
  if (waiting == queued_.end()) return;
  queue_.erase(waiting->second);
  queued_.erase(waiting);
}

bool RemoteSharedObject::send(std::string handler, std::vector<AmfValue> arguments, TimePoint now) {
  const bool rejoining = state_ == State::joining && again_;
  if (state_ != State::joined && state_ != State::settling && !rejoining) return false;
  const auto size = bytesOf(arguments, amf3_);
  if (!size || handler.size() + *size > bounds_.value_bytes) return false;
  if (waiting_sends_ >= bounds_.waiting_sends || waiting_send_bytes_ + *size > bounds_.waiting_send_bytes)
    return false;
  ++waiting_sends_;
  waiting_send_bytes_ += *size;
  early_sends_.push_back({true, std::move(handler), {}, 0, 0, std::move(arguments), now, *size});
  if (state_ == State::joined) sendEarlyOnes();
  return true;
}

void RemoteSharedObject::hold(bool hold, TimePoint now) {
  if (held_ && !hold) answers_due_ = std::max(answers_due_, now + bounds_.answer_timeout);
  held_ = hold;
}

void RemoteSharedObject::flush() {
  if (state_ != State::joined) flush_later_ = inUse();
  if (!queue_.empty()) flush_up_to_ = queue_.rbegin()->first;
}

/// What was flushed has not been answered.
bool RemoteSharedObject::flushing() const {
  return flush_later_ || outstanding_ > 0 || (!queue_.empty() && queue_.begin()->first <= flush_up_to_);
}

ReplicaReaction RemoteSharedObject::finish(std::vector<SlotWrite> unsent, TimePoint now) {
  ReplicaReaction reaction;
  if (!inUse() || std::exchange(finished_, true) || held_) return reaction;
  if (use_again_) askAgain(now, reaction);
  for (SlotWrite& each : unsent)
    if (const auto size = sizeSent(each.slot, each.value))
      enqueue({false, std::move(each.slot), std::move(each.value), 0, 0, {}, now, *size});
  sendEarlyOnes();
  outstanding_ = 0;
  sendBatch(now, reaction);
  return reaction;
}

/// Nothing when the connection cannot carry it.
std::optional<std::size_t> RemoteSharedObject::sizeSent(const std::string& slot,
                                                        const SlotValue& value) const {
  if (slot.size() > longest_slot) return {};
  const auto size = value ? bytesOf(std::span(&*value, 1), amf3_) : 0;
  return size && *size <= bounds_.value_bytes ? size : std::nullopt;
}

// What was set while the object was settling is written in answer to Settled: it comes first.
void RemoteSharedObject::sendEarlyOnes() {
  if (early_sends_.empty()) return;
  for (Item& item : std::exchange(early_sends_, {})) enqueue(std::move(item));
  flush();
}

std::vector<RemoteSharedObject::Item> RemoteSharedObject::waitingSends() {
  std::vector<Item> sends;
  for (auto& [order, item] : queue_)
    if (item.is_send) sends.push_back(std::move(item));
  std::move(early_sends_.begin(), early_sends_.end(), std::back_inserter(sends));
  return sends;
}

const SlotValue* RemoteSharedObject::unanswered(std::string_view slot) const {
  const auto found = writes_.find(slot);
  return found == writes_.end() || !found->second.open ? nullptr : &found->second.value;
}

const SlotValue* RemoteSharedObject::queued(std::string_view slot) const {
  const auto found = queued_.find(slot);
  return found == queued_.end() ? nullptr : &queue_.at(found->second).value;
}

void RemoteSharedObject::enqueue(Item item) {
  if (!item.is_send) queued_[item.name] = next_order_;
  queue_.emplace(next_order_++, std::move(item));
}

std::optional<TimePoint> RemoteSharedObject::batchDue() const {
  if (queue_.empty() || held_ || state_ != State::joined) return {};
  const auto& [order, first] = *queue_.begin();
  if (outstanding_ > 0 && !first.is_send) return {};
  if (order <= flush_up_to_) return TimePoint::min();
  if (!interval_) return {};
  return first.queued_at + *interval_;
}

// Each send is a message of its own: crtmpserver gives everybody the very bytes it came in.
void RemoteSharedObject::sendBatch(TimePoint now, ReplicaReaction& reaction) {
  SharedObjectMessage next = message(version_);
  std::size_t in_message = 0, in_batch = 0;
  unsigned tries = 0;
  const bool waiting = outstanding_ > 0;
  const auto finish = [&] {
    if (!next.events.empty()) reaction.send.push_back(std::exchange(next, message(version_)));
    in_message = 0;
  };
  while (!queue_.empty()) {
    Item& item = queue_.begin()->second;
    const std::size_t size = item.name.size() + item.bytes;
    if (!item.is_send && (waiting || (in_batch > 0 && in_batch + size > bounds_.batch_bytes))) break;
    if (item.is_send || in_message + size > bounds_.message_bytes) finish();
    if (item.is_send) {
      next.events.push_back(sendEvent(std::move(item.name), std::move(item.arguments)));
      finish();
      --waiting_sends_;
      waiting_send_bytes_ -= item.bytes;
    } else {
      if (write(item, now, reaction)) next.events.push_back(writeEvent(item.name, std::move(item.value)));
      in_message += size;
      in_batch += size;
      tries = std::max(tries, item.tries);
      queued_.erase(item.name);
    }
    queue_.erase(queue_.begin());
  }
  finish();
  const Duration patience = std::clamp<Duration>(answer_time_ * 4, bounds_.answer_timeout, longest_answer);
  if (!waiting) answers_due_ = now + patience * (1U << tries);
}

// False: there is nothing to remove, and nothing on its way, which crtmpserver would not answer.
bool RemoteSharedObject::write(const Item& item, TimePoint now, ReplicaReaction& reaction) {
  const bool absent = state_ == State::joined && !confirmed_.contains(item.name) && !unanswered(item.name);
  if (!item.value && absent) {
    reaction.events.push_back(
        replica_event::SlotChanged{Kind::accepted, item.name, {}, {}, item.value, item.tag});
    return false;
  }
  ++outstanding_;
  Write& last = writes_[item.name];
  last = {item.value, item.tag, now, item.tries, last.successes + 1, item.bytes};
  return true;
}

// A server that answers others of our writes has lost these: Red5 orders the events of a message by a clock,
// and keeps one of those that get the same time. One that answers none is believed to have taken them.
void RemoteSharedObject::giveUpWaiting(TimePoint now, ReplicaReaction& reaction) {
  for (auto& [slot, write] : writes_) {
    if (!write.open) continue;
    closeWrite(slot, write);
    if (queued_.contains(slot)) continue;
    if (answers_ && write.tries + 1 < most_tries) {
      enqueue({false, slot, write.value, write.tag, write.tries + 1, {}, now, write.bytes});
      continue;
    }
    replica_event::SlotChanged changed{Kind::presumed, slot,        confirmed(slot),
                                       write.value,    write.value, write.tag};
    if (!store(slot, write.value)) return refuse(true, reaction);
    reaction.events.push_back(std::move(changed));
  }
  flush();
}

}  // namespace multiconn::rtmp
