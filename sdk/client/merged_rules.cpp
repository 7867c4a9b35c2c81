#include <algorithm>

#include "client/merged_object.hpp"
#include "client/merged_sync.hpp"

// What becomes of the view when a server says something, and what the servers get from it.
namespace multiconn::client {

using rtmp::sameValue;
using rtmp::SlotValue;
using rtmp::TimePoint;
using Kind = rtmp::replica_event::SlotChanged::Kind;

namespace {

// A server that refuses a write this often, with nothing else having changed, is not asked again.
constexpr unsigned most_refusals = 3;

// Two relaying clients would undo each other's work for ever if they kept step: from the second time on each
// waits for a while that is left to chance, and longer each time.
constexpr std::chrono::seconds contention_window{5};
constexpr std::chrono::milliseconds shortest_wait{40};
constexpr unsigned most_doublings = 6;

bool isOwn(std::uint64_t tag) {
  return (tag & 1) != 0;
}
std::uint64_t sequenceOf(std::uint64_t tag) {
  return tag >> 1;
}

}  // namespace

void MergedObject::Sync::finish() {
  for (const std::string& slot : touched_) {
    object_.reconcile(slot, now);
    object_.forgetRemoved(slot);
  }
  if (cleared_ && object_.present_ == 0) {
    std::erase_if(changes_, [](const Change& change) { return change.code == Change::Code::deleted; });
    changes_.insert(changes_.begin(), {Change::Code::clear, {}, nullptr, id});
  }
  if (joined_ || !changes_.empty()) object_.events_.synced(id, std::move(changes_));
}

void MergedObject::changed(Sync& sync, const SlotChanged& event) {
  sync.touch(event.slot);
  switch (event.kind) {
    case Kind::snapshot:
      return snapshot(sync, event);
    case Kind::changed:
    case Kind::rejected:
      return foreign(sync, event);
    case Kind::accepted:
    case Kind::presumed:
      return accepted(sync, event);
    case Kind::refused:
    case Kind::denied:
      return refusedWrite(sync, event);
  }
}

void MergedObject::foreign(Sync& sync, const SlotChanged& event) {
  sync.server.held.erase(event.slot);
  const bool rejects = event.kind == Kind::rejected && isOwn(event.tag);
  if (rejects) sync.report(Change::Code::reject, event.slot, event.wrote);
  const auto found = entries_.find(event.slot);
  const SlotValue shown = value(event.slot);
  if (sameValue(shown, event.after)) return;
  if (found != entries_.end()) {
    noteContention(event.slot, found->second, sync.server, sync.now);
    if (!winsOver(found->second, sync.id, event)) return;
  }
  take(sync, event);
  if (!rejects)
    sync.report(event.after ? Change::Code::change : Change::Code::deleted, event.slot,
                event.after ? shown : SlotValue());
}

// Without relay nobody brings the servers together, and what was heard last is shown.
bool MergedObject::winsOver(const Entry& entry, ServerId id, const SlotChanged& event) const {
  const bool later = event.kind == Kind::changed && sameValue(event.before, entry.value);
  return !relay_ || later || !entry.author || id <= *entry.author;
}

void MergedObject::snapshot(Sync& sync, const SlotChanged& event) {
  const auto found = entries_.find(event.slot);
  const SlotValue shown = value(event.slot);
  if (found != entries_.end()) {
    if (sameValue(shown, event.after)) return;
    if (!snapshotWins(event.slot, found->second, sync.id, sync.server, event)) return;
  }
  take(sync, event);
  sync.report(Change::Code::change, event.slot, shown);
}

// A server that was never seen has old news: against another's old news the place in the list decides. One
// that comes back is right about what was changed only there.
bool MergedObject::snapshotWins(const std::string& slot, const Entry& entry, ServerId id,
                                const Server& server, const SlotChanged& event) const {
  if (!server.seen) return entry.author && entry.from_snapshot && id < *entry.author;
  const auto held = server.held.find(slot);
  if (held == server.held.end()) return !relay_ && entry.author;
  const Held& before = held->second;
  const bool unchanged_there = sameValue(before.value, event.after) ||
                               (before.on_its_way && sameValue(*before.on_its_way, event.after));
  const bool plain = !relay_ && entry.author;
  return !unchanged_there && (plain || before.sequence == entry.sequence);
}

void MergedObject::accepted(Sync& sync, const SlotChanged& event) {
  const bool own = isOwn(event.tag);
  if (own && event.kind == Kind::accepted) sync.report(Change::Code::success, event.slot, {});
  const auto found = entries_.find(event.slot);
  if (found == entries_.end()) {
    if (event.after) take(sync, event);
    return;
  }
  // It had been overruled there, and was applied on top of that after all.
  const bool back = found->second.author == sync.id && sameValue(found->second.value, event.before);
  if (!relay_ && back && !sameValue(event.before, event.after))
    assign(event.slot, event.after, own ? std::nullopt : std::optional(sync.id), false);
}

// What the application wrote is taken back, unless another server has it or still may take it.
void MergedObject::refusedWrite(Sync& sync, const SlotChanged& event) {
  const bool own = isOwn(event.tag);
  if (own) sync.report(Change::Code::reject, event.slot, event.wrote);
  const auto found = entries_.find(event.slot);
  if (found == entries_.end() || found->second.sequence != sequenceOf(event.tag)) return;
  Trace& trace = sync.server.traces[event.slot];
  if (trace.sequence != found->second.sequence) trace = {trace.written_at, found->second.sequence, 0, false};
  const bool denied = event.kind == Kind::denied;
  if (own && !(denied && takenElsewhere(sync.id, event.slot, found->second))) return take(sync, event);
  trace.given_up = denied || ++trace.refusals >= most_refusals;
}

bool MergedObject::takenElsewhere(ServerId id, const std::string& slot, const Entry& entry) const {
  return std::any_of(servers_.begin(), servers_.end(), [&](const auto& other) {
    return other.first != id && other.second.replica.state() == State::joined &&
           !givenUp(other.second, slot, entry);
  });
}

void MergedObject::take(Sync& sync, const SlotChanged& event) {
  if (!assign(event.slot, event.after, sync.id, event.kind == Kind::snapshot))
    refuse(sync.id, sync.server, true);
}

void MergedObject::noteContention(const std::string& slot, Entry& entry, const Server& server,
                                  TimePoint now) {
  const auto trace = server.traces.find(slot);
  if (!relay_ || trace == server.traces.end() || now - trace->second.written_at > contention_window) return;
  if (now - entry.contended_at > contention_window) entry.contention = 0;
  entry.contended_at = now;
  if (++entry.contention < 2) return;
  const unsigned doublings = std::min(entry.contention, most_doublings);
  delay(slot, entry, now + chance(shortest_wait * (1U << doublings)));
}

void MergedObject::delay(const std::string& slot, Entry& entry, TimePoint until) {
  delayed_.erase({entry.not_before, slot});
  entry.not_before = until;
  delayed_.emplace(until, slot);
}

void MergedObject::reconcile(const std::string& slot, TimePoint now) {
  const auto entry = entries_.find(slot);
  if (entry == entries_.end()) return;
  for (auto& [id, server] : servers_) reconcile(id, server, slot, entry->second, now);
}

void MergedObject::reconcile(ServerId id, Server& server, const std::string& slot, Entry& entry,
                             TimePoint now) {
  rtmp::RemoteSharedObject& replica = server.replica;
  if (replica.state() != State::joined || replica.unanswered(slot)) return;
  if (!relay_ && entry.author) return;
  const SlotValue* queued = replica.queued(slot);
  if (sameValue(replica.confirmed(slot), entry.value)) {
    // Our own is left: the application waits to hear of it.
    if (queued && (entry.author || !sameValue(*queued, entry.value))) replica.cancel(slot);
    return;
  }
  if (queued && sameValue(*queued, entry.value)) return;
  if (givenUp(server, slot, entry)) return;
  if (!entry.author || entry.not_before <= now) write(id, server, slot, entry, now);
}

void MergedObject::write(ServerId id, Server& server, const std::string& slot, const Entry& entry,
                         TimePoint now) {
  Trace& trace = server.traces[slot];
  trace.written_at = now;
  const std::uint64_t tag = entry.sequence << 1 | (entry.author ? 0 : 1);
  if (server.replica.set(slot, entry.value, tag, now)) return;
  trace.sequence = entry.sequence;
  trace.given_up = true;
  events_.notCarried(id, slot);
}

bool MergedObject::holds(const Server& server, const std::string& slot, const Entry& entry) const {
  return !server.replica.unanswered(slot) && !server.replica.queued(slot) &&
         sameValue(server.replica.confirmed(slot), entry.value);
}

bool MergedObject::givenUp(const Server& server, const std::string& slot, const Entry& entry) const {
  const auto trace = server.traces.find(slot);
  return trace != server.traces.end() && trace->second.given_up && trace->second.sequence == entry.sequence;
}

// What is removed has to be remembered while a server is away that may come back with it.
void MergedObject::forgetRemoved(const std::string& slot) {
  const auto entry = entries_.find(slot);
  if (entry == entries_.end() || entry->second.value || servers_.empty()) return;
  const bool gone_everywhere = std::all_of(servers_.begin(), servers_.end(), [&](const auto& each) {
    const Server& server = each.second;
    return server.excluded || (server.replica.state() == State::joined && holds(server, slot, entry->second));
  });
  if (gone_everywhere) erase(entry);
}

void MergedObject::forgetAllRemoved() {
  std::vector<std::string> slots;
  for (const auto& [sequence, slot] : removed_) slots.push_back(slot);
  for (const std::string& slot : slots) forgetRemoved(slot);
}

void MergedObject::erase(Entries::iterator entry) {
  unremember(entry->first, entry->second);
  delayed_.erase({entry->second.not_before, entry->first});
  for (auto& [id, server] : servers_) server.traces.erase(entry->first);
  entries_.erase(entry);
}

// SplitMix64.
rtmp::Duration MergedObject::chance(rtmp::Duration most) {
  std::uint64_t mixed = random_ += 0x9E3779B97F4A7C15;
  mixed = (mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9;
  mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EB;
  mixed ^= mixed >> 31;
  return rtmp::Duration(
      static_cast<rtmp::Duration::rep>(mixed % static_cast<std::uint64_t>(most.count() + 1)));
}

}  // namespace multiconn::client
