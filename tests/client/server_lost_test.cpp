// Servers that are lost or cannot be reached, and come back by themselves.
#include "server_lost_fixture.hpp"

namespace multiconn::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

TEST_F(ServerLost, AKilledServerPublishesAgainOnceItIsBack) {
  begin({"a", "b"});
  play(1s);
  world.server("a").kill();
  play(2s);
  EXPECT_EQ(state(0), ServerState::reconnecting);
  EXPECT_EQ(state(1), ServerState::publishing);
  EXPECT_THAT(row(0).error, HasSubstr("refused"));
  EXPECT_TRUE(row(0).retry_in);
  EXPECT_GE(row(0).attempts, 2U);
  EXPECT_EQ(row(0).reconnects, 0U);
  world.server("a").start();
  ASSERT_TRUE(playUntil([&] { return state(0) == ServerState::publishing; }, 3s));
  play(1s);
  EXPECT_GE(world.server("a").publications.at(1).media.size(), 40U);
  EXPECT_EQ(world.server("b").publications.size(), 1U);
  EXPECT_EQ(receivedBy(world.server("b")).video.size(), next + 1);
  EXPECT_EQ(row(0).reconnects, 1U);
  EXPECT_EQ(row(0).error, "");
  EXPECT_FALSE(row(0).retry_in);
  EXPECT_EQ(countOf("NetStream.Publish.AllLost"), 0U);
}

TEST_F(ServerLost, EachStepHasItsStatus) {
  begin({"a"});
  play(1s);
  world.server("a").kill();
  play(200ms);
  world.server("a").start();
  play(1s);
  EXPECT_THAT(codes(stream_statuses, 0),
              ElementsAre(started, "NetStream.Publish.Lost", started, "NetStream.Publish.Resumed"));
  EXPECT_THAT(codes(statuses, 0), ElementsAre("NetConnection.Connect.Success", "NetConnection.Connect.Closed",
                                              reconnecting, reconnecting, "NetConnection.Connect.Success"));
  for (const char* code : {"NetStream.Publish.Lost", "NetConnection.Connect.Closed", reconnecting})
    EXPECT_EQ(find(code)->level, "warning") << code;
  EXPECT_THAT(said(reconnecting),
              ElementsAre("Connection reset by the server. Attempt 1 follows in 133 ms.",
                          "Connection refused by the server. Attempt 2 follows in 266 ms."));
}

TEST_F(ServerLost, WaitsGrow) {
  begin({"a"});
  world.server("a").kill();
  world.loop.runFor(60s);
  const auto waits = delays();
  ASSERT_GE(waits.size(), 9U);
  EXPECT_THAT(std::vector<int>(waits.begin(), waits.begin() + 8),
              ElementsAre(133, 266, 532, 1064, 2128, 4256, 7979, 7979));
  EXPECT_EQ(row(0).attempts, waits.size() - 1) << "begun";
  EXPECT_LE(*row(0).retry_in, 7979ms);
}

TEST_F(ServerLost, AreForgivenAfterHalfAMinuteOfHealth) {
  begin({"a"});
  world.server("a").kill();
  play(10s);
  world.server("a").start();
  ASSERT_TRUE(playUntil([&] { return state(0) == ServerState::publishing; }, 10s));
  play(29s);
  EXPECT_GT(row(0).attempts, 3U);
  play(2s);
  EXPECT_EQ(row(0).attempts, 0U);
  statuses.clear();
  world.server("a").kill();
  play(200ms);
  EXPECT_EQ(delays().at(0), 133);
}

// Some servers refuse a key in that way. They must not be asked four times a second for ever.
TEST_F(ServerLost, ClosedRightAfterPublishStartTheWaitsStillGrow) {
  world.server("a", {.close_after_start = true});
  begin({"a", "b"});
  play(60s);
  const auto waits = delays();
  EXPECT_THAT(std::vector<int>(waits.begin(), waits.begin() + 4), ElementsAre(133, 266, 532, 1064));
  EXPECT_LE(world.server("a").connections, 14);
  EXPECT_THAT(codes(statuses, 1), ElementsAre("NetConnection.Connect.Success"));
  EXPECT_THAT(codes(stream_statuses, 1), ElementsAre(started));
  EXPECT_EQ(receivedBy(world.server("b")).video.size(), next + 1);
  EXPECT_EQ(row(1).frames_dropped, 0U);
}

