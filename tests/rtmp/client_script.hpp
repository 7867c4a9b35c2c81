#pragma once

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "rtmp/client_session.hpp"
#include "support/messages.hpp"

namespace multiconn::rtmp::test {

inline const ConnectRequest connect_request{"live", "rtmp://host/live", {}, true, {}};
inline const PublishRequest publish_request{"key?a=b", "live"};

/// Feeds what a server says and keeps what came of it.
struct ClientScript {
  explicit ClientScript(ConnectRequest r = connect_request, Limits limits = {})
      : session(std::move(r), limits) {}

  void add(ClientReaction reaction) {
    sent = std::move(reaction.send);
    for (auto& event : reaction.events) events.push_back(std::move(event));
  }
  void server(const Message& message) { add(session.handle(message)); }
  void succeed() {
    server(incoming("_result", 1, {makeInfo("status", "NetConnection.Connect.Success", "")}));
  }
  /// Up to a publish on stream 1 that waits for its answer; transactions 2 to 5 are used.
  void awaitPublish() {
    add(session.connect(publish_request));
    succeed();
    server(incoming("_result", 4, {1}));
  }
  void startPublish() {
    awaitPublish();
    server(onStatus(1, "status", "NetStream.Publish.Start"));
  }
  /// Up to a play on stream 1 that waits for its answer.
  void awaitPlay(const PlayRequest& play = {"key"}) {
    add(session.connect());
    succeed();
    add(session.play(play));
    server(incoming("_result", 2, {1}));
  }
  template <typename Event>
  std::vector<Event> saw() const {
    std::vector<Event> found;
    for (const auto& event : events) {
      if (const auto* match = std::get_if<Event>(&event)) found.push_back(*match);
    }
    return found;
  }

  ClientSession session;
  std::vector<OutMessage> sent;
  std::vector<ClientEvent> events;
};

}  // namespace multiconn::rtmp::test
