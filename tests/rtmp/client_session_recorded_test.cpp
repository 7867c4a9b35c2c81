#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rtmp/client_script.hpp"

namespace multiconn::rtmp {
namespace {

using namespace client_words;

// What servers said on loopback when they were sent connect, releaseStream, FCPublish, createStream in one
// write, and publish after that: the commands alone, in their order.
struct Recording {
  const char* server;
  std::vector<Message> before_publish, after_publish;
};

std::vector<Recording> recordings() {
  const AmfValue success = makeInfo("status", "NetConnection.Connect.Success", "Connection succeeded.");
  const AmfValue properties = AmfObject{{"fmsVer", "FMS/3,0,1,123"}, {"capabilities", 31}};
  const Message start = onStatus(1, "status", "NetStream.Publish.Start");
  const Message connected = incoming("_result", 1, {success}, 0, properties);
  const Message created = incoming("_result", 4, {1});
  const AmfValue undefined;
  return {
      {"nginx-rtmp 1.2.2", {connected, created}, {start}},
      {"node-media-server 4.4.3", {connected, created}, {start}},
      {"SRS 7.0.18",
       {connected, incoming("onBWDone", 0, {}), incoming("_result", 2, {undefined}),
        incoming("_result", 3, {undefined}), created},
       {incoming("onFCPublish", 0, {makeInfo("status", "NetStream.Publish.Start", "")}, 1), start}},
      {"crtmpserver 2015",
       {connected, incoming("onBWDone", 0, {}),
        incoming("_error", 2, {makeInfo("error", "NetConnection.Call.Failed", "releaseStream")}), created},
       {start}},
      {"Red5 1.1.1",
       {incoming("_result", 1, {success}), incoming("onBWDone", 2, {}), incoming("_result", 2, {nullptr}),
        created},
       {start}},
      {"ffmpeg 5.1 -listen 1",
       {connected, incoming("onBWDone", 0, {8192}), incoming("_result", 2, {}),
        incoming("onFCPublish", 0, {}), incoming("_result", 3, {}), created},
       {start}},
  };
}

TEST(ClientRecorded, PublishStartsOnEveryServer) {
  for (const Recording& recording : recordings()) {
    Script script;
    script.add(script.session.connect(publish_request));
    std::vector<std::string> sent;
    for (const Message& message : recording.before_publish) {
      script.server(message);
      for (const OutMessage& out : script.sent) sent.push_back(described(out));
    }
    EXPECT_THAT(sent, ElementsAre("publish:5@1")) << recording.server;
    for (const Message& message : recording.after_publish) script.server(message);
    EXPECT_EQ(script.saw<PublishStarted>().size(), 1u) << recording.server;
    EXPECT_EQ(script.events.size(), 2u) << recording.server;
  }
}

TEST(ClientRecorded, DuplicatePublishIsBadName) {  // nginx-rtmp, crtmpserver, Red5: and the connection stays
  for (const Recording& recording : recordings()) {
    Script script;
    script.add(script.session.connect(publish_request));
    for (const Message& message : recording.before_publish) script.server(message);
    script.server(onStatus(1, "error", "NetStream.Publish.BadName"));
    ASSERT_EQ(script.saw<PublishFailed>().size(), 1u) << recording.server;
    EXPECT_TRUE(script.session.connected()) << recording.server;
  }
}

TEST(ClientRecorded, UnknownAppOnRed5) {
  Script script;
  script.add(script.session.connect(publish_request));
  script.server(incoming("_error", 1, {makeInfo("error", "NetConnection.Connect.InvalidApp", "")}));
  EXPECT_EQ(script.saw<ConnectFailed>().size(), 1u);
}

}  // namespace
}  // namespace multiconn::rtmp
