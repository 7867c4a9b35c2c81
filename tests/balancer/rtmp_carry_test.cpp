// RTMP clients that are carried to an edge.
#include "balancer/rtmp_door_fixture.hpp"
#include "support/sockets.hpp"

namespace multiconn::balancer {
namespace {

using std::chrono::milliseconds;
using test::RtmpDoorTest;
using test::RtmpPeer;
using test::ScriptedEdge;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class RtmpCarryTest : public RtmpDoorTest {
 protected:
  /// A client that is carried to the edge, which has had its connect.
  struct Carried {
    RtmpPeer client, edge;
    AmfObject connect;
  };
  Carried carry(ScriptedEdge& to, const std::string& app = "live", AmfObject object = {}) {
    RtmpPeer near = client();
    near.connect(app, std::move(object));
    near.call("createStream", 2);
    RtmpPeer far = to.take();
    const auto connect = far.nextCommand();
    EXPECT_EQ(connect ? connect->name : "", "connect");
    const AmfObject* const seen = connect ? connect->object.object() : nullptr;
    EXPECT_NE(seen, nullptr);
    const auto next = far.nextCommand();
    EXPECT_EQ(next ? next->name : "", "createStream");
    return {std::move(near), std::move(far), seen ? *seen : AmfObject{}};
  }
  /// A client is refused because its edges cannot be reached.
  void expectUnreachable() {
    RtmpPeer client = this->client();
    client.connect("live");
    EXPECT_EQ(refusalOf(client), "NetConnection.Connect.Rejected: No server could be reached.");
  }
};

TEST_F(RtmpCarryTest, MessagesGoBothWaysAndThenAnyBytes) {
  open(RtmpMode::relay);
  ScriptedEdge server(loop);
  report(5, server);
  Carried carried = carry(server, "live/room?token=secret", {{"flashVer", "LNX 9,0,124,2"}});
  EXPECT_EQ(counts.relayed, 1u);
  EXPECT_EQ(carried.connect.stringOr("app", ""), "live/room?token=secret");
  EXPECT_EQ(carried.connect.stringOr("tcUrl", ""),
            "rtmp://127.0.0.1:" + std::to_string(server.port()) + "/live/room?token=secret");
  EXPECT_EQ(carried.connect.stringOr("flashVer", ""), "LNX 9,0,124,2");
  carried.edge.send({.body = rtmp::Command{"_result", 1, nullptr, {AmfObject{{"code", "welcome"}}}}});
  const auto answer = carried.client.nextCommand();
  EXPECT_EQ(infoOf(answer).stringOr("code", ""), "welcome");
  const std::string any(200'000, '\xAB');
  ASSERT_TRUE(carried.client.sendRaw(rtmp::asBytes(any)));
  EXPECT_EQ(carried.edge.raw(any.size()), any);
  ASSERT_TRUE(carried.edge.sendRaw(rtmp::asBytes(any)));
  EXPECT_EQ(carried.client.raw(any.size()), any);
  EXPECT_GE(counts.carried.to_edges, any.size());
  EXPECT_GE(counts.carried.to_clients, any.size());
  EXPECT_THAT(log, Not(HasSubstr("secret")));
}

TEST_F(RtmpCarryTest, AHalfCloseIsKept) {
  open(RtmpMode::relay);
  ScriptedEdge server(loop);
  report(5, server);
  Carried carried = carry(server);
  carried.client.shutdownWrite();
  EXPECT_TRUE(carried.edge.waitEnded());
  carried.edge.send({.body = rtmp::Command{"onBWDone", 0, nullptr, {}}});
  const auto said = carried.client.nextCommand();
  EXPECT_EQ(said ? said->name : "", "onBWDone");
  carried.edge.close();
  EXPECT_TRUE(carried.client.waitEnded());
  EXPECT_TRUE(empty());
}

TEST_F(RtmpCarryTest, AppAndPortAreReplacedButNeverByThoseOfAnotherScheme) {
  ScriptedEdge server(loop), other(loop);
  RtmpRedirect moved, secure;
  moved.app = "edge";
  moved.port = other.port();
  secure.scheme = "rtmps";
  secure.port = 443;
  open(RtmpMode::relay, {{"moved", moved}, {"secure", secure}});
  report(5, server);
  EXPECT_EQ(carry(other, "moved/room?a=b").connect.stringOr("app", ""), "edge/room?a=b");
  EXPECT_EQ(carry(server, "secure").connect.stringOr("app", ""), "secure");
}

TEST_F(RtmpCarryTest, AutomaticallyWhoeverDoesNotFollow) {
  open(RtmpMode::automatic);
  ScriptedEdge server(loop);
  report(5, server);
  carry(server, "live", {{"flashVer", "FMLE/3.0 (compatible; Lavf59.27.100)"}});
  RtmpPeer flash = client(), sdk = client();
  flash.connect("live", {{"flashVer", "WIN 32,0,0,465"}});
  EXPECT_THAT(redirectOf(flash), StartsWith("rtmp://127.0.0.1:"));
  sdk.connect("live", {{"flashVer", "FMLE/3.0 (compatible; FMSc/1.0)"}, {"multiconn", 1}});
  EXPECT_THAT(redirectOf(sdk), StartsWith("rtmp://127.0.0.1:"));
  EXPECT_EQ(asked(LookUpForm::rtmp_relay), 1u);
  EXPECT_EQ(asked(LookUpForm::rtmp_redirect), 2u);
}

TEST_F(RtmpCarryTest, RelayCarriesEvenThoseWhoFollow) {
  open(RtmpMode::relay);
  ScriptedEdge server(loop);
  report(5, server);
  carry(server, "live", {{"flashVer", "WIN 32,0,0,465"}, {"multiconn", 1}});
}

// ---- edges that fail ----

// The dead one is the emptiest, and would be chosen again and again.
TEST_F(RtmpCarryTest, AnotherEdgeIsTriedWhenOneIsDead) {
  open(RtmpMode::relay);
  const net::test::ClosedPort dead;
  ScriptedEdge server(loop);
  report(5, {"rtmp", "127.0.0.1", dead.port(), ""}, 0);
  report(6, server, 900);
  for (int i = 0; i < 3; ++i) carry(server);
  EXPECT_EQ(counts.edge_failures, 3u);
  // One line for all of them.
  EXPECT_THAT(log, HasSubstr("clients cannot be carried to 127.0.0.1:" + std::to_string(dead.port()) + ": "));
  EXPECT_EQ(std::count(log.begin(), log.end(), '\n'), 1);
}

TEST_F(RtmpCarryTest, AnEdgeThatHangsLeavesTimeForAnother) {
  open(RtmpMode::relay);
  const net::test::MutePort mute;
  ScriptedEdge server(loop), silent(loop);
  report(5, {"rtmp", "127.0.0.1", mute.port(), ""}, 0);
  report(6, silent, 1);
  report(7, server, 900);
  carry(server);
  EXPECT_EQ(counts.edge_failures, 2u);
  EXPECT_EQ(silent.waiting(), 1u);
}

TEST_F(RtmpCarryTest, AnEdgeThatIsNoRtmpServerIsPassedOver) {
  open(RtmpMode::relay);
  ScriptedEdge garbage(loop), server(loop);
  report(5, garbage, 0);
  report(6, server, 900);
  RtmpPeer client = this->client();
  client.connect("live");
  const net::Socket talker = garbage.takeSocket();
  net::test::sendText(talker, "HTTP/1.1 400 Bad Request\r\n\r\n");
  RtmpPeer edge = server.take();
  EXPECT_EQ(edge.nextCommand()->name, "connect");
}

TEST_F(RtmpCarryTest, WhenAllAreDeadTheClientIsRejected) {
  open(RtmpMode::relay);
  const net::test::ClosedPort one, two;
  report(5, {"rtmp", "127.0.0.1", one.port(), ""});
  report(6, {"rtmp", "127.0.0.1", two.port(), ""});
  expectUnreachable();
  EXPECT_EQ(counts.edge_failures, 2u);
  EXPECT_TRUE(empty());
}

TEST_F(RtmpCarryTest, ANameThatIsNobodysIsAFailureOfThatEdge) {
  open(RtmpMode::relay);
  context.timeouts.edge = milliseconds(15'000);
  open(RtmpMode::relay);
  report(5, {"rtmp", "no-such-host.invalid", 0, ""});
  expectUnreachable();
  EXPECT_THAT(log, HasSubstr("no-such-host.invalid"));
}

TEST_F(RtmpCarryTest, AnEdgeMayBeAName) {
  open(RtmpMode::relay);
  ScriptedEdge server(loop);
  report(5, {"rtmp", "localhost", server.port(), ""});
  for (int i = 0; i < 3; ++i) EXPECT_EQ(carry(server).connect.stringOr("app", ""), "live");
}

TEST_F(RtmpCarryTest, AnEdgeWhoseAddressIsTheBalancersIsNoLoop) {
  open(RtmpMode::relay);
  report(5, {"rtmp", "127.0.0.1", port->address().port(), ""});
  RtmpPeer client = this->client();
  client.connect("live");
  // Said by the balancer to itself, and carried.
  EXPECT_EQ(refusalOf(client), "NetConnection.Connect.Rejected: The load balancer was sent to itself.");
  EXPECT_THAT(log, HasSubstr("leads back to this balancer"));
  client.close();
  EXPECT_TRUE(empty());
}

// Two balancers whose edges have each other's addresses.
TEST_F(RtmpCarryTest, ACircleOfTwoBalancersEnds) {
  open(RtmpMode::relay);
  test::TestDirectory others(forever(no_hold));
  RtmpDoorCounts others_counts;
  RtmpDoorContext context_there{loop.scheduler(), others.edges, {RtmpMode::relay, {}}, 16384,
                                context.log,      others_counts};
  const auto there = makeRtmpDoor(context_there);
  const auto port_there = portOf(*there);
  report(5, {"rtmp", "127.0.0.1", port_there->address().port(), ""});
  others.now = loop.scheduler().now();
  others.report(6, [&](balance::LoadReport& report) {
    report.addresses = {{"rtmp", "127.0.0.1", port->address().port(), ""}};
  });
  RtmpPeer client = this->client();
  client.connect("live");
  EXPECT_EQ(refusalOf(client),
            "NetConnection.Connect.Rejected: The load balancers lead to each other in a circle.");
  EXPECT_THAT(log, HasSubstr("in a circle"));
  client.close();
  EXPECT_TRUE(empty());
  EXPECT_TRUE(loop.until([&] { return there->connections() == 0; }));
  EXPECT_LE(counts.refused, 1U);
}

TEST_F(RtmpCarryTest, ABalancerMayBeTheEdgeOfAnother) {
  open(RtmpMode::relay);
  ScriptedEdge server(loop);
  report(5, server);
  for (const int hops : {1, 2, 3}) {
    RtmpPeer client = this->client();
    client.connect("live", {{"multiconnHops", hops}});
    const auto connect = server.take().nextCommand();
    ASSERT_TRUE(connect);
    EXPECT_EQ(connect->object.object()->numberOr("multiconnHops", 0), hops + 1);
  }
  RtmpPeer client = this->client();
  client.connect("live", {{"multiconnHops", 4}});
  EXPECT_THAT(refusalOf(client), HasSubstr("in a circle"));
}

// ---- bounds ----

TEST_F(RtmpCarryTest, RelaysLeaveRoomForThoseWhoAreOnlyTold) {
  context.max_connections = 8;
  open(RtmpMode::automatic);
  ScriptedEdge server(loop);
  report(5, server);
  std::vector<Carried> carried;
  for (int i = 0; i < 7; ++i) carried.push_back(carry(server));
  RtmpPeer one_more = client();
  one_more.connect("live");
  EXPECT_THAT(refusalOf(one_more), HasSubstr("carries as many clients as it may"));
  RtmpPeer flash = client();
  flash.connect("live", {{"flashVer", "WIN 32,0,0,465"}});
  EXPECT_THAT(redirectOf(flash), StartsWith("rtmp://"));
  // Nor does a crowd of idle ones cost anyone who is carried.
  std::vector<RtmpPeer> idle;
  for (int i = 0; i < 20; ++i) idle.push_back(client());
  for (Carried& each : carried) {
    each.client.call("FCPublish", 3);
    const auto heard = each.edge.nextCommand();
    EXPECT_EQ(heard ? heard->name : "", "FCPublish");
  }
}

TEST_F(RtmpCarryTest, OneNetworkDoesNotTakeEveryPlaceOfThoseWhoAreCarried) {
  context.max_carried_per_network = 2;
  open(RtmpMode::automatic);
  ScriptedEdge server(loop);
  report(5, server);
  std::vector<Carried> carried;
  for (int i = 0; i < 2; ++i) carried.push_back(carry(server));
  RtmpPeer third = client();
  third.connect("live");
  EXPECT_THAT(refusalOf(third), HasSubstr("carries as many clients as it may"));
  RtmpPeer flash = client();
  flash.connect("live", {{"flashVer", "WIN 32,0,0,465"}});
  EXPECT_THAT(redirectOf(flash), StartsWith("rtmp://"));
  carried.pop_back();
  ASSERT_TRUE(loop.until([&] { return door->connections() == 1; }));
  carried.push_back(carry(server));
  carried.clear();
  EXPECT_TRUE(empty());
}

// More than is kept of it: the rest waits in the socket.
TEST_F(RtmpCarryTest, WhatAClientSendsWhileItsEdgeIsDialledArrives) {
  context.timeouts.edge = milliseconds(30'000);
  open(RtmpMode::relay);
  ScriptedEdge server(loop);
  report(5, server);
  RtmpPeer client = this->client();
  client.connect("live");
  client.call("createStream", 2);
  client.send({.stream_id = 1, .body = rtmp::Video{rtmp::makePayload(rtmp::Bytes(300'000, std::byte{7}))}});
  ASSERT_TRUE(loop.until([&] { return server.waiting() == 1; }));
  loop.settle();
  RtmpPeer edge = server.take();
  EXPECT_TRUE(client.flushed());
  EXPECT_EQ(edge.nextCommand()->name, "connect");
  EXPECT_EQ(edge.nextCommand()->name, "createStream");
  const auto video = edge.next();
  ASSERT_TRUE(video && std::holds_alternative<rtmp::Video>(video->body));
  EXPECT_EQ(std::get<rtmp::Video>(video->body).body->size(), 300'000u);
}

TEST_F(RtmpCarryTest, AFloodBehindConnectWaitsInTheSocketWhileTheEdgeIsDialled) {
  context.timeouts.edge = milliseconds(300);
  open(RtmpMode::relay);
  const net::test::MutePort mute;
  report(5, {"rtmp", "127.0.0.1", mute.port(), ""});
  RtmpPeer client = this->client();
  client.connect("live");
  const rtmp::Bytes zeros(64 * 1024, std::byte{0});
  std::size_t taken = 0;
  const auto end = loop.scheduler().now() + milliseconds(100);
  while (loop.scheduler().now() < end) {
    taken += client.trySendRaw(zeros);
    loop.settle();
  }
  // Socket buffers of loopback, and what is kept for the edge.
  EXPECT_LT(taken, 16u * 1024 * 1024);
  EXPECT_TRUE(client.waitEnded());
  EXPECT_TRUE(empty());
}

TEST_F(RtmpCarryTest, ThousandsThatComeAndGoLeaveNothingBehind) {
  open(RtmpMode::relay);
  ScriptedEdge server(loop);
  report(5, server);
  for (int i = 0; i < 1000; ++i) {
    RtmpPeer client = this->client();
    client.connect("live");
    if (i % 4 == 0) {
      RtmpPeer edge = server.take();
      EXPECT_EQ(edge.nextCommand()->name, "connect");
    }
    i % 2 == 0 ? client.reset() : client.close();
    while (server.waiting() > 0) server.takeSocket();
  }
  EXPECT_TRUE(loop.until([&] {
    while (server.waiting() > 0) server.takeSocket();
    return door->connections() == 0;
  }));
  EXPECT_EQ(counts.relayed, 0u);
}

TEST_F(RtmpCarryTest, TheDoorMayGoWhileClientsAreCarriedDialledAndWaiting) {
  open(RtmpMode::relay);
  ScriptedEdge server(loop);
  const net::test::MutePort mute;
  report(5, server);
  Carried carried = carry(server);
  report(5, {"rtmp", "127.0.0.1", mute.port(), ""});
  RtmpPeer dialled = client(), waiting = client();
  dialled.connect("live");
  loop.settle();
  port.reset();
  door.reset();
  EXPECT_EQ(counts.relayed, 0u);
  EXPECT_TRUE(carried.client.waitEnded());
  EXPECT_TRUE(carried.edge.waitEnded());
  EXPECT_TRUE(dialled.waitEnded());
  EXPECT_TRUE(waiting.waitEnded());
}

}  // namespace
}  // namespace multiconn::balancer
