#include "client/catch_up_desk.hpp"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "client/status_codes.hpp"

namespace multiconn::client {

namespace {

// Often enough for a smooth flow at four times real time.
constexpr std::chrono::milliseconds pump_interval{10};
constexpr std::size_t most_room = 256 * 1024, least_room = 16 * 1024;
// A slow server's queue must not become older by its catching up than the drop policy lets it be.
constexpr std::uint64_t room_per_second = 4;
// However many servers come back together, what is live waits no longer than this takes.
constexpr std::size_t bytes_per_turn = 1024 * 1024;
constexpr std::chrono::milliseconds next_turn{1};

/// Sends to a Peer, into a queue that stays short, and no more than the turn's rest.
class PeerSink final : public CatchUpSink {
 public:
  PeerSink(Peer& peer, std::size_t room, std::size_t& turn_rest)
      : peer_(peer), room_(room), turn_rest_(turn_rest) {}
  // Half of the queue, so that what is live has room behind it: the drop policy is for slow servers, and
  // must not meet what is only sent faster than time.
  bool room(std::size_t bytes) const override {
    const std::size_t queued = peer_.queued();
    const bool fits = queued == 0 || queued + bytes <= peer_.queueBytes() / 2;
    return turn_rest_ > 0 && queued < room_ && fits;
  }
  bool takes(const rtmp::QueuedMessage& message) const override { return peer_.takes(message); }
  void send(const rtmp::QueuedMessage& message) override {
    turn_rest_ -= std::min(turn_rest_, message.message.payload->size());
    peer_.send(message);
  }

 private:
  Peer& peer_;
  std::size_t room_;
  std::size_t& turn_rest_;
};

std::string seconds(std::chrono::milliseconds time) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3f s", std::chrono::duration<double>(time).count());
  return text;
}

std::chrono::milliseconds between(rtmp::TimePoint then, rtmp::TimePoint now) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(now - then);
}

}  // namespace

CatchUpDesk::CatchUpDesk(net::Scheduler& scheduler, ServerGroup& servers, std::function<void(Status)> say)
    : scheduler_(scheduler), servers_(servers), say_(std::move(say)) {}

void CatchUpDesk::begin(ResumeRing& ring) {
  ring_ = &ring;
  known_.clear();
  behind_.clear();
}

void CatchUpDesk::end() {
  if (!ring_) return;
  for (const auto& peer : servers_.peers()) {
    const rtmp::DropCounts missed = missedBy(*peer);
    if (missed.total() > 0) peer->missed(missed);
  }
  timer_.reset();
  known_.clear();
  behind_.clear();
  ring_ = nullptr;
}

rtmp::DropCounts CatchUpDesk::missedBy(const Peer& peer) const {
  const std::uint64_t end = ring_->next();
  const auto behind = behind_.find(peer.id());
  if (behind != behind_.end()) return behind->second.catch_up.missedUntil(*ring_, end);
  const auto known = known_.find(peer.id());
  if (known != known_.end() && known->second.publishing) return {};
  // A spare's silence, and what was there before a server was added, cost nobody anything.
  if (peer.spare() || (known == known_.end() && peer.newcomer())) return {};
  if (known == known_.end()) return ring_->framesBefore(end);
  return ring_->framesBefore(end) - known->second.wanted.before;
}

void CatchUpDesk::lossless(bool lossless) {
  lossless_ = lossless;
  if (ring_) keepWhatIsNeeded();
}

void CatchUpDesk::changed(Peer& peer) {
  if (!ring_) return;
  const auto found = known_.find(peer.id());
  if (peer.publishing() == (found != known_.end() && found->second.publishing)) return;
  Known& known = known_[peer.id()];
  known.publishing = peer.publishing();
  if (known.publishing)
    started(peer, known);
  else
    stopped(peer, known);
}

void CatchUpDesk::forget(ServerId server) {
  known_.erase(server);
  behind_.erase(server);
  if (ring_) keepWhatIsNeeded();
}

void CatchUpDesk::started(Peer& peer, Known& known) {
  const auto [at, made] =
      behind_.insert_or_assign(peer.id(), Behind{place(peer, known), scheduler_.now(), known.lost_at, {}});
  known.wanted = at->second.catch_up.begun();
  std::size_t turn_rest = bytes_per_turn;
  advance(peer, at->second, turn_rest);
  keepWhatIsNeeded();
  arm(pump_interval);
}

