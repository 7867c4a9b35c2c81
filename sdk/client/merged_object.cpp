#include "client/merged_object.hpp"

#include <algorithm>

#include "client/merged_sync.hpp"

namespace multiconn::client {

using rtmp::sameValue;
using rtmp::SlotValue;
using rtmp::TimePoint;

namespace {

// Without relay every client of a server that has forgotten its slots has them: that is spread over this, and
// who comes later finds them there.
constexpr std::chrono::milliseconds time_to_give_back{500};
constexpr std::size_t bookkeeping = 64;

}  // namespace

MergedObject::MergedObject(std::string name, bool persistent, MergedObjectEvents& events, std::uint64_t seed,
                           rtmp::SharedObjectBounds bounds)
    : name_(std::move(name)), persistent_(persistent), events_(events), bounds_(bounds), random_(seed) {}

MergedObject::Server& MergedObject::server(ServerId id) {
  const auto found = servers_.find(id);
  if (found != servers_.end()) return found->second;
  rtmp::RemoteSharedObject replica(name_, persistent_, bounds_);
  Server& made = servers_.emplace(id, Server(std::move(replica))).first->second;
  made.replica.interval(interval_);
  return made;
}

void MergedObject::expect(ServerId id) {
  server(id);
}

void MergedObject::exclude(ServerId id) {
  lost(id);
  server(id).excluded = true;
  forgetAllRemoved();
}

void MergedObject::remove(ServerId id) {
  servers_.erase(id);
  forgetAllRemoved();
}

void MergedObject::join(ServerId id, bool amf3, TimePoint now) {
  Server& joining = server(id);
  leave(joining);
  joining.excluded = false;
  react(id, joining, joining.replica.use(amf3, now), now);
}

void MergedObject::lost(ServerId id) {
  Server& gone = server(id);
  leave(gone);
  gone.replica.lost();
}

void MergedObject::leave(Server& server) {
  rememberHeld(server);
  server.traces.clear();
  server.owed.clear();
}

void MergedObject::handle(ServerId id, const rtmp::SharedObjectMessage& message, TimePoint now) {
  Server& from = server(id);
  react(id, from, from.replica.handle(message, now), now);
}

bool MergedObject::set(const std::string& slot, SlotValue value, TimePoint now) {
  if (!assign(slot, std::move(value), {}, false)) return false;
  const Entry& entry = entries_.at(slot);
  for (auto& [id, server] : servers_)
    if (server.replica.state() == State::joined) write(id, server, slot, entry, now);
  forgetRemoved(slot);
  return true;
}

void MergedObject::clear(TimePoint now) {
  std::vector<std::string> slots;
  for (const auto& [slot, entry] : entries_)
    if (entry.value) slots.push_back(slot);
  for (const std::string& slot : slots) set(slot, {}, now);
}

bool MergedObject::send(const std::string& handler, const std::vector<AmfValue>& arguments, TimePoint now) {
  bool taken = false;
  for (auto& [id, server] : servers_) taken |= server.replica.send(handler, arguments, now);
  tick(now);
  return taken;
}

void MergedObject::relay(bool relay, TimePoint now) {
  relay_ = relay;
  if (!relay) return;
  for (auto& [slot, entry] : entries_)
    for (auto& [id, server] : servers_) reconcile(id, server, slot, entry, now);
}

void MergedObject::interval(std::optional<rtmp::Duration> interval) {
  interval_ = interval;
  for (auto& [id, server] : servers_) server.replica.interval(interval);
}

void MergedObject::flush(TimePoint now) {
  for (auto& [id, server] : servers_) server.replica.flush();
  tick(now);
}

void MergedObject::hold(ServerId id, bool hold, TimePoint now) {
  server(id).replica.hold(hold, now);
}

void MergedObject::finish(TimePoint now) {
  delayed_.clear();
  for (auto& [id, server] : servers_) {
    server.owed.clear();
    react(id, server, server.replica.finish(unsent(server), now), now);
  }
}

// Of a server that has not told yet what it has: what we wrote since it was known to hold the view's value.
std::vector<rtmp::SlotWrite> MergedObject::unsent(const Server& server) const {
  std::vector<rtmp::SlotWrite> writes;
  const State state = server.replica.state();
  if (state != State::joining && state != State::settling) return writes;
  for (const auto& [slot, entry] : entries_) {
    if (entry.author || wasHeld(server.held, slot, entry)) continue;
    if (entry.value && sameValue(server.replica.confirmed(slot), entry.value)) continue;
    writes.push_back({slot, entry.value});
  }
  return writes;
}

void MergedObject::release() {
  for (auto& [id, server] : servers_)
    for (rtmp::SharedObjectMessage& message : server.replica.release().send)
      events_.transmit(id, std::move(message));
}

void MergedObject::tick(TimePoint now) {
  while (!delayed_.empty() && delayed_.begin()->first <= now) {
    const std::string slot = delayed_.extract(delayed_.begin()).value().second;
    reconcile(slot, now);
  }
  for (auto& [id, server] : servers_) {
    if (!server.owed.empty() && server.owed_at <= now) giveBack(id, server, now);
    react(id, server, server.replica.tick(now), now);
  }
}

std::optional<TimePoint> MergedObject::wakeAt() const {
  std::optional<TimePoint> first;
  const auto consider = [&first](TimePoint at) { first = first ? std::min(*first, at) : at; };
  if (!delayed_.empty()) consider(delayed_.begin()->first);
  for (const auto& [id, server] : servers_) {
    if (!server.owed.empty()) consider(server.owed_at);
    if (const auto wake = server.replica.wakeAt()) consider(*wake);
  }
  return first;
}

SlotValue MergedObject::value(std::string_view slot) const {
  const auto found = entries_.find(slot);
  return found == entries_.end() ? SlotValue() : found->second.value;
}

AmfObject MergedObject::data() const {
  AmfObject data;
  for (const auto& [slot, entry] : entries_)
    if (entry.value) data.append(slot, *entry.value);
  return data;
}

MergedObject::State MergedObject::state(ServerId id) const {
  const auto found = servers_.find(id);
  return found == servers_.end() ? State::idle : found->second.replica.state();
}

std::uint32_t MergedObject::version(ServerId id) const {
  const auto found = servers_.find(id);
  return found == servers_.end() ? 0 : found->second.replica.version();
}

std::size_t MergedObject::traces() const {
  std::size_t count = 0;
  for (const auto& [id, server] : servers_) count += server.traces.size();
  return count;
}

void MergedObject::react(ServerId id, Server& server, rtmp::ReplicaReaction reaction, TimePoint now) {
  for (rtmp::SharedObjectMessage& message : reaction.send) events_.transmit(id, std::move(message));
  if (reaction.events.empty()) return;
  Sync sync(*this, id, server, now);
  for (const rtmp::ReplicaEvent& event : reaction.events) std::visit(sync, event);
  sync.finish();
}

// What we wrote goes to every server. What others wrote is carried from one to another by relay only;
// without, it is given back where it is missing because the server has begun anew, as its version tells. Else
// it has been removed there.
void MergedObject::settle(Sync& sync) {
  Server& server = sync.server;
  const bool forgot = server.seen && server.joined_version <= server.held_version;
  server.seen = true;
  const auto held = std::exchange(server.held, {});
  for (auto& [slot, entry] : entries_) {
    const bool arrived = sameValue(server.replica.confirmed(slot), entry.value);
    const bool told = wasHeld(held, slot, entry) && held.at(slot).told;
    if (!entry.author && arrived && !told) sync.report(Change::Code::success, slot, {});
    if (relay_ || !entry.author) {
      reconcile(sync.id, server, slot, entry, sync.now);
    } else if (entry.value && !server.replica.confirmed().contains(slot)) {
      const auto before = held.find(slot);
      if (before == held.end() || !before->second.value) continue;
      if (forgot) {
        server.owed.insert(slot);
      } else {
        sync.report(Change::Code::deleted, slot, {});
        assign(slot, {}, sync.id, false);
      }
    }
  }
  server.owed_at = sync.now + chance(time_to_give_back);
  forgetAllRemoved();
}

void MergedObject::giveBack(ServerId id, Server& server, TimePoint now) {
  for (const std::string& slot : std::exchange(server.owed, {})) {
    const auto entry = entries_.find(slot);
    if (entry == entries_.end() || !entry->second.value || server.replica.confirmed().contains(slot))
      continue;
    write(id, server, slot, entry->second, now);
  }
}

void MergedObject::refuse(ServerId id, Server& server, bool too_large) {
  server.replica.giveUp();
  server.traces.clear();
  server.owed.clear();
  events_.refused(id, too_large);
}

// A server that was lost while it was telling what it has told only a part: the rest is as it was before.
void MergedObject::rememberHeld(Server& server) {
  const rtmp::RemoteSharedObject& replica = server.replica;
  if (replica.state() != State::joined && replica.state() != State::settling) return;
  for (const auto& [slot, entry] : entries_) {
    if (replica.state() == State::settling && !replica.confirmed().contains(slot)) continue;
    const SlotValue* open = replica.unanswered(slot);
    const bool told =
        replica.state() == State::joined || (wasHeld(server.held, slot, entry) && server.held.at(slot).told);
    Held held{replica.confirmed(slot), {}, holds(server, slot, entry) ? entry.sequence : 0, told};
    if (open) held.on_its_way = *open;
    if (server.owed.contains(slot) || (entry.author && (open || replica.queued(slot))))
      held.value = entry.value;
    server.held[slot] = std::move(held);
  }
  if (replica.state() == State::joined) server.held_version = replica.version();
  server.seen = true;
}

// The server had this very entry when it was lost.
bool MergedObject::wasHeld(const HeldSlots& held, const std::string& slot, const Entry& entry) {
  const auto found = held.find(slot);
  return found != held.end() && found->second.sequence == entry.sequence;
}

bool MergedObject::assign(const std::string& slot, SlotValue value, std::optional<ServerId> author,
                          bool from_snapshot) {
  const auto weight = [&slot](const SlotValue& held) {
    return held ? bookkeeping + slot.size() + rtmp::footprint(held) : 0;
  };
  const auto found = entries_.find(slot);
  const SlotValue before = found == entries_.end() ? SlotValue() : found->second.value;
  const std::size_t bytes = bytes_ - weight(before) + weight(value);
  const std::size_t present = present_ - before.has_value() + value.has_value();
  if (value && (bytes > bounds_.bytes || present > bounds_.slots)) return false;
  bytes_ = bytes;
  present_ = present;

  Entry& entry = entries_[slot];
  unremember(slot, entry);
  entry.sequence = ++sequence_;
  entry.author = author;
  entry.from_snapshot = from_snapshot;
  entry.value = std::move(value);
  if (!entry.value) rememberRemoved(slot, entry);
  if (before.has_value() || entry.value.has_value())
    if (!sameValue(before, entry.value) || !author) events_.viewChanged(slot, entry.value);
  return true;
}

// Never the newest, which the caller still needs.
void MergedObject::rememberRemoved(const std::string& slot, const Entry& entry) {
  removed_.emplace(entry.sequence, slot);
  removed_bytes_ += bookkeeping + slot.size();
  while (removed_.size() > 1 && (removed_.size() > bounds_.slots || removed_bytes_ > bounds_.removed_bytes)) {
    const std::string oldest = removed_.begin()->second;
    for (auto& [id, server] : servers_) server.held.erase(oldest);
    erase(entries_.find(oldest));
  }
}

void MergedObject::unremember(const std::string& slot, const Entry& entry) {
  if (removed_.erase(entry.sequence) > 0) removed_bytes_ -= bookkeeping + slot.size();
}

}  // namespace multiconn::client
