#pragma once

#include <gmock/gmock.h>

#include <string>
#include <utility>

#include "rtmp/script.hpp"
#include "rtmp/server_session.hpp"

namespace multiconn::rtmp::test {

/// Feeds what a client says and keeps what came of it.
struct ServerScript : Script<ServerEvent> {
  using Reaction = ServerReaction;
  explicit ServerScript(Limits limits = {}) : session(limits) {}

  void add(ServerReaction reaction) {
    close = reaction.close;
    keep(reaction);
  }
  void client(const Message& message) { add(session.handle(message)); }
  void connect(AmfValue object = AmfObject{{"app", "live"}}) {
    client(incoming("connect", 1, {}, 0, std::move(object)));
  }
  void accepted(AmfValue object = AmfObject{{"app", "live"}}) {
    connect(std::move(object));
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
  ServerSession session;
  Error close = Error::none;
};

}  // namespace multiconn::rtmp::test

/// What every test of the server's session says.
namespace multiconn::rtmp::server_words {
using namespace server_event;
using namespace session_words;
using Script = test::ServerScript;
}  // namespace multiconn::rtmp::server_words
