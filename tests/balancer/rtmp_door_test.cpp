// RTMP clients that are told where to go, at a real port.
#include <string>

#include "balancer/client.hpp"
#include "balancer/rtmp_door_fixture.hpp"

namespace multiconn::balancer {
namespace {

using test::RtmpDoorTest;
using test::RtmpPeer;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr const char* rejected = "NetConnection.Connect.Rejected";

const AmfObject& flashPlayer() {
  static const AmfObject object{{"flashVer", "WIN 32,0,0,465"}, {"objectEncoding", 3}};
  return object;
}

TEST_F(RtmpDoorTest, ARedirectIsTheAnswerToConnectThenCloseThenTheEnd) {
  open(RtmpMode::redirect);
  report(5, {"rtmp", "10.0.0.5", 1936, ""});
  RtmpPeer client = this->client();
  client.connect("live/room?token=secret", {}, 7);
  const auto answer = client.nextCommand();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->name, "_error");
  EXPECT_EQ(answer->transaction, 7);
  EXPECT_TRUE(answer->object.isNull());
  const AmfObject info = infoOf(answer);
  EXPECT_EQ(info.stringOr("level", ""), "error");
  EXPECT_EQ(info.stringOr("code", ""), rejected);
  EXPECT_EQ(info.stringOr("description", ""), "Connect to rtmp://10.0.0.5:1936/live/room instead.");
  const AmfValue* const ex = info.find("ex");
  ASSERT_TRUE(ex && ex->object());
  EXPECT_EQ(ex->object()->numberOr("code", 0), 302);
  EXPECT_EQ(ex->object()->stringOr("redirect", ""), "rtmp://10.0.0.5:1936/live/room?token=secret");
  const auto close = client.nextCommand();
  ASSERT_TRUE(close);
  EXPECT_EQ(close->name, "close");
  EXPECT_EQ(close->transaction, 0);
  EXPECT_FALSE(client.next());
  EXPECT_TRUE(empty());
  EXPECT_EQ(asked(LookUpForm::rtmp_redirect), 1u);
  EXPECT_THAT(log, Not(HasSubstr("secret")));
}

// FFmpeg and OBS send on while they wait for the answer.
TEST_F(RtmpDoorTest, WhatIsPipelinedBehindConnectDoesNotCostTheAnswer) {
  open(RtmpMode::redirect);
  report(5, {"rtmp", "10.0.0.5", 0, ""});
  RtmpPeer client = this->client();
  client.connect("live");
  for (int i = 2; i < 12; ++i) client.call("releaseStream", i, 0, {"stream"});
  EXPECT_EQ(redirectOf(client), "rtmp://10.0.0.5/live");
  ASSERT_TRUE(client.nextCommand());
  EXPECT_TRUE(client.waitEnded());
}

TEST_F(RtmpDoorTest, AnApplicationThatIsNotServedIsInvalid) {
  open(RtmpMode::automatic, {{"live", {}}, {"vod", {}}});
  report(5, {"rtmp", "10.0.0.5", 0, ""});
  for (const char* const app : {"other", "live2/room", "", "LIVE"}) {
    RtmpPeer client = this->client();
    client.connect(app, flashPlayer());
    EXPECT_THAT(refusalOf(client), StartsWith("NetConnection.Connect.InvalidApp: The load balancer has no"));
  }
  RtmpPeer client = this->client();
  client.connect("vod/room", flashPlayer());
  EXPECT_EQ(redirectOf(client), "rtmp://10.0.0.5/vod/room");
  EXPECT_EQ(counts.refused, 4u);
}

TEST_F(RtmpDoorTest, WithoutAnEdgeTheClientIsRejectedWithoutAWayOut) {
  for (const RtmpMode mode : {RtmpMode::redirect, RtmpMode::relay}) {
    open(mode);
    RtmpPeer client = this->client();
    client.connect("live", {}, 3);
    EXPECT_EQ(refusalOf(client), std::string(rejected) + ": There is no server at the moment.");
  }
}

TEST_F(RtmpDoorTest, AFullClusterIsSaidToBeFull) {
  open(RtmpMode::redirect);
  report(5, {"rtmp", "10.0.0.5", 0, ""}, 1000);
  RtmpPeer client = this->client();
  client.connect("live");
  EXPECT_EQ(refusalOf(client), std::string(rejected) + ": Every server is full.");
}

class RtmpDoorAtStartTest : public RtmpDoorTest {
 protected:
  RtmpDoorAtStartTest() : RtmpDoorTest(std::chrono::hours(24 * 365 * 10)) {}
};

TEST_F(RtmpDoorAtStartTest, NobodyIsSentAnywhereYet) {
  open(RtmpMode::automatic);
  report(5, {"rtmp", "10.0.0.5", 0, ""});
  for (const AmfObject& object : {AmfObject{}, flashPlayer()}) {
    RtmpPeer client = this->client();
    client.connect("live", object);
    EXPECT_THAT(refusalOf(client),
                StartsWith(std::string(rejected) + ": The load balancer has just started"));
  }
}

TEST_F(RtmpDoorTest, AppPortAndSchemeAreOfTheApplication) {
  RtmpRedirect secure, moved;
  secure.scheme = "rtmps";
  moved.app = "edge";
  moved.port = 2000;
  open(RtmpMode::redirect, {{"secure", secure}, {"moved", moved}, {"", {}}});
  report(5, {"rtmp", "10.0.0.5", 1936, ""});
  const auto led = [&](const std::string& app) {
    RtmpPeer client = this->client();
    client.connect(app);
    return redirectOf(client);
  };
  // The edge reports no address for rtmps, and may serve it all the same: at the scheme's own port.
  EXPECT_EQ(led("secure"), "rtmps://10.0.0.5/secure");
  EXPECT_EQ(led("moved/room"), "rtmp://10.0.0.5:2000/edge/room");
  EXPECT_EQ(led("other"), "rtmp://10.0.0.5:1936/other");
  report(6, {"rtmps", "10.0.0.6", 8443, ""});
  EXPECT_EQ(led("secure"), "rtmps://10.0.0.6:8443/secure");
}

// ---- redirectOnConnect=false ----

class RtmpCallTest : public RtmpDoorTest {
 protected:
  RtmpPeer letIn() {
    RtmpRedirect by_call;
    by_call.on_connect = false;
    open(RtmpMode::redirect, {{"live", by_call}});
    RtmpPeer client = this->client();
    client.connect("live");
    const auto answer = client.nextCommand();
    EXPECT_EQ(answer ? answer->name : "", "_result");
    EXPECT_EQ(infoOf(answer).stringOr("code", ""), "NetConnection.Connect.Success");
    return client;
  }
  /// The answer to call number `transaction`: its name, and its value or code.
  static std::string answerTo(RtmpPeer& client, double transaction) {
    while (const auto answer = client.nextCommand()) {
      if (answer->transaction != transaction || answer->arguments.empty()) continue;
      const AmfValue& value = answer->arguments.front();
      if (const std::string* const text = value.string()) return answer->name + ' ' + *text;
      return answer->name + ' ' + std::string(value.object() ? value.object()->stringOr("code", "") : "");
    }
    return "ended";
  }
};

TEST_F(RtmpCallTest, TellsTheHostWhenItIsAsked) {
  RtmpPeer client = letIn();
  client.call("getLoadBalancerRedirect", 2);
  EXPECT_EQ(answerTo(client, 2), "_result unknown");
  report(5, {"rtmp", "10.0.0.5", 0, ""});
  client.call("getLoadBalancerRedirect", 3);
  EXPECT_EQ(answerTo(client, 3), "_result 10.0.0.5");
  report(5, {"rtmp", "10.0.0.5", 1936, ""});
  client.call("getLoadBalancerRedirect", 4);
  EXPECT_EQ(answerTo(client, 4), "_result 10.0.0.5:1936");
  client.call("getServers", 5);
  EXPECT_EQ(answerTo(client, 5), "_error NetConnection.Call.Failed");
  EXPECT_EQ(asked(LookUpForm::rtmp_call), 3u);
}

TEST_F(RtmpCallTest, ACallThatWantsNoAnswerAsksNothing) {
  RtmpPeer client = letIn();
  client.call("getLoadBalancerRedirect", 0);
  client.call("getLoadBalancerRedirect", 2);
  EXPECT_EQ(answerTo(client, 2), "_result unknown");
  EXPECT_EQ(asked(LookUpForm::rtmp_call), 1u);
}

TEST_F(RtmpCallTest, WhoeverDoesNotAskMayComeAgainWhenThereIsNoServer) {
  for (const char* const method : {"publish", "play"}) {
    RtmpPeer client = letIn();
    client.call("createStream", 2);
    client.call(method, 3, 1, {"stream"});
    auto status = client.nextCommand();
    while (status && status->name != "onStatus") status = client.nextCommand();
    ASSERT_TRUE(status) << method;
    const AmfObject info = infoOf(status);
    EXPECT_EQ(info.stringOr("code", ""), rejected);
    EXPECT_EQ(info.stringOr("description", ""), "There is no server at the moment.");
    EXPECT_EQ(info.find("ex"), nullptr);
    EXPECT_TRUE(client.waitEnded());
  }
}

TEST_F(RtmpCallTest, WhoeverDoesNotAskIsRedirectedWithItsStream) {
  struct Case {
    const char *method, *stream, *redirect2;
  };
  for (const Case& each : {Case{"publish", "key?token=secret", "rtmp://10.0.0.5/live/key?token=secret"},
                           Case{"play", "film", "rtmp://10.0.0.5/live/film"}, Case{"play", "a/film", ""}}) {
    RtmpPeer client = letIn();
    report(5, {"rtmp", "10.0.0.5", 0, ""});
    client.call("createStream", 2);
    client.call(each.method, 3, 1, {each.stream});
    auto status = client.nextCommand();
    while (status && status->name != "onStatus") status = client.nextCommand();
    ASSERT_TRUE(status) << each.stream;
    const AmfObject info = infoOf(status);
    EXPECT_EQ(info.stringOr("level", ""), "error");
    EXPECT_EQ(info.stringOr("code", ""), rejected);
    EXPECT_EQ(info.stringOr("description", ""), "Connect to rtmp://10.0.0.5/live instead.");
    const AmfValue* const ex = info.find("ex");
    ASSERT_TRUE(ex && ex->object());
    EXPECT_EQ(ex->object()->numberOr("code", 0), 302);
    EXPECT_EQ(ex->object()->stringOr("redirect", ""), "rtmp://10.0.0.5/live");
    EXPECT_EQ(ex->object()->stringOr("redirect2", ""), each.redirect2);
    EXPECT_TRUE(client.waitEnded());
  }
  EXPECT_THAT(log, Not(HasSubstr("secret")));
}

TEST_F(RtmpCallTest, GoesWhenItHasNothingToAsk) {
  context.timeouts.call = std::chrono::milliseconds(50);
  RtmpPeer client = letIn();
  EXPECT_TRUE(client.waitEnded());
  EXPECT_TRUE(empty());
}

// ---- hostile ----

TEST_F(RtmpDoorTest, AClientThatSaysNothingIsNotWaitedFor) {
  context.timeouts.setup = std::chrono::milliseconds(50);
  open(RtmpMode::automatic);
  RtmpPeer before_connect = this->client();
  EXPECT_TRUE(before_connect.waitEnded());
  test::Client in_handshake(loop, port->address().port());
  in_handshake.send("\x03");
  in_handshake.untilClosed();
  EXPECT_TRUE(empty());
}

TEST_F(RtmpDoorTest, GarbageAndFloodsAreClosedAndLeaveNothing) {
  context.timeouts.setup = std::chrono::hours(1);
  open(RtmpMode::automatic);
  report(5, {"rtmp", "10.0.0.5", 0, ""});
  const rtmp::Bytes garbage(100'000, std::byte{0xFF}), zeros(100'000, std::byte{0});
  // Audio before connect, without an end: 60 messages of 64000 bytes.
  rtmp::Bytes flood;
  for (int i = 0; i < 60; ++i) {
    for (const unsigned each : {4u, 0u, 0u, 0u, 0u, 0xFAu, 0u, 8u, 1u, 0u, 0u, 0u})
      flood.push_back(static_cast<std::byte>(each));
    for (int chunk = 0; chunk < 500; ++chunk) {
      if (chunk > 0) flood.push_back(std::byte{0xC4});
      flood.insert(flood.end(), 128, std::byte{7});
    }
  }
  for (const rtmp::Bytes& bytes : {garbage, zeros, flood}) {
    RtmpPeer client = this->client();
    client.sendRaw(bytes);
    EXPECT_TRUE(client.waitEnded());
  }
  RtmpPeer impatient = this->client();
  impatient.call("createStream", 1);
  EXPECT_TRUE(impatient.waitEnded());
  EXPECT_TRUE(empty());
  EXPECT_EQ(directory.edges.counts().lookUps(), 0u);
}

TEST_F(RtmpDoorTest, ConnectThatComesByteByByteIsAnswered) {
  open(RtmpMode::redirect);
  report(5, {"rtmp", "10.0.0.5", 0, ""});
  RtmpPeer client = this->client();
  rtmp::ComposedMessage composed;
  rtmp::ChunkWriter().compose(
      *rtmp::encode({.body = rtmp::Command{"connect", 1, AmfObject{{"app", "live"}}, {}}}), composed);
  for (const rtmp::BytesView slice : composed.slices())
    for (const std::byte byte : slice) {
      client.sendRaw({&byte, 1});
      loop.settle();
    }
  EXPECT_EQ(redirectOf(client), "rtmp://10.0.0.5/live");
}

TEST_F(RtmpDoorTest, IdleConnectionsOfOneNetworkCrowdOutEachOther) {
  context.max_per_network = 3;
  open(RtmpMode::redirect);
  report(5, {"rtmp", "10.0.0.5", 0, ""});
  std::vector<RtmpPeer> idle;
  for (int i = 0; i < 3; ++i) idle.push_back(client());
  RtmpPeer fourth = client();
  EXPECT_TRUE(idle.front().waitEnded());
  fourth.connect("live");
  EXPECT_EQ(redirectOf(fourth), "rtmp://10.0.0.5/live");
  idle.back().connect("live");
  EXPECT_EQ(redirectOf(idle.back()), "rtmp://10.0.0.5/live");
}

TEST_F(RtmpDoorTest, ThousandsThatComeAndGoLeaveNothingBehind) {
  context.max_connections = 200;
  open(RtmpMode::automatic);
  report(5, {"rtmp", "10.0.0.5", 0, ""});
  for (std::size_t i = 0; i < 3000; ++i) {
    test::Client client(loop, port->address().port());
    client.send(i % 3 == 0 ? "\x03" : "\x03" + std::string(1536 + i % 3 * 1000, 'x'));
    ASSERT_LE(door->connections(), 200u);
  }
  EXPECT_TRUE(empty());
}

}  // namespace
}  // namespace multiconn::balancer
