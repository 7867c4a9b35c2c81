#pragma once

#include <gmock/gmock.h>

#include <utility>

#include "rtmp/client_session.hpp"
#include "rtmp/script.hpp"

namespace multiconn::rtmp::test {

inline const ConnectRequest connect_request{"live", "rtmp://host/live", {}, true, {}};
inline const ConnectRequest amf3_request{"live", "rtmp://host/live", {}, true, {}, true};
inline const PublishRequest publish_request{"key?a=b", "live"};

/// Feeds what a server says and keeps what came of it.
struct ClientScript : Script<ClientEvent> {
  using Reaction = ClientReaction;
  explicit ClientScript(ConnectRequest r = connect_request, Limits limits = {})
      : session(std::move(r), limits) {}

  void add(ClientReaction reaction) { keep(reaction); }
  void server(const Message& message) { add(session.handle(message)); }
  void succeed() {
    server(incoming("_result", 1, {makeInfo("status", "NetConnection.Connect.Success", "")}));
  }
  void connected() {
    add(session.connect());
    succeed();
    events.clear();
  }
  /// With AMF3 asked for and granted; see amf3_request.
  void connectedWithAmf3() {
    add(session.connect());
    server(incoming(
        "_result", 1,
        {makeInfo("status", "NetConnection.Connect.Success", "", AmfObject{{"objectEncoding", 3}})}));
    events.clear();
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
  ClientSession session;
};

}  // namespace multiconn::rtmp::test

/// What every test of the client's session says.
namespace multiconn::rtmp::client_words {
using namespace client_event;
using namespace session_words;
using Script = test::ClientScript;
using test::publish_request;
}  // namespace multiconn::rtmp::client_words
