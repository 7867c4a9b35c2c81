#pragma once

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "rtmp/server_session.hpp"
#include "support/messages.hpp"

namespace multiconn::rtmp::test {

/// Feeds what a client says and keeps what came of it.
struct ServerScript {
  explicit ServerScript(Limits limits = {}) : session(limits) {}

  void add(ServerReaction reaction) {
    sent = std::move(reaction.send);
    close = reaction.close;
    for (auto& event : reaction.events) events.push_back(std::move(event));
  }
  void client(const Message& message) { add(session.handle(message)); }
  void connect(AmfValue object = AmfObject{{"app", "live"}}) {
    client(incoming("connect", 1, {}, 0, std::move(object)));
  }
  void accepted() {
    connect();
    add(session.acceptConnect());
    events.clear();
  }
  /// Connected, with streams 1 to `count`.
  void withStreams(int count) {
    accepted();
    for (int i = 0; i < count; ++i) client(incoming("createStream", 2 + i, {}));
  }
  void publishing(std::uint32_t stream_id = 1, std::string name = "key") {
    client(incoming("publish", 5, {std::move(name), "live"}, stream_id));
    add(session.acceptPublish(stream_id));
  }
  void playing(std::uint32_t stream_id = 1) {
    client(incoming("play", 5, {"key"}, stream_id));
    add(session.acceptPlay(stream_id, false));
    events.clear();
  }
  std::string code(std::size_t index = 0) const {
    if (index >= sent.size()) return "nothing was sent";
    const Command command = commandIn(sent[index]);
    return command.arguments.empty() ? "no argument" : statusInfo(command.arguments[0]).code;
  }
  template <typename Event>
  std::vector<Event> saw() const {
    std::vector<Event> found;
    for (const auto& event : events) {
      if (const auto* match = std::get_if<Event>(&event)) found.push_back(*match);
    }
    return found;
  }

  ServerSession session;
  std::vector<OutMessage> sent;
  std::vector<ServerEvent> events;
  Error close = Error::none;
};

}  // namespace multiconn::rtmp::test