// A long group of pictures would be minutes of what nobody wants to see any more; but whoever has missed
// little gets that, and its picture at once, from a keyframe however old.
CatchUp CatchUpDesk::place(const Peer& peer, const Known& known) const {
  CatchUp::Wanted wanted = wantedBy(peer, known);
  const bool newcomer = !known.lost_at && peer.newcomer() && !peer.unconfirmed();
  const bool too_old = !lossless_ && ring_->keyIsOld() && (newcomer || !ring_->isRecent(wanted.first));
  if (newcomer && !too_old) return CatchUp::newest(*ring_);
  const bool live = too_old || peer.resumeMode() == Resume::live;
  // What a spare cannot make up for was missed by the one whose place it takes.
  const bool too_late = peer.spare() && (live || !ring_->groupOf(wanted.first));
  if (newcomer || too_late) wanted = {ring_->next(), ring_->framesBefore(ring_->next())};
  if (live) return CatchUp::live(*ring_, wanted);
  return too_late ? CatchUp::newest(*ring_) : CatchUp::from(*ring_, wanted);
}

// The ring may have forgotten long since what stood before it.
CatchUp::Wanted CatchUpDesk::wantedBy(const Peer& peer, const Known& known) const {
  const std::uint64_t first = std::min(peer.unconfirmed().value_or(1), ring_->next());
  if (first <= known.wanted.first) return known.wanted;
  return {first, ring_->framesBefore(first)};
}

void CatchUpDesk::stopped(Peer& peer, Known& known) {
  lost(peer, known);
  if (!peer.spare()) known.lost_at = scheduler_.now();
  keepWhatIsNeeded();
}

void CatchUpDesk::lost(Peer& peer, Known& known) {
  const auto found = behind_.find(peer.id());
  const CatchUp* const catch_up = found == behind_.end() ? nullptr : &found->second.catch_up;
  // What a spare does not get again is not missed either.
  if (peer.spare() && catch_up) known.wanted = catch_up->settled();
  known.wanted = wantedBy(peer, known);
  // What was missed, but behind what it has got, is missed again, or is got after all.
  const std::uint64_t until = peer.spare() ? ring_->next() : known.wanted.first;
  const rtmp::DropCounts missed = catch_up ? catch_up->missedBefore(until) : rtmp::DropCounts();
  if (missed.total() > 0) peer.missed(missed);
  if (catch_up) behind_.erase(found);
  if (!peer.spare()) peer.lostFrom(known.wanted.first);
}

// Where the old connection still stands, it gets what is queued there.
void CatchUpDesk::join(Peer& peer) {
  const auto found = behind_.find(peer.id());
  if (found != behind_.end() && peer.connected()) return found->second.catch_up.beginAnew(*ring_);
  const auto lost_at = found == behind_.end() ? std::nullopt : found->second.lost_at;
  Known& known = known_[peer.id()];
  if (!peer.connected()) lost(peer, known);
  CatchUp catch_up = peer.connected() ? CatchUp::newest(*ring_) : place(peer, known);
  if (!peer.connected()) known.wanted = catch_up.begun();
  Behind& behind =
      behind_.insert_or_assign(peer.id(), Behind{std::move(catch_up), scheduler_.now(), lost_at, {}})
          .first->second;
  std::size_t unlimited = SIZE_MAX;
  PeerSink sink(peer, SIZE_MAX, unlimited);
  if (behind.catch_up.advance(*ring_, scheduler_.now(), false, sink))
    arrived(peer);
  else
    arm(pump_interval);
}

// All to one server before the next: what belongs to a server is met once, and written at once.
void CatchUpDesk::send(std::span<const rtmp::QueuedMessage> messages) {
  for (const auto& peer : servers_.peers()) {
    if (messages.size() > 1) peer->cork();
    for (const rtmp::QueuedMessage& message : messages) send(*peer, message);
    if (messages.size() > 1) peer->uncork();
  }
}

