#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "chaos/server.hpp"
#include "net/message_pump.hpp"
#include "rtmp/status_info.hpp"

namespace multiconn::chaos {

/// One connection of a Server: the RTMP session on it, and what its manners make of that.
struct Server::Client final : net::PumpEvents {
  Client(Server& owner, std::uint64_t its_number, std::shared_ptr<Wire> its_wire)
      : server(owner), number(its_number), wire(std::move(its_wire)) {}

  void start();
  Step step() const;
  void opened() override { shaken = true; }
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
  std::unique_ptr<net::Transport> cutShort(std::unique_ptr<net::Transport> way);
  void media(const rtmp::Message& message);
  void data(const rtmp::Data& data);
  void on(const rtmp::server_event::ConnectRequested&) {
    after(server.manners.delay, [](Client& self) { self.answerConnect(); });
  }
  // The stream may be deleted before a late answer, and another one get its id.
  void on(const rtmp::server_event::PublishRequested& event) {
    after(server.manners.delay, [event, request = ++publish_requests](Client& self) {
      if (request == self.publish_requests) self.answerPublish(event);
    });
  }
  void on(const rtmp::server_event::StreamClosed&) {
    ++publish_requests;
    if (publication) server.publications[*publication].ended = true;
    publication.reset();
    publish_stream = 0;
    has_stream = false;
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
  std::uint64_t publish_requests = 0;  // withdrawn ones count twice
  std::optional<std::size_t> publication;
  int messages = 0;
  bool shaken = false, has_stream = false, mute = false, ending = false;
  std::unique_ptr<net::Transport> socket;  // of a client that gets no handshake
  std::unique_ptr<net::MessagePump> pump;
};

}  // namespace multiconn::chaos
