// Destinations that come and go while the others are live.
#include "roles_fixture.hpp"
#include "shared_object_fixture.hpp"

namespace multiconn::test {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::IsSupersetOf;
using testing::Not;

constexpr ServerId server(std::uint32_t id) {
  return static_cast<ServerId>(id);
}

using AddTest = RolesTest;
using RemoveTest = RolesTest;

TEST_F(AddTest, JoinsARunningStreamAtTheNewestKeyframe) {
  begin({"a"});
  play(60);
  world.server("b", {.rtt = 20ms});
  EXPECT_EQ(connection->add(at("b")), server(1));
  play(40);
  world.loop.runFor(500ms);
  const auto there = numbers(world.server("b").media);
  ASSERT_FALSE(there.empty());
  EXPECT_EQ(there.front(), 50U);
  EXPECT_EQ(there.back(), next - 1);
  EXPECT_EQ(there.size(), next - 50U);
  EXPECT_EQ(videoTimes(world.server("b").media).back(), videoTimes(world.server("a").media).back());
  EXPECT_EQ(got("a"), everything());
  EXPECT_THAT(ids(), ElementsAre(0U, 1U));
  EXPECT_EQ(row(1).frames_dropped, 0U) << "what was before it is not missed";
}

TEST_F(AddTest, BeforeAnythingIsPublished) {
  world.server("a");
  world.server("b");
  make();
  connect({at("a")});
  world.loop.runFor(100ms);
  connection->add(at("b"));
  world.loop.runFor(100ms);
  EXPECT_EQ(row(1).state, ServerState::connected);
  stream.publish("key");
  world.loop.runFor(100ms);
  EXPECT_EQ(row(1).state, ServerState::publishing);
}

TEST_F(AddTest, TheNextPublishBeginsThereToo) {
  begin({"a"});
  world.server("b");
  connection->add(at("b"));
  play(30);
  stream.stop();
  world.loop.runFor(1s);
  next = 0;
  stream.publish("key");
  world.loop.runFor(1s);
  stream.writeVideo(videoConfig());
  stream.writeAudio(audioConfig());
  play(30);
  EXPECT_EQ(numbers(world.server("b").media), everything());
}

TEST_F(AddTest, BeforeConnectItIsRefused) {
  make();
  const ServerId early = connection->add(at("x")), earlier = connection->add(at("y"));
  EXPECT_NE(early, earlier);
  world.server("a");
  connect({at("a")});
  world.loop.runFor(100ms);
  EXPECT_THAT(ids(), ElementsAre(0U));
  EXPECT_THAT(codes(statuses),
              testing::ElementsAre("NetConnection.Connect.Failed", "NetConnection.Connect.Failed",
                                   "NetConnection.Connect.Success", "NetConnection.Setup.Success"));
  EXPECT_EQ(statuses[0].server, early);
  EXPECT_EQ(statuses[0].url, "rtmp://x/live");
  EXPECT_GT(static_cast<std::uint32_t>(earlier), 1000U);
}

TEST_F(AddTest, AfterCloseItIsRefused) {
  begin({"a"});
  connection->ncClose();
  world.loop.runFor(1s);
  const ServerId late = connection->add(at("b"));
  world.loop.runFor(1s);
  EXPECT_EQ(late, server(1));
  EXPECT_EQ(statuses.back().code, "NetConnection.Connect.Failed");
  EXPECT_EQ(statuses.back().server, late);
  EXPECT_THAT(ids(), ElementsAre(0U));
}

TEST_F(AddTest, OneThatIsThereAlreadyHasFailed) {
  begin({"a"});
  const ServerId twice = connection->add(at("a"));
  world.loop.runFor(100ms);
  EXPECT_EQ(row(1).state, ServerState::failed);
  EXPECT_EQ(statuses.back().server, twice);
  EXPECT_EQ(statuses.back().code, "NetConnection.Connect.Failed");
  EXPECT_EQ(world.server("a").connections, 1);
  connection->remove(twice);
  connection->remove(server(0));
  world.loop.runFor(1s);
  EXPECT_THAT(ids(), IsEmpty());
  EXPECT_EQ(connection->add(at("a")), server(2)) << "ids are not used again";
  world.loop.runFor(100ms);
  EXPECT_EQ(row(2).state, ServerState::publishing);
}

TEST_F(AddTest, ABadUrlHasAnIdAndARow) {
  begin({"a"});
  Destination bad;
  bad.url = "gopher://x/live";
  const ServerId id = connection->add(bad);
  world.loop.runFor(100ms);
  EXPECT_EQ(id, server(1));
  EXPECT_EQ(row(1).state, ServerState::failed);
}

TEST_F(AddTest, ABalancersServersAreOthersThanThoseInUse) {
  begin({"a"});
  world.server("b");
  world.server("c");
  world.web.serve("lb", [](const auto&, int) { return jsonServers({"a", "b", "c"}); });
  Destination balancer;
  balancer.url = "http://lb/loadbalancer";
  balancer.servers = {"live", 2};
  EXPECT_EQ(connection->add(balancer), server(1));
  EXPECT_EQ(connection->add(at("d")), server(3)) << "as many ids as servers are asked for";
  play(25);
  EXPECT_EQ(row(1).state, ServerState::publishing);
  EXPECT_EQ(row(2).state, ServerState::publishing);
  EXPECT_EQ(world.server("a").connections, 1);
}

TEST_F(AddTest, OneThatCannotBeReachedIsTriedAgain) {
  begin({"a"});
  world.server("b", {.refuses = true});
  connection->add(at("b"));
  play(25);
  EXPECT_EQ(row(1).state, ServerState::reconnecting);
  world.server("b").script.refuses = false;
  play(100);
  EXPECT_EQ(row(1).state, ServerState::publishing);
}

TEST_F(AddTest, CallsGoThereToo) {
  begin({"a"});
  for (const char* const host : {"a", "b"})
    world.server(host).script.on_call = [](const auto&) { return std::optional<AmfValue>(1); };
  connection->add(at("b"));
  world.loop.runFor(100ms);
  std::vector<ServerId> replies;
  connection->callRemote("m", [&](const Reply& reply) { replies.push_back(reply.server); });
  world.loop.runFor(100ms);
  EXPECT_THAT(replies, testing::UnorderedElementsAre(server(0), server(1)));
}

TEST_F(RemoveTest, UnpublishesAndClosesThere) {
  begin({"a", "b"});
  play(30);
  connection->remove(server(1));
  const net::TimePoint before = world.loop.now();
  ASSERT_TRUE(world.loop.runUntil([&] { return ids().size() == 1; }, 1s));
  EXPECT_LE(world.loop.now() - before, 250ms);
  EXPECT_THAT(world.server("b").commands, IsSupersetOf({"FCUnpublish", "deleteStream"}));
  EXPECT_TRUE(world.server("b").client_closed);
  EXPECT_EQ(live_links, 1);
  play(30);
  EXPECT_EQ(got("a"), everything());
  EXPECT_THAT(codes(stream_statuses, 1), Not(Contains("NetStream.Publish.Lost")));
  EXPECT_EQ(codes(statuses, 1).back(), "NetConnection.Connect.Closed");
  world.loop.runFor(30s);
  EXPECT_EQ(world.server("b").connections, 1) << "nobody comes back";
}

TEST_F(RemoveTest, IgnoresWhatIsNotThere) {
  make();
  connection->remove(server(0));
  publishTo({"a"});
  connection->remove(server(7));
  connection->remove(server(0));
  connection->remove(server(0));
  world.loop.runFor(1s);
  EXPECT_THAT(ids(), IsEmpty());
  connection->remove(server(0));
  world.loop.runFor(1s);
}

TEST_F(RemoveTest, AServerThatTakesNothingIsLeftInTime) {
  begin({"a", "b"});
  world.server("b").stopReading();
  for (int i = 0; i < 50; ++i) writeFrame(next++, i % 25 == 0 ? FrameKind::key : FrameKind::inter, 50'000);
  world.loop.runFor(100ms);
  connection->remove(server(1));
  world.loop.runFor(250ms);
  EXPECT_THAT(ids(), ElementsAre(0U));
  EXPECT_EQ(live_links, 1);
}

TEST_F(RemoveTest, WhileItReconnects) {
  begin({"a", "b"});
  kill("b");
  world.loop.runFor(100ms);
  EXPECT_EQ(row(1).state, ServerState::reconnecting);
  connection->remove(server(1));
  world.loop.runFor(250ms);
  EXPECT_THAT(ids(), ElementsAre(0U));
  const int connections = world.server("b").connections;
  world.loop.runFor(60s);
  EXPECT_EQ(world.server("b").connections, connections);
}

TEST_F(RemoveTest, FailsTheCallsThatWait) {
  begin({"a", "b"});
  world.server("b").script.on_call = [](const auto&) { return std::optional<AmfValue>(); };
  int replies = 0;
  std::string code;
  connection->callRemote(
      "m",
      [&](const Reply& reply) {
        ++replies;
        code = reply.status.code;
      },
      server(1));
  world.loop.runFor(10ms);
  connection->remove(server(1));
  world.loop.runFor(10s);
  EXPECT_EQ(replies, 1);
  EXPECT_EQ(code, "NetConnection.Call.Closed");
  connection->callRemote(
      "m", [&](const Reply& reply) { code = reply.status.code; }, server(1));
  world.loop.runFor(10ms);
  EXPECT_EQ(code, "NetConnection.Call.Failed");
}

TEST_F(RemoveTest, SetupDoesNotAskForItAnyMore) {
  world.server("a");
  world.server("b", {.connect_delay = 10s});
  make();
  connect({at("a"), at("b")});
  world.loop.runFor(100ms);
  EXPECT_FALSE(outcome);
  connection->remove(server(1));
  world.loop.runFor(10ms);
  ASSERT_TRUE(outcome);
  EXPECT_TRUE(outcome->success);
  ASSERT_EQ(outcome->servers.size(), 1U);
  EXPECT_EQ(outcome->servers[0].id, server(0));
}

TEST_F(RemoveTest, OfAllDuringSetupIsAFailure) {
  world.server("a", {.connect_delay = 10s});
  make();
  connect({at("a")});
  world.loop.runFor(100ms);
  connection->remove(server(0));
  world.loop.runFor(10ms);
  ASSERT_TRUE(outcome);
  EXPECT_FALSE(outcome->success);
  EXPECT_THAT(outcome->servers, IsEmpty());
}

TEST_F(RemoveTest, WhileABalancerIsAsked) {
  begin({"a"});
  world.web.serve("lb", [](const auto&, int) { return std::nullopt; });
  Destination balancer;
  balancer.url = "http://lb/loadbalancer";
  balancer.servers = {"live", 2};
  connection->add(balancer);
  world.loop.runFor(100ms);
  EXPECT_EQ(world.web.pending(), 1);
  connection->remove(server(1));
  world.loop.runFor(250ms);
  EXPECT_EQ(world.web.pending(), 1) << "the other one is still looked for";
  connection->remove(server(2));
  world.loop.runFor(250ms);
  EXPECT_EQ(world.web.pending(), 0);
  EXPECT_THAT(ids(), ElementsAre(0U));
}

TEST_F(RemoveTest, TenThousandTimesLeavesNothing) {
  begin({"a"});
  world.server("b");
  SharedObject object;
  for (std::uint32_t i = 1; i <= 10'000; ++i) {
    // It is asked for on a connection of its own.
    if (i == 9'001) object = connection->sharedObjectSetup("chat");
    const ServerId id = connection->add(at("b"));
    ASSERT_EQ(id, server(i));
    // In every state, from not even begun to publishing.
    world.loop.runFor(std::chrono::milliseconds(i % 12));
    connection->remove(id);
    world.loop.runFor(50ms);
    if (i % 100 != 0) continue;
    world.loop.runFor(250ms);
    ASSERT_EQ(live_links, 1);
    ASSERT_THAT(ids(), ElementsAre(0U));
    ASSERT_EQ(object.servers().size(), i < 9'001 ? 0U : 1U);
    ASSERT_EQ(world.server("b").openConnections(), 0U);
    world.server("b").publications.clear();
    world.server("b").commands.clear();
    statuses.clear();
    stream_statuses.clear();
  }
  play(30);
  EXPECT_EQ(row(0).state, ServerState::publishing);
}

class ObjectsComeAndGo : public SharedObjectTest {
 protected:
  void add(const std::string& host) {
    connection->add(at(host));
    world.loop.runFor(2s);
  }
  void remove(std::uint32_t id) {
    connection->remove(server(id));
    world.loop.runFor(2s);
  }
};

TEST_F(ObjectsComeAndGo, AnAddedServerIsBroughtToTheView) {
  objectsAt("a", Manner::red5);
  auto& b = objectsAt("b", Manner::red5);
  SharedObject object = joined({"a"});
  object.set("slide", 7);
  world.loop.runFor(1s);
  add("b");
  EXPECT_EQ(states(object), (std::vector<State>{State::joined, State::joined}));
  EXPECT_EQ(b.value("chat", "slide"), AmfValue(7));
}

TEST_F(ObjectsComeAndGo, ARemovedServersSlotsStayInTheView) {
  auto& a = objectsAt("a", Manner::red5);
  auto& b = objectsAt("b", Manner::red5);
  SharedObject object = joined({"a", "b"});
  b.set("chat", "only", 1);
  world.loop.runFor(1s);
  EXPECT_EQ(shownSlot(object, "only"), "1");
  remove(1);
  EXPECT_EQ(shownSlot(object, "only"), "1");
  EXPECT_EQ(states(object), std::vector<State>{State::joined});
  EXPECT_EQ(a.value("chat", "only"), AmfValue()) << "without relay it is nobody else's";
  object.set("only", 2);
  world.loop.runFor(1s);
  EXPECT_EQ(a.value("chat", "only"), AmfValue(2));
}

TEST_F(ObjectsComeAndGo, WithRelayTheyAreCarriedOn) {
  objectsAt("a", Manner::red5);
  auto& b = objectsAt("b", Manner::red5);
  auto& c = objectsAt("c", Manner::red5);
  SharedObject object = joined({"a", "b"});
  object.relay(true);
  b.set("chat", "only", 1);
  world.loop.runFor(1s);
  remove(1);
  remove(0);
  add("c");
  EXPECT_EQ(c.value("chat", "only"), AmfValue(1));
}

TEST_F(ObjectsComeAndGo, WhatIsRemovedIsNotRememberedForOneThatIsGone) {
  auto& a = objectsAt("a", Manner::red5);
  objectsAt("b", Manner::red5);
  SharedObject object = joined({"a", "b"});
  object.set("x", 1);
  world.loop.runFor(1s);
  world.server("b").script.refuses = true;
  world.server("b").reset();
  world.loop.runFor(100ms);
  object.remove("x");
  world.loop.runFor(1s);
  remove(1);
  EXPECT_FALSE(object.get("x"));
  a.set("chat", "x", 5);
  world.loop.runFor(1s);
  EXPECT_EQ(shownSlot(object, "x"), "5");
}

TEST_F(ObjectsComeAndGo, WhileItIsAsked) {
  objectsAt("a", Manner::red5);
  objectsAt("b", Manner::silent);
  SharedObject object = joined({"a"});
  connection->add(at("b"));
  world.loop.runFor(500ms);
  EXPECT_EQ(states(object), (std::vector<State>{State::joined, State::asking}));
  remove(1);
  EXPECT_EQ(states(object), std::vector<State>{State::joined});
  EXPECT_EQ(live_links, 1);
  world.loop.runFor(10s);
  EXPECT_THAT(object_statuses, IsEmpty());
}

}  // namespace
}  // namespace multiconn::test
