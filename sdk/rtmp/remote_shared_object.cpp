#include "rtmp/remote_shared_object.hpp"

#include <algorithm>
#include <utility>

namespace multiconn::rtmp {

namespace {

using replica_event::SlotChanged;
using EventKind = SharedObjectEvent::Kind;

// What a slot weighs beside its name and value, so that many empty ones are bounded too.
constexpr std::size_t bookkeeping = 64;
constexpr std::chrono::seconds time_to_succeed{30};

std::size_t weight(std::string_view slot, const AmfValue& value) {
  return bookkeeping + slot.size() + footprint(value);
}

bool meansRefusal(std::string_view code) {
  return code == "SharedObject.NoReadAccess" || code == "SharedObject.ObjectCreationFailed" ||
         code == "SharedObject.BadPersistence";
}

// Of writes: it may be about those of an earlier use, and come while the object is being joined again.
bool concernsWrites(std::string_view code) {
  return code == "SharedObject.NoWriteAccess" || code == "SharedObject.Flush.Failed";
}

}  // namespace

RemoteSharedObject::RemoteSharedObject(std::string name, bool persistent, SharedObjectBounds bounds)
    : name_(std::move(name)), persistent_(persistent), bounds_(bounds) {}

// With version 0 every server sends everything it has. With the last version seen some would send the
// difference only, and a slot that is missing would mean nothing, or send what a restarted server, whose
// versions begin anew, takes for one.
ReplicaReaction RemoteSharedObject::use(bool amf3, TimePoint now) {
  ReplicaReaction reaction;
  use_again_ = state_ == State::joining && !no_answer_;
  if (use_again_) return reaction;
  again_ = state_ == State::joining ? again_ : inUse();
  const std::uint32_t version = version_;
  const bool flush = flushing();
  const std::size_t sends = waiting_sends_, send_bytes = waiting_send_bytes_;
  std::vector<Item> waiting = waitingSends();
  forget();
  version_ = version;
  flush_later_ = flush;
  early_sends_ = std::move(waiting);
  waiting_sends_ = sends;
  waiting_send_bytes_ = send_bytes;
  amf3_ = amf3;
  askAgain(now, reaction);
  return reaction;
}

void RemoteSharedObject::askAgain(TimePoint now, ReplicaReaction& reaction) {
  use_again_ = no_answer_ = false;
  dropConfirmed();
  state_ = State::joining;
  since_ = now;
  reaction.send.push_back(message(0));
  reaction.send.back().events.push_back({EventKind::use, {}, {}, {}, {}});
}

ReplicaReaction RemoteSharedObject::release() {
  ReplicaReaction reaction;
  if (inUse()) {
    reaction.send.push_back(message(version_));
    reaction.send.back().events.push_back({EventKind::release, {}, {}, {}, {}});
  }
  lost();
  return reaction;
}

void RemoteSharedObject::lost() {
  forget();
  state_ = State::idle;
}

void RemoteSharedObject::giveUp() {
  forget();
  state_ = State::refused;
}

ReplicaReaction RemoteSharedObject::handle(const SharedObjectMessage& message, TimePoint now) {
  ReplicaReaction reaction;
  if (!inUse() || finished_) return reaction;
  version_ = message.version;
  forgetOldWrites(now);
  for (const SharedObjectEvent& event : message.events)
    if (inUse()) apply(event, now, reaction);
  if (batchDue() && *batchDue() <= now) sendBatch(now, reaction);
  return reaction;
}

ReplicaReaction RemoteSharedObject::tick(TimePoint now) {
  ReplicaReaction reaction;
  if (finished_) return reaction;
  if (state_ == State::joining && !no_answer_ && now >= since_ + bounds_.join_timeout) {
    no_answer_ = true;
    reaction.events.push_back(replica_event::NoAnswer{});
  }
  if (state_ == State::joined) {
    sendEarlyOnes();
    if (std::exchange(flush_later_, false)) flush();
  }
  if (state_ == State::settling && now >= since_ + bounds_.settle_time) settle(reaction);
  if (outstanding_ > 0 && !held_ && now >= answers_due_) giveUpWaiting(now, reaction);
  if (batchDue() && *batchDue() <= now) sendBatch(now, reaction);
  return reaction;
}

// What a Clear took, and has not come again, has gone.
void RemoteSharedObject::settle(ReplicaReaction& reaction) {
  state_ = State::joined;
  forgetRemoved();
  cleared_bytes_ = 0;
  for (auto& [slot, value] : std::exchange(cleared_, {}))
    reaction.events.push_back(SlotChanged{Kind::changed, slot, value, {}, {}, 0});
  reaction.events.push_back(replica_event::Settled{});
}

std::optional<TimePoint> RemoteSharedObject::wakeAt() const {
  if (finished_) return {};
  if (state_ == State::joining && !no_answer_) return since_ + bounds_.join_timeout;
  if (state_ == State::settling) return since_ + bounds_.settle_time;
  if (state_ == State::joined && (flush_later_ || !early_sends_.empty())) return TimePoint::min();
  const auto due = batchDue();
  if (outstanding_ == 0 || held_) return due;
  return due ? std::min(*due, answers_due_) : answers_due_;
}

SlotValue RemoteSharedObject::confirmed(std::string_view slot) const {
  const auto found = confirmed_.find(slot);
  return found == confirmed_.end() ? SlotValue() : SlotValue(found->second);
}

void RemoteSharedObject::apply(const SharedObjectEvent& event, TimePoint now, ReplicaReaction& reaction) {
  switch (event.kind) {
    case EventKind::use_success:
      return join(now, reaction);
    case EventKind::clear:
      return clear(now, reaction);
    case EventKind::change:
      return change(event.name, slotValue(event.value), now, reaction);
    case EventKind::remove:
      return change(event.name, {}, now, reaction);
    case EventKind::success:
      return succeed(event.name, now, reaction);
    case EventKind::status:
      return status(event, reaction);
    case EventKind::send: {
      const std::string* handler = event.values.empty() ? nullptr : event.values.front().string();
      if (handler && (state_ != State::joining || again_))
        reaction.events.push_back(
            replica_event::Sent{*handler, {event.values.begin() + 1, event.values.end()}});
      return;
    }
    default:  // what clients send; some servers echo it
      return;
  }
}

// Clear, UseSuccess and the slots come in any order: crtmpserver clears first, Red5 afterwards or not at all.
void RemoteSharedObject::join(TimePoint now, ReplicaReaction& reaction) {
  if (state_ != State::joining) return;
  if (use_again_) return askAgain(now, reaction);
  state_ = State::settling;
  since_ = now;
  reaction.events.push_back(replica_event::Joined{});
  for (const auto& [slot, value] : confirmed_)
    reaction.events.push_back(SlotChanged{Kind::snapshot, slot, {}, value, {}, 0});
}

void RemoteSharedObject::clear(TimePoint now, ReplicaReaction& reaction) {
  if (state_ == State::joining) return dropConfirmed();
  if (state_ == State::settling) {
    cleared_bytes_ += bytes_;
    cleared_.merge(confirmed_);
    dropConfirmed();
    if (cleared_bytes_ > bounds_.bytes) refuse(true, reaction);
    return;
  }
  if (confirmed_.empty() && outstanding_ == 0) return;
  reaction.events.push_back(replica_event::Cleared{});
  std::vector<std::string> slots;
  for (const auto& [slot, value] : confirmed_) slots.push_back(slot);
  if (outstanding_ > 0)
    for (const auto& [slot, write] : writes_)
      if (write.open && !confirmed_.contains(slot)) slots.push_back(slot);
  for (const std::string& slot : slots) change(slot, {}, now, reaction);
}

void RemoteSharedObject::change(const std::string& slot, SlotValue after, TimePoint now,
                                ReplicaReaction& reaction) {
  if (slot.size() > bounds_.name_bytes) return refuse(true, reaction);
  if (state_ == State::joining) {
    if (!store(slot, after)) refuse(true, reaction);
    return;
  }
  if (const auto before = cleared_.extract(slot)) {
    cleared_bytes_ -= weight(slot, before.mapped());
    if (!store(slot, before.mapped())) return refuse(true, reaction);
  }
  const auto write = writes_.find(slot);
  if (write != writes_.end() && acknowledges(write->second, after, now))
    return accept(slot, write->second, std::move(after), now, reaction);
  foreignChange(slot, std::move(after), write == writes_.end() ? nullptr : &write->second, reaction);
}

void RemoteSharedObject::foreignChange(const std::string& slot, SlotValue after, Write* write,
                                       ReplicaReaction& reaction) {
  const bool was_open = write && write->open;
  if (was_open) closeWrite(slot, *write);
  SlotChanged changed{Kind::changed, slot, confirmed(slot), std::move(after), {}, 0};
  if (sameValue(changed.before, changed.after)) {
    if (!was_open) return;
    changed.kind = Kind::refused;
    changed.wrote = write->value;
    changed.tag = write->tag;
    return reaction.events.push_back(std::move(changed));
  }
  if (!store(slot, changed.after)) return refuse(true, reaction);
  const auto waiting = queued_.find(slot);
  if (waiting != queued_.end()) {
    const Item& item = queue_.at(waiting->second);
    changed.wrote = item.value;
    changed.tag = item.tag;
    changed.kind = !was_open && sameValue(item.value, changed.after) ? Kind::accepted : Kind::rejected;
    cancel(slot);
  } else if (was_open) {
    changed.wrote = write->value;
    changed.tag = write->tag;
    changed.kind = Kind::rejected;
  } else if (state_ == State::settling && !changed.before && !removed_meanwhile_.contains(slot)) {
    changed.kind = Kind::snapshot;
  }
  if (state_ == State::settling && !changed.after) rememberRemoved(slot);
  reaction.events.push_back(std::move(changed));
}

// It means that the server holds what we wrote last, also when that was thought refused or unanswered; or
// will, when it was for the write before.
void RemoteSharedObject::succeed(const std::string& slot, TimePoint now, ReplicaReaction& reaction) {
  const auto found = writes_.find(slot);
  if (found == writes_.end()) return;
  Write& write = found->second;
  const bool last = --write.successes == 0;
  if (!write.acknowledged || !sameValue(write.value, confirmed(slot)))
    accept(slot, write, write.value, now, reaction);
  if (last) writes_.erase(slot);
}

void RemoteSharedObject::accept(const std::string& slot, Write& write, SlotValue after, TimePoint now,
                                ReplicaReaction& reaction) {
  answer_time_ = (answer_time_ * 7 + (now - write.sent)) / 8;
  answers_ = true;
  closeWrite(slot, write);
  write.acknowledged = true;
  SlotChanged changed{Kind::accepted, slot, confirmed(slot), std::move(after), write.value, write.tag};
  if (!store(slot, changed.after)) return refuse(true, reaction);
  reaction.events.push_back(std::move(changed));
}

// Some servers send the author the Change that everybody gets instead of Success. Behind a Change of somebody
// else it may still come, but not much later: then it is somebody else's again, of the same value.
bool RemoteSharedObject::acknowledges(const Write& write, const SlotValue& after, TimePoint now) const {
  if (write.acknowledged || !sameValue(write.value, after)) return false;
  return write.open || now < write.sent + bounds_.answer_timeout;
}

void RemoteSharedObject::closeWrite(const std::string& slot, Write& write) {
  if (!std::exchange(write.open, false)) return;
  --outstanding_;
  if (write.successes > 0) closed_.emplace_back(write.sent, slot);
}

void RemoteSharedObject::forgetOldWrites(TimePoint now) {
  for (; !closed_.empty() && closed_.front().first + time_to_succeed < now; closed_.pop_front()) {
    const auto write = writes_.find(closed_.front().second);
    if (write != writes_.end() && write->second.sent == closed_.front().first && !write->second.open)
      writes_.erase(write);
  }
}

void RemoteSharedObject::status(const SharedObjectEvent& event, ReplicaReaction& reaction) {
  reaction.events.push_back(replica_event::StatusReceived{event.name, event.level});
  const bool of_joining = state_ == State::joining && event.level == "error" && !concernsWrites(event.name);
  if (meansRefusal(event.name) || of_joining) return refuse(false, reaction);
  if (event.name == "SharedObject.NoWriteAccess") deny(reaction);
}

// The status does not say which slot: it is for the whole batch.
void RemoteSharedObject::deny(ReplicaReaction& reaction) {
  if (outstanding_ == 0) return;
  for (auto& [slot, write] : writes_) {
    if (!write.open) continue;
    closeWrite(slot, write);
    reaction.events.push_back(
        SlotChanged{Kind::denied, slot, confirmed(slot), confirmed(slot), write.value, write.tag});
  }
}

void RemoteSharedObject::refuse(bool too_large, ReplicaReaction& reaction) {
  giveUp();
  reaction.events.push_back(replica_event::Refused{too_large});
}

// False: more than the bounds allow.
bool RemoteSharedObject::store(const std::string& slot, const SlotValue& value) {
  const auto found = confirmed_.find(slot);
  const std::size_t before = found == confirmed_.end() ? 0 : weight(slot, found->second);
  if (!value) {
    bytes_ -= before;
    if (found != confirmed_.end()) confirmed_.erase(found);
    return true;
  }
  bytes_ += weight(slot, *value) - before;
  if (found != confirmed_.end()) {
    found->second = *value;
  } else {
    confirmed_.emplace(slot, *value);
  }
  return bytes_ <= bounds_.bytes && confirmed_.size() <= bounds_.slots;
}

void RemoteSharedObject::dropConfirmed() {
  confirmed_.clear();
  bytes_ = 0;
}

void RemoteSharedObject::rememberRemoved(const std::string& slot) {
  const std::size_t bytes = removed_bytes_ + bookkeeping + slot.size();
  if (removed_meanwhile_.size() >= bounds_.slots || bytes > bounds_.removed_bytes) return;
  if (removed_meanwhile_.insert(slot).second) removed_bytes_ = bytes;
}

void RemoteSharedObject::forgetRemoved() {
  removed_meanwhile_.clear();
  removed_bytes_ = 0;
}

void RemoteSharedObject::forget() {
  dropConfirmed();
  forgetRemoved();
  version_ = 0;
  queue_.clear();
  queued_.clear();
  early_sends_.clear();
  flush_up_to_ = 0;
  flush_later_ = use_again_ = false;
  cleared_.clear();
  cleared_bytes_ = 0;
  waiting_sends_ = waiting_send_bytes_ = 0;
  held_ = finished_ = false;
  writes_.clear();
  closed_.clear();
  outstanding_ = 0;
}

SharedObjectMessage RemoteSharedObject::message(std::uint32_t version) const {
  return {name_, version, persistent_, amf3_, {}};
}

}  // namespace multiconn::rtmp
