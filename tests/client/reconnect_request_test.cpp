// Enhanced RTMP v2 "Reconnect Request": the new connection is made before the old one is left, at a keyframe.
#include "reconnect_fixture.hpp"

namespace multiconn::test {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

TEST_F(ReconnectRequest, MovesTheStreamToAnotherServerAtAKeyframe) {
  begin({"a"});
  world.server("b", {.rtt = 60ms});
  play(30);
  world.server("a").requestReconnect("rtmp://b/live");
  play(15);
  EXPECT_EQ(world.server("b").connections, 1);
  EXPECT_TRUE(world.server("b").published.empty()) << "not before the keyframe";
  EXPECT_FALSE(world.server("a").unpublished);
  play(30);
  world.loop.runFor(3s);
  ASSERT_EQ(world.server("b").publications.size(), 1U);
  EXPECT_TRUE(world.server("a").unpublished);
  EXPECT_EQ(world.server("a").openConnections(), 0U);
  expectNothingLost(world.server("a").publications[0], world.server("b").publications[0]);
  EXPECT_EQ(world.server("a").publications[0].media.size(), 3U + 100U) << "50 pictures and their sound";
  EXPECT_THAT(codes(statuses), Contains("NetConnection.Connect.ReconnectRequest"));
  EXPECT_EQ(find(redirected)->description, "The server asks for a new connection to rtmp://b/live.");
  EXPECT_EQ(countOf("NetConnection.Connect.Closed"), 0U);
  EXPECT_EQ(connection->stats()[0].state, ServerState::publishing);
  EXPECT_EQ(connection->stats()[0].frames_sent, 2U * next);
  EXPECT_EQ(connection->stats()[0].reconnects, 1U);
}

TEST_F(ReconnectRequest, OnTheSameServerTheNameIsWaitedFor) {
  world.server("a", {.rtt = 40ms, .one_publisher = true});
  begin({"a"});
  play(30);
  world.server("a").requestReconnect();
  play(60);
  world.loop.runFor(5s);
  EXPECT_EQ(world.server("a").connections, 2);
  ASSERT_EQ(world.server("a").publications.size(), 2U);
  EXPECT_EQ(countOf("NetStream.Publish.BadName"), 0U);
  expectNothingLost(world.server("a").publications[0], world.server("a").publications[1]);
}

TEST_F(ReconnectRequest, BadNameOfTheOldSessionIsRetried) {
  world.server("b", {.reject_publish = "NetStream.Publish.BadName", .publish_times = 3});
  begin({"a"});
  play(10);
  world.server("a").requestReconnect("rtmp://b/live");
  play(70);
  world.loop.runFor(5s);
  EXPECT_EQ(world.server("b").published.size(), 4U);
  EXPECT_EQ(countOf(failed), 0U);
  EXPECT_EQ(countOf("NetStream.Publish.BadName"), 0U);
  expectNothingLost(world.server("a").publications[0], world.server("b").publications[0]);
}

TEST_F(ReconnectRequest, ASlowPublishStartLosesNothing) {
  world.server("b", {.publish_delay = 1500ms});
  begin({"a"});
  play(10);
  world.server("a").requestReconnect("rtmp://b/live");
  play(100);
  world.loop.runFor(5s);
  expectNothingLost(world.server("a").publications[0], world.server("b").publications[0]);
  EXPECT_EQ(countOf("NetStream.Buffer.Dropped"), 0U);
}

TEST_F(ReconnectRequest, ANewServerThatCannotBeReachedLeavesTheOldOneInService) {
  begin({"a"});
  play(10);
  world.server("a").requestReconnect("rtmp://nowhere/live?token=canary");
  play(50);
  ASSERT_EQ(countOf(failed), 1U);
  EXPECT_EQ(find(failed)->level, "warning");
  EXPECT_THAT(find(failed)->description, HasSubstr("The name was not found."));
  for (const Status& status : statuses) EXPECT_THAT(status.description, Not(HasSubstr("canary")));
  EXPECT_EQ(numbers(world.server("a").media).size(), next);
}

TEST_F(ReconnectRequest, ANewServerThatRefusesTheStreamGivesItBackToTheOldOne) {
  world.server("b", {.rtt = 20ms, .reject_publish = "NetStream.Publish.Denied"});
  begin({"a"});
  play(10);
  world.server("a").requestReconnect("rtmp://b/live");
  play(60);
  world.loop.runFor(5s);
  EXPECT_EQ(countOf(failed), 1U);
  EXPECT_EQ(world.server("b").openConnections(), 0U);
  ASSERT_EQ(world.server("a").publications.size(), 2U);
  expectNothingLost(world.server("a").publications[0], world.server("a").publications[1]);
  EXPECT_EQ(countOf("NetStream.Publish.Lost"), 0U);
}

TEST_F(ReconnectRequest, ANewServerThatClosesGivesTheStreamBack) {
  world.server("b", {.rtt = 20ms, .close_on_publish = true});
  begin({"a"});
  play(10);
  world.server("a").requestReconnect("rtmp://b/live");
  play(60);
  world.loop.runFor(5s);
  ASSERT_EQ(world.server("a").publications.size(), 2U);
  expectNothingLost(world.server("a").publications[0], world.server("a").publications[1]);
}

TEST_F(ReconnectRequest, AnOldServerThatGoesFirstIsReplacedAtOnce) {
  world.server("b", {.rtt = 100ms});
  begin({"a"});
  play(10);
  world.server("a").requestReconnect("rtmp://b/live");
  play(2);
  world.server("a").close();
  play(60);
  world.loop.runFor(5s);
  EXPECT_EQ(countOf("NetConnection.Connect.Closed"), 0U);
  ASSERT_EQ(world.server("b").publications.size(), 1U);
  EXPECT_THAT(numbers(world.server("b").media), Contains(next - 1));
  EXPECT_EQ(numbers(world.server("b").media).front(), 0U) << "from the cached keyframe";
  EXPECT_EQ(connection->stats()[0].state, ServerState::publishing);
}

TEST_F(ReconnectRequest, AReadyConnectionIsUsedWhenThePublishHasEnded) {
  world.server("b");
  begin({"a"});
  play(10);
  world.server("a").requestReconnect("rtmp://b/live");
  play(3);
  world.server("a").sendStatus(true, "error", "NetStream.Publish.Denied", "no more");
  world.loop.runFor(10s);
  EXPECT_EQ(world.server("b").openConnections(), 1U);
  EXPECT_EQ(world.server("a").openConnections(), 0U);
}

TEST_F(ReconnectRequest, AMoveThatFailsForgetsNoMoreThanItMust) {
  reconnects = true;
  world.server("b", {.never_answers_publish = true});
  begin({"a"});
  play(30);
  world.server("a").reset();
  play(150);
  world.server("a").requestReconnect("rtmp://b/live");
  play(30);
  world.server("a").close();
  world.server("b").close();
  world.server("b").script.refuses = true;
  play(60);
  ASSERT_EQ(world.server("a").publications.size(), 3U);
  EXPECT_GE(videoTimes(world.server("a").media).front(), 40U * 150);
}

TEST_F(ReconnectRequest, AnOldServerThatGoesWithoutTheNewOneIsALoss) {
  world.server("b", {.refuses = true});
  begin({"a"});
  play(10);
  world.server("b").script.rtt = 500ms;
  world.server("a").requestReconnect("rtmp://b/live");
  play(2);
  world.server("a").close();
  play(30);
  EXPECT_EQ(countOf("NetConnection.Connect.Closed"), 1U);
  EXPECT_EQ(connection->stats()[0].state, ServerState::failed);
  EXPECT_EQ(countOf("NetStream.Publish.AllLost"), 1U);
}

TEST_F(ReconnectRequest, WithoutAStreamItIsFollowedAtOnce) {
  world.server("a");
  world.server("b");
  make();
  connect({at("a")});
  world.loop.runFor(1s);
  world.server("a").requestReconnect("//b/live");
  world.loop.runFor(1s);
  EXPECT_EQ(world.server("b").openConnections(), 1U);
  EXPECT_EQ(world.server("a").openConnections(), 0U);
  stream.publish("key");
  world.loop.runFor(1s);
  EXPECT_THAT(world.server("b").published, ElementsAre("key live"));
}

TEST_F(ReconnectRequest, SoundAloneDoesNotWaitForAKeyframe) {
  world.server("b");
  begin({"a"});
  for (std::uint32_t i = 0; i < 20; ++i, world.loop.runFor(40ms)) {
    stream.writeAudio(audio(i, 40ms * i));
    if (i == 9) world.server("a").requestReconnect("rtmp://b/live");
  }
  world.loop.runFor(3s);
  EXPECT_EQ(sounds(world.server("a").publications[0].media), 11U);
  EXPECT_EQ(sounds(world.server("b").publications[0].media), 11U);
}

TEST_F(ReconnectRequest, AgainAndAgainIsBounded) {
  world.server("a");
  make();
  connect({at("a")});
  world.loop.runFor(1s);
  for (int i = 0; i < 20; ++i) {
    world.server("a").requestReconnect();
    world.loop.runFor(1s);
  }
  EXPECT_EQ(world.server("a").connections, 6);
  EXPECT_EQ(countOf(failed), 1U);
  EXPECT_THAT(find(failed)->description, HasSubstr("again and again"));
  world.loop.runFor(31s);
  world.server("a").requestReconnect();
  world.loop.runFor(1s);
  EXPECT_EQ(world.server("a").connections, 7) << "it was healthy for a while";
}

TEST_F(ReconnectRequest, EncryptionIsNotGivenUp) {
  world.server("a");
  world.server("b");
  make();
  connect({{"rtmps://a/live"}});
  world.loop.runFor(1s);
  world.server("a").requestReconnect("rtmp://b/live");
  world.loop.runFor(1s);
  EXPECT_EQ(world.server("b").connections, 0);
  EXPECT_THAT(find(failed)->description, HasSubstr("encryption"));
  EXPECT_EQ(connection->stats()[0].state, ServerState::connected);
}

TEST_F(ReconnectRequest, MayBeTurnedOff) {
  world.server("b");
  ConnectOptions options;
  options.follow_redirects = false;
  begin({"a"}, options);
  world.server("a").requestReconnect("rtmp://b/live");
  play(30);
  EXPECT_EQ(world.server("b").connections, 0);
  EXPECT_EQ(countOf("NetConnection.Connect.ReconnectRequest"), 1U);
  EXPECT_EQ(world.server("a").connect_object->find("capsEx"), nullptr) << "nothing else is promised";
}

TEST_F(ReconnectRequest, IsPromisedToBeFollowed) {
  begin({"a"});
  EXPECT_EQ(world.server("a").connect_object->numberOr("capsEx", 0), 1);
}

TEST_F(ReconnectRequest, MayBeClosedAtEveryMoment) {
  for (const auto after : {0ms, 60ms, 100ms, 700ms, 1000ms, 1080ms, 1200ms, 2000ms}) {
    world.server("x", {.rtt = 40ms, .publish_delay = 100ms});
    begin({"a"});
    play(1);
    world.server("a").requestReconnect("rtmp://x/live");
    closeAfter(after);
  }
}

TEST_F(ReconnectRequest, UnpublishingOnTheWayEndsBoth) {
  world.server("b", {.publish_delay = 500ms});
  begin({"a"});
  play(1);
  world.server("a").requestReconnect("rtmp://b/live");
  play(26);
  stream.stop();
  world.loop.runFor(3s);
  EXPECT_TRUE(world.server("a").unpublished);
  EXPECT_EQ(world.server("a").openConnections(), 0U);
  EXPECT_EQ(world.server("b").openConnections(), 1U);
  EXPECT_EQ(connection->stats()[0].state, ServerState::connected);
  stream.publish("again");
  world.loop.runFor(1s);
  EXPECT_THAT(world.server("b").published, Contains("again live"));
}

/// "a" has asked for "b", which asks for "c".
class RequestInAMove : public ReconnectRequest {
 protected:
  void expectMovedTwice() {
    ASSERT_EQ(world.server("b").publications.size(), 1U);
    ASSERT_EQ(world.server("c").publications.size(), 1U);
    std::vector<std::uint32_t> all;
    for (const char* host : {"a", "b", "c"})
      for (const std::uint32_t number : numbers(world.server(host).publications[0].media))
        all.push_back(number);
    ASSERT_EQ(all.size(), next);
    EXPECT_TRUE(std::is_sorted(all.begin(), all.end()));
    EXPECT_EQ(world.server("a").openConnections() + world.server("b").openConnections(), 0U);
    EXPECT_EQ(connection->stats()[0].state, ServerState::publishing);
    EXPECT_EQ(countOf("NetConnection.Connect.ReconnectRequest"), 2U);
    EXPECT_EQ(countOf(redirected), 2U);
  }
};

TEST_F(RequestInAMove, WhileItWaitsForAKeyframeIsRemembered) {
  world.server("b", {.rtt = 60ms});
  world.server("c");
  begin({"a"});
  play(5);
  world.server("a").requestReconnect("rtmp://b/live");
  play(10);
  ASSERT_EQ(world.server("b").connections, 1);
  world.server("b").requestReconnect("rtmp://nowhere/live");
  world.server("b").requestReconnect("rtmp://c/live");
  play(5);
  ASSERT_TRUE(world.server("b").published.empty());
  EXPECT_EQ(world.server("c").connections, 0);
  play(80);
  world.loop.runFor(5s);
  EXPECT_EQ(countOf(failed), 0U);
  EXPECT_EQ(countOf("NetConnection.Connect.ReconnectRequest"), 3U);
  statuses.erase(std::find_if(statuses.begin(), statuses.end(), [](const Status& status) {
    return status.code == "NetConnection.Connect.ReconnectRequest";
  }));
  expectMovedTwice();
}

TEST_F(RequestInAMove, BeforePublishStartIsRemembered) {
  world.server("b", {.rtt = 60ms, .publish_delay = 1s});
  world.server("c");
  begin({"a"});
  play(5);
  world.server("a").requestReconnect("rtmp://b/live");
  while (world.server("b").published.empty() && next < 100) play(1);
  world.server("b").requestReconnect("rtmp://c/live");
  play(100);
  world.loop.runFor(5s);
  expectMovedTwice();
}

TEST_F(RequestInAMove, WithoutAStreamIsFollowedInTheEnd) {
  world.server("a", {.rtt = 20ms});
  world.server("b", {.rtt = 20ms});
  world.server("c", {.rtt = 200ms});
  make();
  connect({at("a")});
  world.loop.runFor(1s);
  world.server("a").requestReconnect("rtmp://nowhere/live");
  world.server("a").requestReconnect("rtmp://b/live");
  std::uint64_t sent = 0;
  for (int i = 0; i < 2000; ++i) {
    if (i == 1000) world.server("b").requestReconnect("rtmp://c/live");
    world.loop.runFor(1ms);
    const std::uint64_t now = connection->stats()[0].bytes_sent;
    EXPECT_GE(now, sent) << "never goes back";
    sent = now;
  }
  EXPECT_EQ(world.server("b").connections, 1) << "what it said while nowhere was looked for";
  EXPECT_EQ(world.server("c").openConnections(), 1U);
  EXPECT_EQ(world.server("a").openConnections() + world.server("b").openConnections(), 0U);
}

TEST_F(RequestInAMove, OfAServerThatIsNotStayedWithIsNot) {
  world.server("b", {.never_answers_publish = true});
  world.server("c");
  ConnectOptions options;
  options.queue_age = 10s;
  begin({"a"}, options);
  play(5);
  world.server("a").requestReconnect("rtmp://b/live");
  while (world.server("b").published.empty() && next < 100) play(1);
  world.server("b").requestReconnect("rtmp://c/live");
  play(200);
  EXPECT_EQ(world.server("c").connections, 0);
  EXPECT_EQ(world.server("a").publications.size(), 2U);
  EXPECT_EQ(connection->stats()[0].state, ServerState::publishing);
}

}  // namespace
}  // namespace multiconn::test
