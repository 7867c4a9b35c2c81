#include "chaos/server.hpp"

#include <algorithm>
#include <array>
#include <deque>
#include <utility>

#include "net/message_pump.hpp"
#include "rtmp/status_info.hpp"

namespace multiconn::chaos {

namespace {

rtmp::BytesView text(std::string_view characters) {
  return {reinterpret_cast<const std::byte*>(characters.data()), characters.size()};
}

}  // namespace

struct Server::Client final : net::PumpEvents {
  Client(Server& owner, std::uint64_t its_number, std::shared_ptr<Wire> its_wire)
      : server(owner), number(its_number), wire(std::move(its_wire)) {}

  void start() {
    socket = wire->transport(Wire::End::server);
    if (server.door == Door::mute) return server.meet();
    if (server.door == Door::web) {
      server.meet();
      const std::array<rtmp::BytesView, 1> answer{
          text("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")};
      socket->write(answer);
      socket->shutdownWrite();
      return;
    }
    pump = std::make_unique<net::MessagePump>(server.scheduler_, std::move(socket),
                                              rtmp::Handshake::Role::server, rtmp::Limits{},
                                              static_cast<net::PumpEvents&>(*this));
    pump->start();
  }

  void opened() override {}
  void message(rtmp::Message message) override;
  void writable() override { flush(); }
  void closed(net::LinkFailure) override { server.forget(number); }

  void react(rtmp::ServerReaction reaction) {
    for (rtmp::OutMessage& out : reaction.send) send(std::move(out));
    for (rtmp::ServerEvent& event : reaction.events)
      std::visit([this](const auto& what) { on(what); }, event);
  }
  void send(rtmp::OutMessage out) {
    waiting.push_back(std::move(out));
    flush();
  }
  void flush() {
    while (pump && !waiting.empty() && pump->trySend(waiting.front())) waiting.pop_front();
  }
  /// Later, as the server's manners are then.
  template <typename Act>
  void after(net::Duration delay, Act act) {
    if (delay == net::Duration()) return act(*this);
    server.meet();
    server.loop_.later(delay, [alive = std::weak_ptr(server.alive_), owner = &server, id = number, act] {
      if (alive.expired()) return;
      if (Client* const client = owner->find(id)) act(*client);
    });
  }

  bool muteFor(const std::string& command);
  bool closesAt(const std::string& command);
  void media(const rtmp::Message& message);
  void data(const rtmp::Data& data);
  void on(const rtmp::server_event::ConnectRequested&) {
    after(server.manners.delay, [](Client& self) { self.answerConnect(); });
  }
  void on(const rtmp::server_event::PublishRequested& event) {
    after(server.manners.delay, [event](Client& self) { self.answerPublish(event); });
  }
  void on(const rtmp::server_event::StreamClosed&) {
    if (publication) server.publications[*publication].ended = true;
    publication.reset();
    publish_stream = 0;
    name.clear();
  }
  void on(const rtmp::server_event::Called& event) {
    if (event.transaction == 0) return;
    if (server.manners.answers_calls) return react(session.result(event.transaction, "done"));
  }
  template <typename Event>
  void on(const Event&) {}
  void answerConnect();
  void answerPublish(const rtmp::server_event::PublishRequested& request);
  bool taken(const std::string& wanted) const;

  Server& server;
  std::uint64_t number;
  std::shared_ptr<Wire> wire;
  rtmp::ServerSession session{rtmp::Limits()};
  std::deque<rtmp::OutMessage> waiting;
  std::string name;
  std::uint32_t publish_stream = 0;
  std::optional<std::size_t> publication;
  int messages = 0;
  bool mute = false, ending = false;
  std::unique_ptr<net::Transport> socket;  // of a client that gets no handshake
  std::unique_ptr<net::MessagePump> pump;
};

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

void Server::Client::message(rtmp::Message message) {
  if (ending) return;
  if (server.manners.reset_after && ++messages >= *server.manners.reset_after) {
    // What lies behind this message has been acknowledged, and nobody will ever see it.
    if (publication) server.publications[*publication].choked = true;
    server.meet();
    return server.end(number, Ending::reset);
  }
  if (const auto* command = std::get_if<rtmp::Command>(&message.body)) {
    if (closesAt(command->name)) {
      server.meet();
      return server.end(number, Ending::finish);
    }
    if (muteFor(command->name)) {
      server.meet();
      mute = true;
    }
  }
  if (mute) return;
  if (publication && message.stream_id == publish_stream) media(message);
  react(session.handle(message));
}

bool Server::Client::muteFor(const std::string& command) {
  const auto at = server.manners.mute_at;
  return (at == Manners::At::connect && command == "connect") ||
         (at == Manners::At::create_stream && command == "createStream") ||
         (at == Manners::At::publish && command == "publish");
}

bool Server::Client::closesAt(const std::string& command) {
  const auto at = server.manners.close_at;
  return (at == Manners::At::connect && command == "connect") ||
         (at == Manners::At::create_stream && command == "createStream") ||
         (at == Manners::At::publish && command == "publish");
}

void Server::Client::media(const rtmp::Message& message) {
  Publication& into = server.publications[*publication];
  if (const auto* values = std::get_if<rtmp::Data>(&message.body)) return data(*values);
  if (!std::holds_alternative<rtmp::Audio>(message.body) &&
      !std::holds_alternative<rtmp::Video>(message.body))
    return;
  if (auto seen = server.ledger_.recognise(message)) {
    seen->at = server.loop_.now();
    into.frames.push_back(*seen);
  } else {
    server.complain_("a frame came that nobody has written, at " + std::to_string(message.timestamp) + " ms");
  }
}

void Server::Client::data(const rtmp::Data& data) {
  Publication& into = server.publications[*publication];
  const std::string* const handler = data.values.empty() ? nullptr : data.values[0].string();
  if (!handler) return;
  if (*handler == "@setDataFrame" && into.frames.empty()) into.metadata_first = true;
  if (*handler != "chaos" || data.values.size() < 2) return;
  if (const double* const count = data.values[1].number())
    into.data.push_back(static_cast<std::uint32_t>(*count));
}

void Server::Client::answerConnect() {
  const Manners& manners = server.manners;
  if (manners.reject_connect.empty()) return react(session.acceptConnect());
  server.meet();
  react(session.rejectConnect(manners.reject_connect, manners.connect_says, manners.redirect));
  if (pump) pump->close(net::CloseMode::graceful);
}

void Server::Client::answerPublish(const rtmp::server_event::PublishRequested& request) {
  const Manners& manners = server.manners;
  if (!manners.reject_publish.empty()) {
    server.meet();
    return react(session.rejectPublish(request.stream_id, manners.reject_publish,
                                       "not " + request.name + "?" + request.query));
  }
  if (manners.one_publisher && taken(request.name))
    return react(
        session.rejectPublish(request.stream_id, "NetStream.Publish.BadName", request.name + " is in use"));
  name = request.name;
  publish_stream = request.stream_id;
  publication = server.publications.size();
  server.publications.push_back({number,
                                 server.loop_.now(),
                                 {},
                                 {},
                                 false,
                                 server.slow_ || server.narrow,
                                 server.choked_ || server.narrow,
                                 false});
  react(session.acceptPublish(request.stream_id));
  if (!manners.close_after_start) return;
  server.meet();
  server.end(number, Ending::finish);
}

bool Server::Client::taken(const std::string& wanted) const {
  return std::any_of(server.clients_.begin(), server.clients_.end(), [&](const auto& entry) {
    return entry.first != number && entry.second->name == wanted;
  });
}

}  // namespace multiconn::chaos