TEST_F(ServerLost, WithoutAPublishTheConnectionCounts) {
  world.server("a");
  make();
  connect({at("a")});
  world.loop.runFor(1s);
  for (int i = 0; i < 3; ++i) {
    world.server("a").reset();
    world.loop.runFor(2s);
    EXPECT_EQ(state(0), ServerState::connected);
  }
  EXPECT_THAT(delays(), ElementsAre(133, 266, 532));
  world.loop.runFor(30s);
  EXPECT_EQ(row(0).attempts, 0U);
  EXPECT_TRUE(world.server("a").published.empty());
}

TEST_F(ServerLost, AreGivenUpAfterSoManyAttempts) {
  ConnectOptions options;
  options.reconnect.max_attempts = 3;
  begin({"a", "b"}, options);
  world.server("a").kill();
  play(60s);
  EXPECT_EQ(state(0), ServerState::failed);
  EXPECT_EQ(countAt(0, reconnecting), 3U);
  EXPECT_EQ(countAt(0, "NetConnection.Connect.Failed"), 1U);
  EXPECT_EQ(find("NetConnection.Connect.Failed")->description,
            "Connection refused by the server. After 3 attempts to reconnect it is given up.");
  EXPECT_EQ(find("NetConnection.Connect.Failed")->level, "error");
  EXPECT_FALSE(row(0).retry_in);
  EXPECT_EQ(receivedBy(world.server("b")).video.size(), next + 1);
}

TEST_F(ServerLost, AreGivenUpAfterSomeTime) {
  ConnectOptions options;
  options.reconnect.give_up_after = 5s;
  begin({"a"}, options);
  world.server("a").reset();
  world.loop.settle();
  world.server("a").cutOff();
  const net::TimePoint lost = world.loop.now();
  ASSERT_TRUE(world.loop.runUntil([&] { return state(0) == ServerState::failed; }, 1min));
  EXPECT_LE(world.loop.now() - lost, 5100ms);
  world.loop.settle();
  EXPECT_EQ(countOf("NetStream.Publish.AllLost"), 1U);
}

TEST_F(ServerLost, LossIsFinalWhereNoneIsWanted) {
  reconnects = false;
  begin({"a"});
  world.server("a").kill();
  world.server("a").start();
  play(60s);
  EXPECT_EQ(state(0), ServerState::failed);
  EXPECT_EQ(world.server("a").connections, 1);
  EXPECT_EQ(find("NetStream.Publish.Lost")->level, "error");
  EXPECT_EQ(find("NetConnection.Connect.Closed")->level, "error");
}

// The name is looked up, and the place asked for, anew each time.
TEST_F(ServerLost, ARedirectedDestinationIsAskedAgainFromTheBeginning) {
  world.server("b");
  world.server("a", {.reject_connect = "NetConnection.Connect.Rejected",
                     .reject_ex = AmfObject{{"code", 302}, {"redirect", "rtmp://b/live"}}});
  begin({"a"});
  EXPECT_EQ(world.server("b").publications.size(), 1U);
  world.server("a").script.reject_connect.clear();
  world.server("b").kill();
  play(2s);
  EXPECT_EQ(world.server("a").publications.size(), 1U);
  EXPECT_EQ(world.server("b").publications.size(), 1U);
}

TEST_F(ServerLost, RedirectsAreCountedAnewWithEachAttempt) {
  world.server("b");
  world.server("a", {.reject_connect = "NetConnection.Connect.Rejected",
                     .reject_ex = AmfObject{{"code", 302}, {"redirect", "rtmp://b/live"}}});
  begin({"a"});
  for (std::size_t i = 0; i < 8; ++i) {
    world.server("b").reset();
    ASSERT_TRUE(playUntil([&] { return world.server("b").publications.size() == 2 + i; }, 20s)) << i;
  }
}

TEST_F(ServerLost, APublishThatIsAskedForMeanwhileIsPipelined) {
  world.server("a", {.rtt = 20ms});
  make();
  connect({at("a")});
  world.loop.runFor(1s);
  world.server("a").kill();
  world.loop.runFor(1s);
  stream.publish("key");
  world.server("a").start();
  world.loop.runFor(3s);
  EXPECT_EQ(state(0), ServerState::publishing);
  EXPECT_THAT(world.server("a").published, ElementsAre("key live"));
}