void CatchUpDesk::send(Peer& peer, const rtmp::QueuedMessage& message) {
  const auto found = behind_.find(peer.id());
  const bool live = found == behind_.end();
  if (live && (peer.takes(message) || !peer.publishing())) return peer.send(message);
  Behind& behind = live ? leaveOut(peer, message) : found->second;
  std::size_t unlimited = SIZE_MAX;
  PeerSink sink(peer, SIZE_MAX, unlimited);
  const bool there = behind.catch_up.follow(*ring_, message, sink);
  tellLeftOut(peer, behind);
  if (there) return arrived(peer);
  arm(pump_interval);
}

CatchUpDesk::Behind& CatchUpDesk::leaveOut(Peer& peer, const rtmp::QueuedMessage& message) {
  peer.sayLeftOut(message.message.payload->size());
  Behind behind{CatchUp::without(*ring_, message.number), scheduler_.now(), {}, {}};
  return behind_.insert_or_assign(peer.id(), std::move(behind)).first->second;
}

void CatchUpDesk::pump() {
  timer_.reset();
  if (!ring_) return;
  std::size_t turn_rest = bytes_per_turn;
  // Whoever had no turn the last time is the first.
  auto at = behind_.lower_bound(next_in_turn_);
  for (std::size_t left = behind_.size(); left > 0 && turn_rest > 0; --left) {
    if (at == behind_.end()) at = behind_.begin();
    const auto next = std::next(at);
    if (Peer* const peer = servers_.find(at->first)) advance(*peer, at->second, turn_rest);
    at = next;
  }
  next_in_turn_ = at == behind_.end() ? ServerId{} : at->first;
  keepWhatIsNeeded();
  arm(turn_rest > 0 ? pump_interval : next_turn);
}

void CatchUpDesk::advance(Peer& peer, Behind& behind, std::size_t& turn_rest) {
  PeerSink sink(peer, room(), turn_rest);
  const bool there = behind.catch_up.advance(*ring_, scheduler_.now(), !lossless_, sink);
  tellLeftOut(peer, behind);
  if (there) arrived(peer);
}

void CatchUpDesk::tellLeftOut(Peer& peer, Behind& behind) {
  const auto [counts, frames] = behind.catch_up.takeLeftOut();
  if (counts.total() == 0) return;
  behind.told += counts;
  peer.missed(counts, frames);
}

void CatchUpDesk::arrived(Peer& peer) {
  const auto found = behind_.find(peer.id());
  const Behind behind = std::move(found->second);
  behind_.erase(found);
  rtmp::DropCounts missed = behind.catch_up.missed();
  if (missed.total() > 0) peer.missed(missed, behind.catch_up.missedFrames());
  missed += behind.told;
  // What waits for a new connection in the middle of a move is not live yet; Publish.Start is said then.
  if (!behind.lost_at || !peer.connected()) return;
  const rtmp::TimePoint now = scheduler_.now();
  const std::chrono::milliseconds at(behind.catch_up.resumedAt().value_or(ring_->newestTimestamp()) -
                                     origin_);
  say_(peer.identity().status(code::publish_resumed, "status",
                              "Live again, " + seconds(between(*behind.lost_at, behind.started)) +
                                  " after it was lost: resumed from " + seconds(at) + " of the broadcast, " +
                                  std::to_string(missed.total()) + " frames were missed. It was live " +
                                  std::to_string(between(behind.started, now).count()) +
                                  " ms after Publish.Start."));
}

std::size_t CatchUpDesk::room() const {
  if (lossless_) return most_room;
  return std::clamp<std::size_t>(ring_->bytesPerSecond() / room_per_second, least_room, most_room);
}

std::size_t CatchUpDesk::backlog(const Peer& peer) const {
  const auto found = behind_.find(peer.id());
  return found == behind_.end() ? 0 : ring_->bytesFrom(found->second.catch_up.next());
}

bool CatchUpDesk::behind() const {
  return ring_ && std::any_of(behind_.begin(), behind_.end(), [this](const auto& each) {
           return each.second.catch_up.next() < ring_->next();
         });
}

void CatchUpDesk::keepWhatIsNeeded() {
  std::optional<std::uint64_t> from;
  if (lossless_)
    for (const auto& [server, behind] : behind_)
      from = std::min(from.value_or(behind.catch_up.next()), behind.catch_up.next());
  ring_->keepFrom(from);
}

void CatchUpDesk::arm(std::chrono::milliseconds wait) {
  if (!timer_ && behind()) timer_ = scheduler_.after(wait, [this] { pump(); });
}

}  // namespace multiconn::client
