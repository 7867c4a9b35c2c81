#include "chaos/server.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "chaos/server_client.hpp"

namespace multiconn::chaos {

const char* name(Step step) {
  constexpr std::array names{"handshake", "connect", "create_stream", "publish", "publishing"};
  static_assert(names.size() == static_cast<std::size_t>(Step::count_));
  return names.at(static_cast<std::size_t>(step));
}

Server::Server(test::SimulatedLoop& loop, const Ledger& ledger, std::function<void(std::string)> complain)
    : loop_(loop), ledger_(ledger), complain_(std::move(complain)) {}

Server::~Server() = default;

void Server::accept(std::shared_ptr<Wire> wire) {
  const std::uint64_t number = ++connections;
  wires_.push_back(wire);
  auto& client = clients_[number];
  client = std::make_unique<Client>(*this, number, std::move(wire));
  client->start();
}

void Server::weatherChanged() {
  wires_.erase(std::remove_if(wires_.begin(), wires_.end(), [](const auto& wire) { return wire.expired(); }),
               wires_.end());
  for (const auto& each : wires_)
    if (const auto wire = each.lock()) wire->changed();
}

void Server::slow(bool choked) {
  slow_ = true;
  choked_ = choked;
  for (const auto& [number, client] : clients_) {
    if (!client->publication) continue;
    Publication& publication = publications[*client->publication];
    publication.slow = true;
    publication.choked = publication.choked || choked;
  }
}

void Server::endAll(Ending ending) {
  for (auto next = clients_.begin(); next != clients_.end();) end((next++)->first, ending);
}

void Server::cutAll() {
  for (const auto& [number, client] : clients_) {
    client->wire->cut();
    loop_.later(dead_after, [this, alive = std::weak_ptr(alive_), id = number] {
      if (!alive.expired()) end(id, Ending::reset);
    });
  }
}

// From inside a client's own events too: it goes in a task of its own.
void Server::end(std::uint64_t number, Ending ending) {
  Client* const client = find(number);
  if (!client || std::exchange(client->ending, true)) return;
  client->name.clear();
  // What has been acknowledged, and is not read any more, nobody will ever see.
  if (client->publication && client->wire->unread()) publications[*client->publication].choked = true;
  client->publication.reset();
  if (ending == Ending::reset) client->wire->reset(Wire::End::server);
  forget(number);
}

void Server::forget(std::uint64_t number) {
  loop_.post([this, alive = std::weak_ptr(alive_), number] {
    if (!alive.expired()) clients_.erase(number);
  });
}

Server::Client* Server::find(std::uint64_t number) {
  const auto found = clients_.find(number);
  return found == clients_.end() || found->second->ending ? nullptr : found->second.get();
}

Server::Client* Server::speaking() {
  Client* newest = nullptr;
  for (const auto& [number, client] : clients_) {
    if (client->ending) continue;
    newest = client.get();
    if (client->publication) return newest;
  }
  return newest;
}

std::optional<Step> Server::step() const {
  const auto newest = std::find_if(clients_.rbegin(), clients_.rend(),
                                   [](const auto& entry) { return !entry.second->ending; });
  return newest == clients_.rend() ? std::nullopt : std::optional(newest->second->step());
}

void Server::say(const rtmp::Message& message) {
  Client* const client = speaking();
  if (!client) return;
  if (auto out = rtmp::encode(message)) client->send(std::move(*out));
}

void Server::sayRaw(rtmp::BytesView bytes) {
  if (Client* const client = speaking()) client->wire->inject(bytes);
}

void Server::requestReconnect(std::optional<std::string> tc_url) {
  AmfObject details;
  if (tc_url) details.set("tcUrl", *tc_url);
  rtmp::Message message;
  message.body = rtmp::Command{
      "onStatus",
      0,
      nullptr,
      {rtmp::makeInfo("status", "NetConnection.Connect.ReconnectRequest", "please come again", details)}};
  say(message);
}

}  // namespace multiconn::chaos
