#include "client/server_group.hpp"

#include <algorithm>
#include <utility>

#include "client/destinations.hpp"

namespace multiconn::client {

namespace {

// Closing is promised within 250 ms; the rest is for calling back.
constexpr std::chrono::milliseconds time_to_close{240};
// Setup is answered long before; this is how long a balancer may be late, and its server still join.
constexpr std::chrono::seconds lookup_patience{30};

}  // namespace

ServerGroup::ServerGroup(Runtime::Engine& engine, net::Scheduler& scheduler, const ConnectOptions& options,
                         ServerGroupEvents& events)
    : engine_(engine),
      scheduler_(scheduler),
      options_(options),
      events_(events),
      desk_(engine, scheduler, peers_, [this](const std::function<void()>& task) { asOne(task); }) {}

void ServerGroup::prepare(const std::vector<Destination>& destinations) {
  std::vector<std::string> urls;
  for (Target& target : checkDestinations(destinations, options_.tls)) {
    urls.push_back(target.masked_url);
    const auto id = static_cast<ServerId>(peers_.size());
    PeerHost& host = *this;
    peers_.push_back(std::make_unique<Peer>(id, std::move(target), options_, host, events_));
  }
  setup_.emplace(urls, options_.require);
}

void ServerGroup::connect(rtmp::TimePoint called_at) {
  called_at_ = called_at;
  const rtmp::Duration left = called_at + options_.setup_timeout - scheduler_.now();
  setup_timer_ = scheduler_.after(std::max(left, rtmp::Duration::zero()), [this] { answerSetup(); });
  asOne([&] {
    for (const auto& peer : peers_) peer->connect(called_at);
  });
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
  return std::all_of(peers_.begin(), peers_.end(), [](const auto& peer) { return peer->gone(); });
}

void ServerGroup::tick(rtmp::TimePoint now, std::optional<std::chrono::milliseconds> patience) {
  for (const auto& peer : peers_) peer->tick(now, patience);
}

std::vector<ServerStats> ServerGroup::stats(rtmp::TimePoint now) const {
  std::vector<ServerStats> rows;
  rows.reserve(peers_.size());
  for (const auto& peer : peers_) rows.push_back(peer->stats(now));
  return rows;
}

Peer* ServerGroup::find(ServerId id) const {
  const auto index = static_cast<std::size_t>(id);
  return index < peers_.size() ? peers_[index].get() : nullptr;
}

void ServerGroup::clear() {
  setup_timer_.cancel();
  close_timer_.cancel();
  desk_.clear();
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

void ServerGroup::lookUp(Peer& peer) {
  desk_.ask(peer, scheduler_.now(), lookup_patience);
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
