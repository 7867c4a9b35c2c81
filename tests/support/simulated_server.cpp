#include "support/simulated_server.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

#include "rtmp/status_info.hpp"
#include "support/simulated_link.hpp"

namespace multiconn::test {

namespace {

rtmp::Message decoded(const rtmp::OutMessage& message) {
  const rtmp::RawMessage raw{static_cast<std::uint8_t>(message.type), message.timestamp, message.stream_id,
                             message.payload};
  const auto message_or_error = rtmp::decode(raw, rtmp::Limits());
  EXPECT_TRUE(message_or_error) << rtmp::make_error_code(message_or_error.error()).message();
  return message_or_error ? *message_or_error : rtmp::Message();
}

bool isMedia(const rtmp::Message& message) {
  return std::holds_alternative<rtmp::Audio>(message.body) ||
         std::holds_alternative<rtmp::Video>(message.body) ||
         std::holds_alternative<rtmp::Data>(message.body);
}

rtmp::Message statusMessage(AmfValue info) {
  rtmp::Message message;
  message.body = rtmp::Command{"onStatus", 0, nullptr, {std::move(info)}};
  return message;
}

}  // namespace

struct SimulatedServer::Client {
  ConnectionNumber number = 0;
  SimulatedLink* link;  // null: a dead session
  rtmp::ServerSession session{rtmp::Limits()};
  std::deque<rtmp::OutMessage> unread = {};
  std::string app = {}, query = {};
  std::uint32_t publish_stream = 0;
  std::size_t publication = 0;  // of publications
  std::uint32_t used_up_ids = 0;
  bool refused = false;  // a message for its length, and all behind it
};

SimulatedServer::SimulatedServer(SimulatedLoop& loop, Script behaviour)
    : script(std::move(behaviour)), loop_(loop) {}

SimulatedServer::~SimulatedServer() = default;

void SimulatedServer::resumeReading() {
  reading_ = true;
  for (auto entry = clients_.begin(); entry != clients_.end();) {
    Client& client = *(entry++)->second;
    if (!client.link) continue;
    for (auto unread = std::exchange(client.unread, {}); !unread.empty(); unread.pop_front())
      arrived(*client.link, std::move(unread.front()));
  }
}

void SimulatedServer::reset(ConnectionNumber connection) {
  if (Client* const client = find(connection))
    client->link->end(
        {std::make_error_code(std::errc::connection_reset), "connection reset by the server", false});
}

void SimulatedServer::close(ConnectionNumber connection) {
  if (Client* const client = find(connection))
    client->link->end({{}, "the server closed the connection", false});
}

bool SimulatedServer::open(ConnectionNumber connection) const {
  return find(connection) != nullptr;
}

std::size_t SimulatedServer::openConnections() const {
  return static_cast<std::size_t>(std::count_if(
      clients_.begin(), clients_.end(), [](const auto& entry) { return entry.second->link != nullptr; }));
}

void SimulatedServer::cutOff() {
  cut_off_at_ = loop_.now();
}

void SimulatedServer::heal() {
  cut_off_at_.reset();
  for (auto tasks = std::exchange(held_back_, {}); !tasks.empty(); tasks.pop_front()) tasks.front()();
}

void SimulatedServer::whenReachable(std::function<void()> task) {
  isCutOff() ? held_back_.push_back(std::move(task)) : task();
}

void SimulatedServer::kill() {
  script.refuses = true;
  reading_ = true;
  for (auto sessions = std::exchange(clients_, {}); auto& [number, session] : sessions) {
    if (!session->link) continue;
    if (number == static_cast<ConnectionNumber>(connections)) client_closed = true;
    session->link->end(
        {std::make_error_code(std::errc::connection_reset), "connection reset by the server", false});
  }
}

void SimulatedServer::sendStatus(bool of_stream, std::string_view level, std::string_view code,
                                 std::string_view description) {
  if (Client* const client = find(0))
    react(*client, client->session.status(of_stream ? client->publish_stream : 0, level, code, description));
}

void SimulatedServer::send(const rtmp::Message& message, ConnectionNumber connection) {
  if (Client* const client = find(connection)) client->link->deliver(message);
}

void SimulatedServer::requestReconnect(std::optional<std::string> tc_url, ConnectionNumber connection) {
  AmfObject details;
  if (tc_url) details.set("tcUrl", *tc_url);
  send(statusMessage(
           rtmp::makeInfo("status", "NetConnection.Connect.ReconnectRequest", "please come again", details)),
       connection);
}

double SimulatedServer::call(std::string_view method, std::vector<AmfValue> arguments, bool wants_reply) {
  Client* const client = find(0);
  if (!client) return 0;
  double transaction = 0;
  rtmp::ServerReaction reaction;
  client->session.call(method, std::move(arguments), wants_reply, transaction, reaction);
  react(*client, std::move(reaction));
  return transaction;
}

void SimulatedServer::sendSharedObject(rtmp::SharedObjectMessage message, ConnectionNumber connection) {
  Client* const client = find(connection);
  if (!client) return;
  rtmp::ServerReaction reaction;
  client->session.sendSharedObject(std::move(message), reaction);
  react(*client, std::move(reaction));
}

void SimulatedServer::attach(SimulatedLink& link) {
  const auto number = static_cast<ConnectionNumber>(++connections);
  clients_.emplace(number, std::make_unique<Client>(Client{number, &link}));
  client_closed = false;
}

void SimulatedServer::detach(SimulatedLink& link, Farewell farewell) {
  Client* const client = find(link);
  if (!client) return;
  if (client->number == static_cast<ConnectionNumber>(connections)) client_closed = true;
  const bool noticed = farewell == Farewell::said && !isCutOff();
  if (noticed || script.keeps_dead_sessions == net::Duration::zero())
    return static_cast<void>(clients_.erase(client->number));
  client->link = nullptr;
  loop_.later(script.keeps_dead_sessions, [this, number = client->number] { clients_.erase(number); });
}

void SimulatedServer::arrived(SimulatedLink& link, rtmp::OutMessage message) {
  Client* const client = find(link);
  if (!client || client->refused) return;
  client->refused = message.payload->size() > script.longest_message;
  if (client->refused) return reset(client->number);
  if (!reading_) return client->unread.push_back(std::move(message));
  link.acknowledged(message.payload->size());
  process(*client, message);
}

SimulatedServer::Client* SimulatedServer::find(const SimulatedLink& link) {
  for (const auto& [number, client] : clients_)
    if (client->link == &link) return client.get();
  return nullptr;
}

// 0: the newest.
SimulatedServer::Client* SimulatedServer::find(ConnectionNumber number) {
  return const_cast<Client*>(std::as_const(*this).find(number));
}

const SimulatedServer::Client* SimulatedServer::find(ConnectionNumber number) const {
  const auto found = clients_.find(number == 0 ? static_cast<ConnectionNumber>(connections) : number);
  return found == clients_.end() || !found->second->link ? nullptr : found->second.get();
}

void SimulatedServer::process(Client& client, const rtmp::OutMessage& out) {
  const rtmp::Message message = decoded(out);
  if (const auto* command = std::get_if<rtmp::Command>(&message.body)) {
    commands.push_back(command->name);
    if (script.reject_pipelined && command->name == "createStream" && !client.session.connected())
      return close(client.number);
    if (command->name == "createStream") useUpStreamIds(client);
  }
  if (isMedia(message) && message.stream_id == client.publish_stream && client.publish_stream != 0) {
    publications[client.publication].media.push_back(message);
    if (client.publication + 1 == publications.size()) {
      media.push_back(message);
      arrivals.push_back(loop_.now());
    }
  }
  react(client, client.session.handle(message));
}

void SimulatedServer::useUpStreamIds(Client& client) {
  rtmp::Message message;
  message.body = rtmp::Command{"createStream", 0, nullptr, {}};
  for (; client.used_up_ids + 1 < script.first_stream_id; ++client.used_up_ids)
    client.session.handle(message);
}

void SimulatedServer::react(Client& client, rtmp::ServerReaction reaction) {
  for (const rtmp::OutMessage& message : reaction.send) client.link->deliver(decoded(message));
  for (rtmp::ServerEvent& event : reaction.events)
    std::visit([&](const auto& what) { on(client, what); }, event);
}

void SimulatedServer::on(Client& client, const rtmp::server_event::ConnectRequested& event) {
  connect_object = event.object;
  connect_objects.push_back(event.object);
  client.app = event.app;
  client.query = event.query;
  loop_.later(script.connect_delay, [this, number = client.number] {
    if (open(number)) answerConnect(*find(number));
  });
}

void SimulatedServer::answerConnect(Client& client) {
  const auto reject = [&](const std::string& code, const std::string& description, const AmfValue& ex) {
    react(client, client.session.rejectConnect(code, description, ex));
    close(client.number);
  };
  if (script.login)
    if (const auto why = script.login->rejection(client.app, client.query))
      return reject("NetConnection.Connect.Rejected", *why, {});
  const bool still = !script.reject_times || connections <= *script.reject_times;
  if (!script.reject_connect.empty() && still)
    return reject(script.reject_connect, script.description, script.reject_ex);
  react(client, client.session.acceptConnect());
}

void SimulatedServer::on(Client& client, const rtmp::server_event::PublishRequested& request) {
  published.push_back(request.name + (request.query.empty() ? "" : "?" + request.query) + " " + request.mode);
  stream_ids.push_back(request.stream_id);
  if (script.never_answers_publish) return;
  if (script.close_on_publish) return close(client.number);
  if (!script.redirect_publish.empty()) return redirectPublish(client);
  const bool still =
      !script.publish_times || published.size() <= static_cast<std::size_t>(*script.publish_times);
  if (!script.reject_publish.empty() && still)
    return react(client,
                 client.session.rejectPublish(request.stream_id, script.reject_publish, script.description));
  if (script.one_publisher && taken(client, request.name))
    return react(client,
                 client.session.rejectPublish(request.stream_id, "NetStream.Publish.BadName", "in use"));
  if (script.publish_delay == net::Duration::zero()) return acceptPublish(client, request);
  loop_.later(script.publish_delay, [this, request, number = client.number] {
    if (open(number)) acceptPublish(*find(number), request);
  });
}

void SimulatedServer::redirectPublish(Client& client) {
  AmfObject ex{{"code", 302}, {"redirect", script.redirect_publish}};
  if (!script.redirect_full_url.empty()) ex.set("redirect2", script.redirect_full_url);
  send(statusMessage(rtmp::makeInfo("error", "NetConnection.Connect.Rejected", "RTMP 302 Redirect",
                                    {{"ex", std::move(ex)}})),
       client.number);
}

void SimulatedServer::acceptPublish(Client& client, const rtmp::server_event::PublishRequested& request) {
  client.publish_stream = request.stream_id;
  client.publication = publications.size();
  publications.push_back({client.number, request.name, {}, false});
  publish_started = loop_.now();
  unpublished = false;
  media.clear();
  arrivals.clear();
  react(client, client.session.acceptPublish(request.stream_id));
  if (script.close_after_start) close(client.number);
}

bool SimulatedServer::taken(const Client& client, const std::string& name) const {
  for (const auto& [number, other] : clients_)
    if (number != client.number && other->publish_stream != 0 &&
        publications[other->publication].name == name)
      return true;
  return false;
}

void SimulatedServer::on(Client& client, const rtmp::server_event::StreamClosed&) {
  if (client.publish_stream == 0) {
    unpublished = true;
    return;
  }
  publications[client.publication].ended = true;
  if (client.publication + 1 == publications.size()) unpublished = true;
  client.publish_stream = 0;
}

void SimulatedServer::on(Client& client, const rtmp::server_event::Called& call) {
  calls.push_back(call);
  if (!script.on_call) return react(client, client.session.callFailed(call.transaction, "no such method"));
  if (auto result = script.on_call(call))
    react(client, client.session.result(call.transaction, std::move(*result)));
}

void SimulatedServer::on(Client& client, const rtmp::server_event::SharedObjectReceived& event) {
  shared_objects.push_back(event.message);
  if (script.on_shared_object) script.on_shared_object(*this, client.number, event.message);
}

}  // namespace multiconn::test
