#include "client/standby.hpp"

#include <algorithm>
#include <utility>

#include "client/status_codes.hpp"

namespace multiconn::client {

namespace {

// A server that has come back may be lost again at once; until then both publish.
constexpr std::chrono::seconds time_to_prove{2};
// A spare that does not publish by then gives way to the next one, and is not asked again for a while.
constexpr std::chrono::seconds time_to_take_over{1};
constexpr std::chrono::seconds time_set_aside{5};

}  // namespace

void Standby::update(std::uint64_t publication, rtmp::TimePoint now) {
  if (publication != std::exchange(publication_, publication)) {
    roles_.clear();
    set_aside_.clear();
  }
  if (publication == 0) return;
  forgetRemoved();
  for (const auto& peer : servers_.peers()) {
    if (peer->spare()) continue;
    Role& role = roles_[peer->id()];
    if (!role.seen_at) role.seen_at = now;
    look(*peer, role, now);
  }
  silenceUnneeded();
}

bool Standby::replaced(ServerId primary) const {
  const auto role = roles_.find(primary);
  return role != roles_.end() && role->second.spare && role->second.active;
}

bool Standby::takesOver(ServerId primary, rtmp::TimePoint now) const {
  const auto role = roles_.find(primary);
  if (role == roles_.end() || !role->second.spare || role->second.active) return false;
  return now - role->second.asked_at < time_to_take_over;
}

void Standby::forgetRemoved() {
  std::erase_if(roles_, [this](const auto& role) { return !servers_.find(role.first); });
  std::erase_if(set_aside_, [this](const auto& spare) { return !servers_.find(spare.first); });
}

void Standby::look(Peer& primary, Role& role, rtmp::TimePoint now) {
  if (role.spare) lookAtSpare(primary, role, now);
  if (!primary.publishing()) {
    role.back_since.reset();
    if (!role.spare && missing(primary, role, now)) replace(primary, role, now);
    return;
  }
  role.began = true;
  role.spare_lost_at.reset();
  if (!role.back_since) role.back_since = now;
  if (!role.spare || now - *role.back_since < time_to_prove) return;
  const Peer* const spare = servers_.find(*role.spare);
  if (role.active && spare)
    events_.streamStatus(spare->identity().status(
        code::standby_silent, "status",
        "The spare " + spare->url() + " is silent again: " + primary.url() + " publishes."));
  withdraw(role);
}

void Standby::lookAtSpare(const Peer& primary, Role& role, rtmp::TimePoint now) {
  const Peer* const spare = servers_.find(*role.spare);
  if (spare && spare->publishing()) {
    if (!std::exchange(role.active, true))
      events_.streamStatus(spare->identity().status(
          code::standby_active, "warning",
          "The spare " + spare->url() + " publishes in the place of " + primary.url() + "."));
    return;
  }
  const bool asked = spare && spare->connected() && !spare->settled();
  if (asked && !role.active && (now - role.asked_at < time_to_take_over || !chooseSpare(now))) return;
  if (spare && role.active) role.spare_lost_at = spare->unconfirmed();
  // One that is not connected is not ready anyway.
  if (spare && spare->connected()) set_aside_[*role.spare] = now + time_set_aside;
  withdraw(role);
}

bool Standby::missing(const Peer& primary, const Role& role, rtmp::TimePoint now) const {
  return role.began || primary.gone() || primary.settled() || now - *role.seen_at >= options_.setup_timeout;
}

void Standby::replace(const Peer& primary, Role& role, rtmp::TimePoint now) {
  Peer* const spare = chooseSpare(now);
  if (!spare) return;
  role.spare = spare->id();
  role.asked_at = now;
  spare->takeOver(role.spare_lost_at ? role.spare_lost_at : primary.unconfirmed());
  if (spare->publishing()) lookAtSpare(primary, role, now);
}

// One that publishes already has lost the server that it was to replace.
Peer* Standby::chooseSpare(rtmp::TimePoint now) const {
  Peer* ready = nullptr;
  for (const auto& peer : servers_.peers()) {
    if (!peer->spare() || assigned(peer->id())) continue;
    if (peer->publishing()) return peer.get();
    const auto aside = set_aside_.find(peer->id());
    const bool failed = aside != set_aside_.end() && now < aside->second;
    if (!ready && !failed && peer->ready()) ready = peer.get();
  }
  return ready;
}

void Standby::withdraw(Role& role) {
  role.spare.reset();
  role.active = false;
}

bool Standby::assigned(ServerId spare) const {
  return std::any_of(roles_.begin(), roles_.end(),
                     [spare](const auto& role) { return role.second.spare == spare; });
}

void Standby::silenceUnneeded() {
  for (const auto& peer : servers_.peers())
    if (peer->spare() && !peer->silent() && !assigned(peer->id())) peer->silence();
}

}  // namespace multiconn::client
