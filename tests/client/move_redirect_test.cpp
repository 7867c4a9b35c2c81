// A move whose target answers publish with a redirect: followed, and until somebody takes the stream the old
// connection is kept.
#include "reconnect_fixture.hpp"
#include "rtmp/status_info.hpp"

namespace multiconn::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class MoveRedirect : public ReconnectRequest {
 protected:
  static constexpr const char* rejected = "NetConnection.Connect.Rejected";
  /// On "a", which asks for "b".
  void moveTo(const std::string& host) {
    begin({"a"});
    play(10);
    world.server("a").requestReconnect("rtmp://" + host + "/live");
  }
  /// What a server says that has taken the stream and does not want it after all.
  void redirectTo(const std::string& from, const std::string& to) {
    const AmfObject ex{{"code", 302}, {"redirect", "rtmp://" + to + "/live"}};
    rtmp::Message message;
    message.body = rtmp::Command{
        "onStatus", 0, nullptr, {rtmp::makeInfo("error", rejected, "RTMP 302 Redirect", {{"ex", ex}})}};
    world.server(from).send(message);
  }
  /// Publishing at "a" again, as if nothing had been.
  void expectTakenBack() {
    world.loop.runFor(5s);
    ASSERT_EQ(world.server("a").publications.size(), 2U);
    expectNothingLost(world.server("a").publications[0], world.server("a").publications[1]);
    EXPECT_EQ(countOf(failed), 1U);
    EXPECT_EQ(countOf("NetStream.Publish.Lost"), 0U);
    EXPECT_EQ(countOf("NetStream.Publish.Failed"), 0U);
    EXPECT_EQ(world.server("a").connections, 1);
    EXPECT_EQ(connection->stats()[0].state, ServerState::publishing);
  }
};

TEST_F(MoveRedirect, IsFollowedAndNothingIsLost) {
  world.server(
      "b",
      {.rtt = 40ms, .redirect_publish = "rtmp://c/live", .redirect_full_url = "rtmp://c/live/canary-name"});
  world.server("c", {.rtt = 60ms, .publish_delay = 300ms});
  moveTo("b");
  play(80);
  world.loop.runFor(5s);
  EXPECT_THAT(world.server("c").published, ElementsAre("canary-name live"));
  ASSERT_EQ(world.server("c").publications.size(), 1U);
  expectNothingLost(world.server("a").publications[0], world.server("c").publications[0]);
  EXPECT_EQ(world.server("a").openConnections(), 0U);
  EXPECT_EQ(world.server("b").openConnections(), 0U);
  EXPECT_EQ(countOf(redirected), 2U);
  EXPECT_EQ(countOf("NetStream.Publish.Start"), 2U);
  EXPECT_EQ(countOf("NetConnection.Connect.Closed"), 0U);
  EXPECT_EQ(countOf("NetStream.Buffer.Dropped"), 0U);
  EXPECT_EQ(connection->stats()[0].frames_sent, 2U * next);
  for (const Status& status : statuses) EXPECT_THAT(status.description, Not(HasSubstr("canary")));
}

TEST_F(MoveRedirect, TheOldConnectionIsKeptUntilTheLastServerTakesTheStream) {
  world.server("b", {.redirect_publish = "rtmp://c/live"});
  world.server("c", {.publish_delay = 2s});
  moveTo("b");
  play(45);
  ASSERT_THAT(world.server("c").published, ElementsAre("key live"));
  EXPECT_EQ(world.server("a").openConnections(), 1U);
  EXPECT_EQ(world.server("b").openConnections(), 0U) << "it is of no use any more";
  play(50);
  EXPECT_EQ(world.server("a").openConnections(), 0U);
}

TEST_F(MoveRedirect, AServerThatClosesBehindItIsLeftAllTheSame) {
  world.server("b", {.redirect_publish = "rtmp://c/live"});
  world.server("c", {.rtt = 200ms});
  moveTo("b");
  while (world.server("b").published.empty() && next < 100) play(1);
  world.server("b").close();
  play(60);
  world.loop.runFor(5s);
  ASSERT_EQ(world.server("c").publications.size(), 1U);
  expectNothingLost(world.server("a").publications[0], world.server("c").publications[0]);
  EXPECT_EQ(countOf("NetConnection.Connect.Closed"), 0U);
}

