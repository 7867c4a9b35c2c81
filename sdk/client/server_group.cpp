#include "client/server_group.hpp"

#include <algorithm>
#include <utility>

#include "client/destinations.hpp"

namespace multiconn::client {

namespace {

// Closing is promised within 250 ms; the rest is for calling back.
constexpr std::chrono::milliseconds time_to_close{240};

}  // namespace

ServerGroup::ServerGroup(Runtime::Engine& engine, net::Scheduler& scheduler, const ConnectOptions& options,
                         ServerGroupEvents& events)
    : engine_(engine),
      scheduler_(scheduler),
      options_(options),
      events_(events),
      desk_(engine, scheduler, peers_, [this](const std::function<void()>& task) { asOne(task); }) {}

void ServerGroup::prepare(std::vector<Target> targets) {
  std::vector<std::string> urls;
  for (const Target& target : targets) urls.push_back(target.masked_url);
  setup_.emplace(urls, options_.require);
  for (Target& target : targets) {
    const auto id = static_cast<ServerId>(peers_.size());
    if (target.standby) setup_->standby(id);
    make(id, std::move(target));
  }
}

Peer& ServerGroup::make(ServerId id, Target target) {
  PeerHost& host = *this;
  return *peers_.emplace_back(std::make_unique<Peer>(id, std::move(target), options_, host, events_));
}

void ServerGroup::connect(rtmp::TimePoint called_at) {
  called_at_ = called_at;
  const rtmp::Duration left = called_at + options_.setup_timeout - scheduler_.now();
  setup_timer_ = scheduler_.after(std::max(left, rtmp::Duration::zero()), [this] { answerSetup(); });
  asOne([&] {
    for (const auto& peer : peers_) peer->connect(called_at);
  });
}

void ServerGroup::add(std::vector<Target> targets, ServerId first) {
  auto id = static_cast<std::uint32_t>(first);
  asOne([&] {
    for (Target& target : targets) {
      if (target.error.empty() && repeats(target)) target.error = "The same destination is there already.";
      Peer& peer = make(static_cast<ServerId>(id++), std::move(target));
      events_.added(peer);
      peer.newcomer(true);
      peer.connect(scheduler_.now());
    }
  });
}

// Of one that was redirected both places count.
bool ServerGroup::repeats(const Target& target) const {
  if (target.unknown()) return false;
  return std::any_of(peers_.begin(), peers_.end(), [&](const auto& peer) {
    const auto there = [&](const Target& place) {
      return !place.unknown() && samePlace(place, target, peer->name());
    };
    return !peer->gone() && (there(peer->destination()) || there(peer->target()));
  });
}

void ServerGroup::remove(ServerId id) {
  const auto found =
      std::find_if(peers_.begin(), peers_.end(), [id](const auto& peer) { return peer->id() == id; });
  if (found == peers_.end() || closing_) return;
  Leaving& leaving = *leaving_.emplace_back(std::make_unique<Leaving>());
  leaving.peer = std::move(*found);
  peers_.erase(found);
  setup_->removed(id);
  Peer& peer = *leaving.peer;
  leaving.deadline = scheduler_.after(time_to_close, [&peer] { peer.abort(); });
  peer.close();
  events_.removed(peer);
  if (peer.gone()) ended(peer);
  answerIfCertain();
}

// A task of its own: a link must not go inside its own event.
void ServerGroup::forgetLeft() {
  const auto left = std::erase_if(leaving_, [](const auto& leaving) { return leaving->peer->gone(); });
  if (left > 0) events_.left();
}

// One bad url makes the answer certain; it is still given only after the others have been started, and has
// the outcome of all that fail at once.
void ServerGroup::asOne(const std::function<void()>& task) {
  holding_answer_ = true;
  task();
  holding_answer_ = false;
  answerIfCertain();
}

void ServerGroup::close(std::function<void()> closed) {
  if (closed) closed_.push_back(std::move(closed));
  if (!closing_) {
    closing_ = true;
    close_timer_ = scheduler_.after(time_to_close, [this] { abortClosing(); });
    for (const auto& peer : peers_) peer->close();
  }
  if (allGone()) finishClosing();
}

bool ServerGroup::allGone() const {
  return std::all_of(peers_.begin(), peers_.end(), [](const auto& peer) { return peer->gone(); }) &&
         std::all_of(leaving_.begin(), leaving_.end(),
                     [](const auto& leaving) { return leaving->peer->gone(); });
}

void ServerGroup::tick(rtmp::TimePoint now, std::optional<std::chrono::milliseconds> patience) {
  std::chrono::microseconds round_trip{0};
  for (const auto& peer : peers_) round_trip = std::max(round_trip, peer->roundTrip());
  round_trip = round_trip_.longest(now, round_trip);
  for (const auto& peer : peers_) peer->tick(now, patience, round_trip);
}

std::vector<ServerStats> ServerGroup::stats(rtmp::TimePoint now) const {
  std::vector<ServerStats> rows;
  rows.reserve(peers_.size() + leaving_.size());
  for (const auto& peer : peers_) rows.push_back(peer->stats(now));
  for (const auto& leaving : leaving_) rows.push_back(leaving->peer->stats(now));
  if (!leaving_.empty())
    std::sort(rows.begin(), rows.end(), [](const auto& one, const auto& other) { return one.id < other.id; });
  return rows;
}

Peer* ServerGroup::find(ServerId id) const {
  const auto found = std::lower_bound(peers_.begin(), peers_.end(), id,
                                      [](const auto& peer, ServerId wanted) { return peer->id() < wanted; });
  return found != peers_.end() && (*found)->id() == id ? found->get() : nullptr;
}

void ServerGroup::clear() {
  setup_timer_.cancel();
  close_timer_.cancel();
  leave_timer_.cancel();
  desk_.clear();
  leaving_.clear();
  peers_.clear();
}

std::unique_ptr<net::Link> ServerGroup::makeLink(const net::LinkTarget& target) {
  return engine_.makeLink(scheduler_, target);
}

// Of 32 bits, as librtmp and FFmpeg choose theirs.
std::string ServerGroup::nonce() {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (std::uint32_t bits = engine_.random(), i = 0; i < 8; ++i, bits >>= 4U) text += digits[bits & 0xFU];
  return text;
}

void ServerGroup::lookUp(Peer& peer, std::chrono::milliseconds patience) {
  desk_.ask(peer, scheduler_.now(), patience);
}

void ServerGroup::answered(Peer& peer) {
  if (peer.gone())
    setup_->failed(peer.id(), peer.error(), elapsed());
  else
    setup_->connected(peer.id(), elapsed());
  if (!holding_answer_) answerIfCertain();
}

void ServerGroup::ended(Peer& peer) {
  desk_.forget(peer);
  if (!leaving_.empty()) leave_timer_ = scheduler_.after({}, [this] { forgetLeft(); });
  if (closing_ && allGone()) finishClosing();
}

void ServerGroup::answerIfCertain() {
  if (setup_->certain()) answerSetup();
}

void ServerGroup::answerSetup() {
  if (std::exchange(setup_answered_, true)) return;
  setup_timer_.cancel();
  for (const auto& peer : peers_) setup_->waiting(peer->id(), desk_.standing(*peer));
  events_.setupAnswered(setup_->answer(elapsed()), setup_->sentence());
}

void ServerGroup::abortClosing() {
  for (const auto& peer : peers_) peer->abort();
  for (const auto& leaving : leaving_) leaving->peer->abort();
  finishClosing();
}

void ServerGroup::finishClosing() {
  close_timer_.cancel();
  if (setup_) answerSetup();
  for (const auto& closed : std::exchange(closed_, {})) closed();
}

std::chrono::milliseconds ServerGroup::elapsed() const {
  return std::chrono::duration_cast<std::chrono::milliseconds>(scheduler_.now() - called_at_);
}

}  // namespace multiconn::client
