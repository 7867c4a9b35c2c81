#include "client/shared_objects.hpp"

#include <utility>

#include "client/client_core.hpp"
#include "client/status_codes.hpp"

namespace multiconn::client {

namespace {

// More than a person or a display can follow; a master with hundreds of busy viewers stays far below.
constexpr std::uint32_t syncs_per_second = 2000;
constexpr std::uint32_t sends_per_second = 5000;

}  // namespace

std::shared_ptr<SharedObjectView> SharedObjects::view(const std::string& name, bool persistent, bool& made) {
  const std::lock_guard lock(mutex_);
  auto& view = views_[name];
  made = !view;
  if (made) view = std::make_shared<SharedObjectView>(name, persistent);
  return view->persistent() == persistent ? view : nullptr;
}

std::shared_ptr<SharedObjectView> SharedObjects::find(std::string_view name) const {
  const std::lock_guard lock(mutex_);
  const auto found = views_.find(name);
  return found == views_.end() ? nullptr : found->second;
}

void SharedObjects::forget(const std::shared_ptr<SharedObjectView>& view) {
  const std::lock_guard lock(mutex_);
  const auto found = views_.find(view->name());
  if (found != views_.end() && found->second == view) views_.erase(found);
}

// The object before it may still be there: threads that close and make one may come in any order.
void SharedObjects::setUp(const std::shared_ptr<SharedObjectView>& view) {
  const auto core = core_.lock();
  const auto found = sessions_.find(view->name());
  if (over_ || (found != sessions_.end() && found->second->view() == view)) return;
  if (found != sessions_.end()) close(std::shared_ptr(found->second->view()));
  auto& session = sessions_[view->name()];
  session = std::make_unique<SharedObjectSession>(*core, *this, view);
  for (const auto& peer : core->servers().peers()) attend(*session, *peer);
  publishRows(*session);
}

SharedObjectSession* SharedObjects::session(const std::shared_ptr<SharedObjectView>& view) {
  if (find(view->name()) == view) setUp(view);
  const auto found = sessions_.find(view->name());
  if (found == sessions_.end() || found->second->view() != view) return nullptr;
  const auto core = core_.lock();
  for (const auto& peer : core->servers().peers()) found->second->expect(peer->id());
  return found->second.get();
}

void SharedObjects::close(const std::shared_ptr<SharedObjectView>& view) {
  const auto found = sessions_.find(view->name());
  if (found == sessions_.end() || found->second->view() != view) return;
  const std::unique_ptr<SharedObjectSession> closed = std::move(found->second);
  sessions_.erase(found);
  std::vector<ServerId> used;
  for (const auto& [id, server] : servers_)
    if (closed->inUse(id)) used.push_back(id);
  closed->release();
  useOthersAgain(used);
  view->publish(std::vector<SharedObjectServer>());
}

// crtmpserver drops every object of the connection when one is released; elsewhere it does no harm. What
// waits in the others goes out once they are joined again, or with their last batch.
void SharedObjects::useOthersAgain(const std::vector<ServerId>& servers) {
  if (closing_) return;
  for (const auto& [name, session] : sessions_)
    for (const ServerId id : servers)
      if (session->inUse(id)) session->join(id);
}

SharedObjects::Flow& SharedObjects::flow(ServerId server) {
  return flows_.try_emplace(server, Flow{RateLimit(syncs_per_second), RateLimit(sends_per_second)})
      .first->second;
}

void SharedObjects::peerAdded(Peer& peer) {
  if (closing_) return;
  for (const auto& [name, session] : sessions_) session->expect(peer.id());
  publishAllRows();
}

// Its probe is gone before the Peer is.
void SharedObjects::peerRemoved(Peer& peer) {
  servers_.erase(peer.id());
  for (const auto& [name, session] : sessions_) session->remove(peer.id());
  flows_.erase(peer.id());
  publishAllRows();
}

// Nothing of another connection is waited for on this one.
void SharedObjects::peerConnected(Peer& peer) {
  servers_.erase(peer.id());
  for (const auto& [name, session] : sessions_) session->lost(peer.id());
  if (closing_) return;
  for (const auto& [name, session] : sessions_) attend(*session, peer);
  publishAllRows();
}

void SharedObjects::peerLost(Peer& peer) {
  servers_.erase(peer.id());
  for (const auto& [name, session] : sessions_) session->lost(peer.id());
  publishAllRows();
}

void SharedObjects::sharedObjectReceived(Peer& peer, rtmp::SharedObjectMessage& message) {
  const auto found = sessions_.find(message.name);
  if (found == sessions_.end()) return;
  found->second->received(peer.id(), message);
  publishRows(*found->second);
}

void SharedObjects::handlerGiven(const std::string& method) {
  constexpr std::string_view ending = "_sync";
  if (!method.ends_with(ending)) return;
  const auto found = sessions_.find(method.substr(0, method.size() - ending.size()));
  if (found != sessions_.end()) found->second->syncHandlerGiven();
}

void SharedObjects::closing() {
  closing_ = true;
  for (const auto& [name, session] : sessions_) session->finish();
  for (auto& [id, server] : servers_) server.probe.reset();
}

void SharedObjects::ended() {
  over_ = true;
  sessions_.clear();
  servers_.clear();
}

// The first object asks for all of them.
void SharedObjects::attend(SharedObjectSession& session, Peer& peer) {
  session.expect(peer.id());
  if (!peer.connected() || closing_) return;
  Server& server = servers_[peer.id()];
  switch (server.capability) {
    case Capability::unknown: {
      server.capability = Capability::asking;
      server.asked_for = session.name();
      const auto core = core_.lock();
      CapabilityEvents& events = *this;
      server.probe = std::make_unique<CapabilityProbe>(peer, core->scheduler(), session.name(),
                                                       session.view()->persistent(), events);
      return;
    }
    case Capability::asking:
      return;
    case Capability::present:
      return session.join(peer.id());
    case Capability::absent:
      return exclude(session, peer.id(), server);
  }
}

// Told once for all objects.
void SharedObjects::exclude(SharedObjectSession& session, ServerId id, Server& server) {
  session.exclude(id);
  const std::string why = std::exchange(server.why_not, {});
  if (!why.empty())
    session.report(code::object_unsupported, "warning", "This server has no shared objects. " + why, id);
}

void SharedObjects::capabilityKnown(ServerId id, const std::string& why_not) {
  Server& server = servers_[id];
  server.capability = why_not.empty() ? Capability::present : Capability::absent;
  server.why_not = why_not;
  const auto asked = sessions_.find(server.asked_for);
  if (!why_not.empty() && asked != sessions_.end()) exclude(*asked->second, id, server);
  for (const auto& [name, session] : sessions_) {
    if (why_not.empty()) {
      session->join(id);
    } else {
      exclude(*session, id, server);
    }
  }
  publishAllRows();
}

void SharedObjects::probeOver(ServerId id) {
  servers_[id].probe.reset();
}

SharedObjectServer SharedObjects::row(const SharedObjectSession& session, ServerId id) const {
  using State = SharedObjectServer::State;
  const auto found = servers_.find(id);
  const Capability known = found == servers_.end() ? Capability::unknown : found->second.capability;
  if (known == Capability::absent) return {id, State::unsupported, 0};
  if (known == Capability::asking) return {id, State::asking, 0};
  return session.row(id);
}

void SharedObjects::publishRows(SharedObjectSession& session) {
  const auto core = core_.lock();
  std::vector<SharedObjectServer> rows;
  for (const auto& peer : core->servers().peers()) rows.push_back(row(session, peer->id()));
  session.publishRows(std::move(rows));
}

void SharedObjects::publishAllRows() {
  for (const auto& [name, session] : sessions_) publishRows(*session);
}

}  // namespace multiconn::client