TEST_F(MoveRedirect, ARefusalOfTheStreamWithARedirectIsOneToo) {
  world.server("b", {.never_answers_publish = true});
  world.server("c");
  moveTo("b");
  while (world.server("b").published.empty() && next < 100) play(1);
  rtmp::Message refusal;
  refusal.stream_id = world.server("b").stream_ids.back();
  const AmfObject ex{{"code", 302}, {"redirect", "rtmp://c/live"}};
  refusal.body =
      rtmp::Command{"onStatus",
                    0,
                    nullptr,
                    {rtmp::makeInfo("error", "NetStream.Publish.Denied", "not here", {{"ex", ex}})}};
  world.server("b").send(refusal);
  play(60);
  world.loop.runFor(5s);
  ASSERT_EQ(world.server("c").publications.size(), 1U);
  expectNothingLost(world.server("a").publications[0], world.server("c").publications[0]);
}

TEST_F(MoveRedirect, ToNowhereGivesTheStreamBack) {
  world.server("b", {.rtt = 20ms, .redirect_publish = "rtmp://nowhere/live"});
  moveTo("b");
  play(60);
  expectTakenBack();
  EXPECT_THAT(find(failed)->description, HasSubstr("The name was not found"));
}

TEST_F(MoveRedirect, ToAServerThatDoesNotAnswerGivesTheStreamBack) {
  world.server("b", {.redirect_publish = "rtmp://c/live"});
  world.server("c", {.connect_delay = 1h});
  ConnectOptions options;
  options.queue_age = 10s;
  begin({"a"}, options);
  play(10);
  world.server("a").requestReconnect("rtmp://b/live");
  play(200);
  expectTakenBack();
}

TEST_F(MoveRedirect, ToAServerThatRefusesGivesTheStreamBack) {
  world.server("b", {.redirect_publish = "rtmp://c/live"});
  world.server("c", {.rtt = 20ms, .reject_publish = "NetStream.Publish.Denied"});
  moveTo("b");
  play(60);
  expectTakenBack();
  EXPECT_EQ(world.server("c").openConnections(), 0U);
}

TEST_F(MoveRedirect, InACircleGivesTheStreamBack) {
  world.server("b", {.redirect_publish = "rtmp://c/live"});
  world.server("c", {.redirect_publish = "rtmp://b/live"});
  moveTo("b");
  play(60);
  expectTakenBack();
  EXPECT_THAT(find(failed)->description, HasSubstr("circle"));
  EXPECT_EQ(world.server("b").connections, 1);
}

TEST_F(MoveRedirect, HasTheHopsOfAnyRedirect) {
  for (int i = 1; i <= 7; ++i)
    world.server("s" + std::to_string(i), {.redirect_publish = "rtmp://s" + std::to_string(i + 1) + "/live"});
  moveTo("s1");
  play(60);
  expectTakenBack();
  EXPECT_THAT(find(failed)->description, HasSubstr("sixth redirect"));
  EXPECT_EQ(world.server("s6").connections, 1);
  EXPECT_EQ(world.server("s7").connections, 0);
}

TEST_F(MoveRedirect, AfterPublishStartInACircleEnds) {
  world.server("b");
  begin({"a"});
  for (int round = 0; round < 10; ++round) {
    redirectTo("a", "b");
    play(30);
    redirectTo("b", "a");
    play(30);
  }
  ASSERT_TRUE(find(rejected));
  EXPECT_THAT(find(rejected)->description, HasSubstr("circle"));
  EXPECT_EQ(world.server("a").connections, 1);
  EXPECT_EQ(world.server("b").connections, 1);
  EXPECT_EQ(connection->stats()[0].state, ServerState::publishing);
  expectNothingLost(world.server("a").publications[0], world.server("b").publications[0]);
}