TEST_F(ServerLost, UnpublishedMeanwhileItConnectsAlone) {
  begin({"a"});
  world.server("a").kill();
  world.loop.runFor(1s);
  stream.close();
  world.server("a").start();
  world.loop.runFor(5s);
  EXPECT_EQ(state(0), ServerState::connected);
  EXPECT_EQ(world.server("a").published.size(), 1U);
}

// A server that was moved away from by its own request comes back where the destination is.
TEST_F(ServerLost, MovesAreForgotten) {
  begin({"a"});
  world.server("b");
  play(200ms);
  world.server("a").requestReconnect("rtmp://b/live");
  play(3s);
  ASSERT_EQ(world.server("b").publications.size(), 1U);
  world.server("b").kill();
  play(1s);
  EXPECT_EQ(world.server("a").publications.size(), 2U);
  EXPECT_EQ(state(0), ServerState::publishing);
}

TEST_F(ServerLost, WhileAMoveIsUnderWayTheDestinationIsNotWaitedForLong) {
  begin({"a"});
  world.server("b").cutOff();
  play(200ms);
  world.server("a").requestReconnect("rtmp://b/live");
  play(200ms);
  world.server("a").kill();
  world.server("a").start();
  ASSERT_TRUE(playUntil([&] { return world.server("a").publications.size() == 2; }, 7s));
}

TEST_F(ServerLost, PipeliningIsNotTriedAgainWhereItIsNotUnderstood) {
  world.server("a", {.connect_delay = 10ms, .reject_pipelined = true});
  begin({"a"});
  EXPECT_EQ(world.server("a").connections, 2);
  world.server("a").reset();
  play(2s);
  EXPECT_EQ(world.server("a").publications.size(), 2U);
  EXPECT_EQ(world.server("a").connections, 3);
}

TEST_F(ServerLost, ThousandsOfAttemptsCostNothing) {
  world.server("b");
  begin({"a", "b"});
  world.server("a").kill();
  statuses.clear();
  stream_statuses.clear();
  for (int minutes = 0; minutes < 240 && row(0).attempts < 1000; ++minutes) world.loop.runFor(1min);
  EXPECT_EQ(codes(statuses, 0).size(), countAt(0, reconnecting) + 1) << "one for each, beside the loss";
  EXPECT_THAT(codes(stream_statuses, 0), ElementsAre("NetStream.Publish.Lost"));
  EXPECT_GE(countAt(0, reconnecting), 1000U);
  EXPECT_LE(live_links, 2);
  world.server("a").start();
  world.loop.runFor(20s);
  EXPECT_EQ(state(0), ServerState::publishing);
}

TEST_F(ServerLost, EagerAttemptsDoNotFloodTheApplication) {
  ConnectOptions options;
  options.reconnect.first_delay = options.reconnect.longest_delay = 1ms;
  begin({"a"}, options);
  world.server("a").kill();
  statuses.clear();
  world.loop.runFor(3s);
  EXPECT_GT(row(0).attempts, 1000U);
  EXPECT_LE(statuses.size(), 220U);
  EXPECT_GE(countOf("NetConnection.Status.Suppressed"), 2U);
}

TEST_F(ServerLost, ReasonsHaveNoSecrets) {
  world.server("a", {.reject_connect = "NetConnection.Connect.Rejected",
                     .description = "no canary-app, and not canary-pass either"});
  world.server("b", {.description = "stream canary-key?token=canary-value is busy",
                     .reject_publish = "NetStream.Failed"});
  make();
  stream.publish("canary-key?token=canary-value");
  connect({{"rtmp://user:canary-pass@a/live?auth=canary-app", {}, {}}, at("b")});
  world.loop.runFor(20s);
  EXPECT_THAT(said(reconnecting).at(0), HasSubstr("No ****, and not **** either."));
  EXPECT_THAT(said(retrying).at(0), HasSubstr("Stream **** is busy."));
  EXPECT_THAT(everything(), Not(HasSubstr("canary")));
}

}  // namespace
}  // namespace multiconn::test
