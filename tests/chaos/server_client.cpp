#include "chaos/server_client.hpp"

#include <algorithm>
#include <array>

#include "chaos/cut_short.hpp"

namespace multiconn::chaos {

namespace {

rtmp::BytesView text(std::string_view characters) {
  return {reinterpret_cast<const std::byte*>(characters.data()), characters.size()};
}

}  // namespace

void Server::Client::start() {
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
  if (server.manners.handshake_bytes) socket = cutShort(std::move(socket));
  pump =
      std::make_unique<net::MessagePump>(server.scheduler_, std::move(socket), rtmp::Handshake::Role::server,
                                         rtmp::Limits{}, static_cast<net::PumpEvents&>(*this));
  pump->start();
}

std::unique_ptr<net::Transport> Server::Client::cutShort(std::unique_ptr<net::Transport> way) {
  return std::make_unique<CutShort>(std::move(way), *server.manners.handshake_bytes,
                                    [this, closes = server.manners.close_in_handshake] {
                                      server.meet();
                                      if (closes) server.end(number, Ending::finish);
                                    });
}

Step Server::Client::step() const {
  if (!shaken) return Step::handshake;
  if (!session.connected()) return Step::connect;
  if (publication) return Step::publishing;
  return has_stream ? Step::publish : Step::create_stream;
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
    has_stream = has_stream || (!mute && command->name == "createStream");
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
                                 false,
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