TEST_F(MoveRedirect, AfterPublishStartHasFiveHopsUntilTheStreamHasRunForAWhile) {
  const auto name = [](int i) { return "s" + std::to_string(i); };
  for (int i = 1; i <= 8; ++i) world.server(name(i));
  begin({"s1"});
  for (int i = 1; i <= 7; ++i) {
    redirectTo(name(i), name(i + 1));
    play(30);
  }
  EXPECT_EQ(world.server("s6").publications.size(), 1U);
  EXPECT_EQ(world.server("s7").connections, 0);
  EXPECT_EQ(countOf(failed), 1U) << "again and again";
  play(800);
  redirectTo("s6", "s1");
  play(30);
  EXPECT_EQ(world.server("s1").publications.size(), 2U) << "it has run for half a minute";
}

// The server that asks for the move is often about to go.
TEST_F(MoveRedirect, WithoutTheOldConnectionAFailureIsTheEnd) {
  world.server("b", {.redirect_publish = "rtmp://c/live"});
  world.server("c", {.connect_delay = 1h});
  moveTo("b");
  play(20);
  ASSERT_EQ(world.server("c").connections, 1);
  world.server("a").close();
  play(200);
  EXPECT_EQ(countOf("NetStream.Publish.Failed"), 1U);
  EXPECT_THAT(find("NetStream.Publish.Failed")->description, HasSubstr("did not answer connect"));
  EXPECT_EQ(countOf("NetStream.Publish.Lost"), 1U);
  EXPECT_EQ(countOf("NetStream.Publish.AllLost"), 1U);
  EXPECT_EQ(connection->stats()[0].state, ServerState::connected) << "to the one that redirected";
}

TEST_F(MoveRedirect, WithoutAnyConnectionAFailureIsALoss) {
  world.server("b", {.redirect_publish = "rtmp://c/live"});
  world.server("c", {.connect_delay = 1h});
  moveTo("b");
  play(20);
  world.server("a").close();
  world.server("b").close();
  play(200);
  EXPECT_EQ(countOf("NetStream.Publish.Lost"), 1U);
  EXPECT_EQ(countOf("NetConnection.Connect.Closed"), 1U);
  EXPECT_EQ(connection->stats()[0].state, ServerState::failed);
}

TEST_F(MoveRedirect, WithoutTheOldConnectionItIsStillFollowed) {
  world.server("b", {.redirect_publish = "rtmp://c/live"});
  world.server("c", {.rtt = 200ms});
  moveTo("b");
  while (world.server("b").published.empty() && next < 100) play(1);
  world.server("a").close();
  world.server("b").close();
  play(60);
  world.loop.runFor(5s);
  ASSERT_EQ(world.server("c").publications.size(), 1U);
  EXPECT_EQ(numbers(world.server("c").media).front() % gop, 0U);
  EXPECT_EQ(numbers(world.server("c").media).back(), next - 1);
  EXPECT_EQ(countOf("NetStream.Publish.Lost"), 0U);
}

TEST_F(MoveRedirect, UnpublishingOnTheWayEndsAll) {
  world.server("b", {.redirect_publish = "rtmp://c/live"});
  world.server("c", {.rtt = 500ms});
  moveTo("b");
  play(20);
  ASSERT_FALSE(world.server("b").published.empty());
  stream.stop();
  world.loop.runFor(5s);
  EXPECT_THAT(world.server("c").published, IsEmpty());
  EXPECT_EQ(world.server("a").openConnections(), 0U);
  EXPECT_EQ(world.server("b").openConnections() + world.server("c").openConnections(), 1U);
  stream.publish("again");
  world.loop.runFor(3s);
  EXPECT_EQ(connection->stats()[0].state, ServerState::publishing);
}

TEST_F(MoveRedirect, MayBeClosedAtEveryMoment) {
  for (auto after = 0ms; after <= 1500ms; after += 60ms) {
    for (const char* host : {"a", "b", "c"}) world.server(host).publications.clear();
    world.server("b", {.rtt = 40ms, .redirect_publish = "rtmp://c/live"});
    world.server("c", {.rtt = 80ms, .publish_delay = 200ms});
    begin({"a"});
    play(15);
    world.server("a").requestReconnect("rtmp://b/live");
    closeAfter(after);
  }
}

}  // namespace
}  // namespace multiconn::test
