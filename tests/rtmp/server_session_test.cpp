#include "rtmp/server_session.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rtmp/server_script.hpp"

namespace multiconn::rtmp {
namespace {

using namespace server_words;

TEST(ServerConnect, AsksTheApplication) {
  Script script;
  script.client(
      incoming("connect", 1, {"extra"}, 0,
               AmfObject{{"app", "/live/inst/?token=a/b"}, {"tcUrl", "rtmp://h/live"}, {"flashVer", "x"}}));
  ASSERT_EQ(script.saw<ConnectRequested>().size(), 1u);
  const auto request = script.saw<ConnectRequested>()[0];
  EXPECT_EQ(request.app, "live/inst");
  EXPECT_EQ(request.query, "token=a/b");
  EXPECT_EQ(request.tc_url, "rtmp://h/live");
  EXPECT_EQ(request.flash_version, "x");
  EXPECT_EQ(request.arguments, std::vector<AmfValue>{"extra"});
  EXPECT_FALSE(script.session.connected());
}

TEST(ServerConnect, AcceptsEcmaArraysAndMistypedMembers) {
  Script script;
  script.connect(AmfObject::ecmaArray({{"app", 5}, {"tcurl", "rtmp://h"}, {"flashVer", nullptr}}));
  ASSERT_EQ(script.saw<ConnectRequested>().size(), 1u);
  EXPECT_EQ(script.saw<ConnectRequested>()[0].app, "");
  EXPECT_EQ(script.saw<ConnectRequested>()[0].tc_url, "rtmp://h");
}

TEST(ServerConnect, Accepted) {
  Script script;
  script.connect();
  script.add(script.session.acceptConnect());
  EXPECT_THAT(described(script.sent),
              ElementsAre("type 5", "type 6", "control 0@0", "_result:1", "onBWDone:0"));
  EXPECT_EQ(script.code(3), "NetConnection.Connect.Success");
  const Command result = commandIn(script.sent[3]);
  EXPECT_EQ(result.arguments[0].object()->numberOr("objectEncoding", -1), 0);
  EXPECT_EQ(*result.object.object()->find("fourCcList")->array(), AmfArray{"*"});
  EXPECT_EQ(result.object.object()->numberOr("capsEx", 0), 15);
  EXPECT_TRUE(script.session.connected());
  script.add(script.session.acceptConnect());
  EXPECT_THAT(script.sent, IsEmpty());
}

TEST(ServerConnect, Rejected) {
  Script script;
  script.connect();
  script.add(script.session.rejectConnect("NetConnection.Connect.Rejected", "moved",
                                          AmfObject{{"code", 302}, {"redirect", "rtmp://b/live"}}));
  ASSERT_THAT(described(script.sent), ElementsAre("_error:1"));
  EXPECT_EQ(script.code(), "NetConnection.Connect.Rejected");
  const AmfValue info = commandIn(script.sent[0]).arguments[0];
  EXPECT_EQ(info.object()->find("ex")->object()->stringOr("redirect", ""), "rtmp://b/live");
  script.client(incoming("createStream", 2, {}));
  EXPECT_THAT(script.sent, IsEmpty());
}

// What rejectConnection(client, object) of Flash Media Server sends.
TEST(ServerConnect, RejectedWithAWordOfTheApplication) {
  Script script;
  script.connect();
  script.add(script.session.rejectConnect("NetConnection.Connect.Rejected", "no", {}, AmfObject{{"why", 5}}));
  const AmfValue info = commandIn(script.sent.at(0)).arguments[0];
  EXPECT_EQ(*info.object()->find("application"), (AmfObject{{"why", 5}}));
  EXPECT_EQ(info.object()->find("ex"), nullptr);
  Script bytes;
  bytes.connect();
  bytes.add(bytes.session.rejectConnect("NetConnection.Connect.Rejected", "no", {}, AmfValue::ByteArray{}));
  EXPECT_EQ(bytes.code(), "NetConnection.Connect.Rejected");
}

TEST(ServerConnect, WhatClosesTheConnection) {
  for (const auto* name : {"publish", "createStream", "anything", "_result"}) {
    Script script;
    script.client(incoming(name, 1, {}));
    EXPECT_EQ(script.close, Error::unexpected_command) << name;
  }
  Script twice;
  twice.accepted();
  twice.connect();
  EXPECT_EQ(twice.close, Error::unexpected_command);
  Script impatient;
  impatient.connect();
  impatient.connect();
  EXPECT_EQ(impatient.close, Error::unexpected_command);
  Script shapeless;
  shapeless.connect("live");
  EXPECT_EQ(shapeless.close, Error::command_malformed);
  Script long_name;
  long_name.connect(AmfObject{{"app", std::string(1025, 'a')}});
  EXPECT_EQ(long_name.close, Error::command_malformed);
  EXPECT_EQ(long_name.code(), "NetConnection.Connect.InvalidApp");
  Script control_characters;
  control_characters.connect(AmfObject{{"app", "a\r\nb"}});
  EXPECT_EQ(control_characters.close, Error::command_malformed);
}

TEST(ServerConnect, PipelinedCommandsWaitForTheDecision) {
  Script script;
  script.connect();
  script.client(incoming("releaseStream", 2, {"key"}));
  script.client(incoming("createStream", 4, {}));
  script.client(incoming("publish", 5, {"key"}, 1));
  EXPECT_THAT(script.sent, IsEmpty());
  EXPECT_EQ(script.events.size(), 1u);
  script.add(script.session.acceptConnect());
  EXPECT_THAT(described(script.sent), ElementsAre("type 5", "type 6", "control 0@0", "_result:1",
                                                  "onBWDone:0", "_result:2", "_result:4"));
  EXPECT_EQ(script.saw<PublishRequested>().size(), 1u);
}

TEST(ServerConnect, OnlySoManyCommandsWait) {
  Script script;
  script.connect();
  for (int i = 0; i < 16; ++i) {
    script.client(incoming("a", 0, {}));
    EXPECT_EQ(script.close, Error::none);
  }
  script.client(incoming("a", 0, {}));
  EXPECT_EQ(script.close, Error::unexpected_command);
}

TEST(ServerCalls, CourtesyOfEncodersAndPlayers) {
  Script script;
  script.accepted();
  script.client(incoming("releaseStream", 2, {"key"}));
  EXPECT_THAT(described(script.sent), ElementsAre("_result:2"));
  EXPECT_EQ(commandIn(script.sent[0]).arguments, std::vector<AmfValue>{nullptr});
  script.client(incoming("FCPublish", 3, {"key"}));
  EXPECT_THAT(described(script.sent), ElementsAre("_result:3", "onFCPublish:0"));
  EXPECT_EQ(script.code(1), "NetStream.Publish.Start");
  script.client(incoming("FCSubscribe", 0, {"key"}));
  EXPECT_THAT(described(script.sent), ElementsAre("onFCSubscribe:0"));
  script.client(incoming("getStreamLength", 4, {"key"}));
  EXPECT_EQ(commandIn(script.sent[0]).arguments, std::vector<AmfValue>{0});
  script.client(incoming("_checkbw", 5, {}));
  EXPECT_THAT(described(script.sent), ElementsAre("_result:5"));
  EXPECT_THAT(script.events, IsEmpty());
}

TEST(ServerCalls, Status) {
  Script script;
  script.accepted();
  script.add(script.session.status(3, "warning", "NetStream.Play.InsufficientBW", "slow"));
  EXPECT_THAT(described(script.sent), ElementsAre("onStatus:0@3"));
  EXPECT_EQ(script.code(), "NetStream.Play.InsufficientBW");
  script.add(script.session.status(0, "status", "NetConnection.Connect.ReconnectRequest", "maintenance",
                                   AmfObject{{"tcUrl", "/other"}}));
  const AmfValue info = commandIn(script.sent[0]).arguments[0];
  EXPECT_EQ(info, (AmfObject{{"level", "status"},
                             {"code", "NetConnection.Connect.ReconnectRequest"},
                             {"description", "maintenance"},
                             {"tcUrl", "/other"}}));
}

}  // namespace
}  // namespace multiconn::rtmp
