// Spares: connected and silent, in the place of a server that is lost, and silent again.
#include "roles_fixture.hpp"

namespace multiconn::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class StandbyTest : public RolesTest {
 protected:
  static std::string urlOf(const std::string& host) { return "rtmp://" + host + "/live"; }
  /// "a" with these spares, lost after so many frames; so many more are played without it.
  void loseTheServer(std::uint32_t frames, std::uint32_t frames_without,
                     const std::vector<std::string>& spares = {"b"}) {
    beginWithSpares({"a"}, spares);
    play(frames);
    kill("a");
    play(frames_without);
  }
  void bringItBackUntil(const std::string& code, std::size_t count) {
    world.server("a").script.refuses = false;
    ASSERT_TRUE(world.loop.runUntil([&] { return countOf(code) == count; }, 20s));
  }
  /// "a" with the spare "b", before either has answered.
  void publishWithSpare() {
    make();
    stream.publish("key");
    connect({at("a"), spareAt("b")});
  }
};

TEST_F(StandbyTest, IsReadyAndSilent) {
  world.server("a", {.rtt = 20ms});
  world.server("b", {.rtt = 20ms});
  beginWithSpares({"a"}, {"b"});
  play(50);
  EXPECT_THAT(world.server("b").commands, ElementsAre("connect", "createStream"));
  EXPECT_TRUE(row(1).standby);
  EXPECT_FALSE(row(0).standby);
  EXPECT_EQ(row(1).state, ServerState::connected);
  EXPECT_EQ(row(1).frames_dropped, 0U);
  ASSERT_TRUE(outcome);
  ASSERT_EQ(outcome->servers.size(), 2U);
  EXPECT_EQ(countOf(taken_over), 0U);
}

TEST_F(StandbyTest, SetupDoesNotAskForIt) {
  world.server("a");
  world.server("b", {.refuses = true});
  make();
  connect({spareAt("b"), at("a")});
  world.loop.runFor(100ms);
  ASSERT_TRUE(outcome);
  EXPECT_TRUE(outcome->success);
  ASSERT_EQ(outcome->servers.size(), 2U);
  EXPECT_EQ(outcome->servers[0].state, ServerOutcome::State::pending);
  EXPECT_EQ(outcome->servers[1].state, ServerOutcome::State::connected);
}

TEST_F(StandbyTest, SparesAloneAreNoDestination) {
  world.server("b");
  make();
  connect({spareAt("b")});
  world.loop.runFor(100ms);
  ASSERT_TRUE(outcome);
  EXPECT_FALSE(outcome->success);
}

class TakeOverAtDistance : public StandbyTest, public testing::WithParamInterface<int> {};

TEST_P(TakeOverAtDistance, FirstFrameWithin300Milliseconds) {
  const std::chrono::milliseconds rtt(GetParam());
  world.server("a", {.rtt = rtt});
  world.server("b", {.rtt = rtt});
  beginWithSpares({"a"}, {"b"});
  play(50);
  kill("a");
  play(1);  // the newest keyframe, with frames before it that never arrived
  ASSERT_TRUE(world.loop.runUntil([&] { return countOf("NetStream.Publish.Lost") == 1; }, 1s));
  const net::TimePoint lost = world.loop.now();
  play(40);
  ASSERT_FALSE(world.server("b").arrivals.empty());
  EXPECT_LE(world.server("b").arrivals.front() - lost, 300ms);
  world.loop.runFor(500ms);
  EXPECT_THAT(missing({"a", "b"}), IsEmpty()) << "no frame is missing between the two";
  const auto there = numbers(world.server("b").media);
  EXPECT_EQ(there.front() % gop, 0U) << "with a picture at once";
  EXPECT_TRUE(std::is_sorted(there.begin(), there.end()));
  EXPECT_EQ(videoTimes(world.server("b").media)[1], 40U * there.front()) << "the broadcast's time";
}

INSTANTIATE_TEST_SUITE_P(Standby, TakeOverAtDistance, testing::Values(0, 20, 100));

TEST_F(StandbyTest, LateInALongGroupOfPicturesItBeginsWithAPictureToo) {
  beginWithSpares({"a"}, {"b"});
  play(375, 1000);
  kill("a");
  play(1, 1000);
  ASSERT_TRUE(world.loop.runUntil([&] { return countOf("NetStream.Publish.Lost") == 1; }, 1s));
  const net::TimePoint lost = world.loop.now();
  play(40, 1000);
  ASSERT_FALSE(world.server("b").arrivals.empty());
  EXPECT_LE(world.server("b").arrivals.front() - lost, 300ms);
  world.loop.runFor(10s);
  EXPECT_EQ(numbers(world.server("b").media).front(), 0U);
  EXPECT_THAT(missing({"a", "b"}), IsEmpty());
}

TEST_F(StandbyTest, TakesOverFromABlackHole) {
  beginWithSpares({"a"}, {"b"});
  play(50);
  world.server("a").cutOff();
  while (countOf("NetStream.Publish.Lost") == 0 && next < 150) play(1);
  ASSERT_EQ(countOf("NetStream.Publish.Lost"), 1U);
  const net::TimePoint lost = world.loop.now();
  play(40);
  ASSERT_FALSE(world.server("b").arrivals.empty());
  EXPECT_LE(world.server("b").arrivals.front() - lost, 300ms);
  world.loop.runFor(2s);
  EXPECT_EQ(numbers(world.server("b").media).front() % gop, 0U);
  EXPECT_THAT(missing({"a", "b"}), IsEmpty());
}

TEST_F(StandbyTest, TakingOverIsTold) {
  loseTheServer(10, 5);
  EXPECT_EQ(countOf(taken_over), 1U);
  const Status& status = *find(taken_over);
  EXPECT_EQ(status.server, static_cast<ServerId>(1));
  EXPECT_EQ(status.level, "warning");
  EXPECT_EQ(status.url, urlOf("b"));
  EXPECT_THAT(status.description, HasSubstr(urlOf("a")));
  EXPECT_THAT(status.description, HasSubstr(urlOf("b")));
  EXPECT_FALSE(row(1).standby);
  EXPECT_EQ(row(1).state, ServerState::publishing);
  EXPECT_EQ(countOf("NetStream.Publish.AllLost"), 0U);
}

TEST_F(StandbyTest, IsSilentAgainWhenTheServerIsBack) {
  loseTheServer(30, 50);
  ASSERT_NO_FATAL_FAILURE(bringItBackUntil("NetStream.Publish.Start", 3));
  play(45);
  EXPECT_EQ(countOf(silent_again), 0U) << "1.8 s: both publish";
  EXPECT_EQ(row(1).state, ServerState::publishing);
  play(10);
  EXPECT_EQ(countOf(silent_again), 1U);
  EXPECT_TRUE(row(1).standby);
  EXPECT_EQ(row(1).state, ServerState::connected);
  EXPECT_TRUE(world.server("b").publications.at(0).ended);
  EXPECT_EQ(world.server("b").connections, 1);
  EXPECT_EQ(world.server("b").commands.back(), "createStream") << "ready again";
  play(25);
  world.loop.runFor(1s);
  EXPECT_THAT(missing({"a"}), IsEmpty()) << "within the ring nothing is lost where it came back";
}

TEST_F(StandbyTest, TakesOverAgainFromTheSecondLoss) {
  loseTheServer(30, 50);
  ASSERT_NO_FATAL_FAILURE(bringItBackUntil(silent_again, 1));
  play(200);
  kill("a");
  play(50);
  EXPECT_EQ(countOf(taken_over), 2U);
  ASSERT_EQ(world.server("b").publications.size(), 2U);
  const auto again = numbers(world.server("b").publications[1].media);
  ASSERT_FALSE(again.empty());
  EXPECT_GE(again.front(), 30U + 50U + 200U - gop) << "its own silence is not made up for";
  EXPECT_EQ(row(1).frames_dropped, 0U);
  world.loop.runFor(500ms);
  EXPECT_THAT(missing({"a", "b"}), IsEmpty());
}

TEST_F(StandbyTest, ALossWhileBothPublishChangesNothing) {
  loseTheServer(30, 50);
  ASSERT_NO_FATAL_FAILURE(bringItBackUntil("NetStream.Publish.Start", 3));
  play(25);
  kill("a");
  play(100);
  EXPECT_EQ(countOf(silent_again), 0U);
  EXPECT_EQ(countOf(taken_over), 1U);
  EXPECT_EQ(world.server("b").publications.size(), 1U);
}

TEST_F(StandbyTest, TheNextOneFollowsASpareThatIsLost) {
  loseTheServer(30, 30, {"b", "c"});
  kill("b");
  play(30);
  EXPECT_EQ(countOf(taken_over), 2U);
  EXPECT_EQ(row(2).state, ServerState::publishing);
  world.loop.runFor(500ms);
  EXPECT_THAT(missing({"a", "b", "c"}), IsEmpty());
}

TEST_F(StandbyTest, OneThatIsAwayTakesOverWhenItIsThere) {
  world.server("b", {.refuses = true});
  loseTheServer(30, 30);
  EXPECT_EQ(countOf(taken_over), 0U);
  world.server("b").script.refuses = false;
  ASSERT_TRUE(world.loop.runUntil([&] { return countOf(taken_over) == 1; }, 20s));
}

TEST_F(StandbyTest, TheFirstThatIsConnectedIsTaken) {
  world.server("b", {.refuses = true});
  beginWithSpares({"a"}, {"b", "c"});
  kill("a");
  play(5);
  EXPECT_EQ(row(2).state, ServerState::publishing);
}

TEST_F(StandbyTest, OneSpareReplacesOneServer) {
  beginWithSpares({"a", "b"}, {"c"});
  play(10);
  kill("a");
  kill("b");
  play(10);
  EXPECT_EQ(countOf(taken_over), 1U);
  EXPECT_THAT(find(taken_over)->description, HasSubstr(urlOf("a")));
}

TEST_F(StandbyTest, TakesOverFromAServerThatDoesNotBegin) {
  world.server("a", {.never_answers_publish = true});
  world.server("b");
  publishWithSpare();
  world.loop.runFor(2900ms);
  EXPECT_EQ(countOf(taken_over), 0U);
  world.loop.runFor(300ms);
  EXPECT_EQ(countOf(taken_over), 1U);
}

TEST_F(StandbyTest, TakesOverAtOnceFromAServerThatHasFailed) {
  world.server("a", {.reject_publish = "NetStream.Publish.BadName"});
  world.server("b");
  publishWithSpare();
  world.loop.runFor(200ms);
  EXPECT_EQ(countOf(taken_over), 1U);
  EXPECT_EQ(countOf("NetStream.Publish.AllLost"), 0U);
}

TEST_F(StandbyTest, ASpareThatIsStillToComeIsHope) {
  world.server("a", {.reject_publish = "NetStream.Publish.BadName"});
  world.server("b", {.rtt = 200ms});
  publishWithSpare();
  world.loop.runFor(2s);
  EXPECT_EQ(countOf("NetStream.Publish.AllLost"), 0U);
  EXPECT_EQ(countOf(taken_over), 1U);
  kill("b");
  world.loop.runFor(2s);
  EXPECT_EQ(countOf("NetStream.Publish.AllLost"), 0U) << "it is tried again";
}

TEST_F(StandbyTest, ASpareThatIsRefusedGivesWay) {
  world.server("b", {.reject_publish = "NetStream.Publish.BadName"});
  loseTheServer(10, 10, {"b", "c"});
  EXPECT_EQ(row(2).state, ServerState::publishing);
  EXPECT_EQ(countOf(taken_over), 1U);
  EXPECT_TRUE(row(1).standby);
  const std::size_t asked = world.server("b").commands.size();
  play(25);
  EXPECT_LE(world.server("b").commands.size(), asked + 1) << "it is left alone";
}

TEST_F(StandbyTest, ASpareThatDoesNotAnswerGivesWay) {
  world.server("b", {.never_answers_publish = true});
  loseTheServer(10, 20, {"b", "c"});
  EXPECT_EQ(row(2).state, ServerState::connected);
  play(10);
  EXPECT_EQ(row(2).state, ServerState::publishing);
}

TEST_F(StandbyTest, ARemovedServerNeedsNone) {
  beginWithSpares({"a", "x"}, {"b"});
  play(10);
  kill("a");
  play(10);
  EXPECT_EQ(row(2).state, ServerState::publishing);
  connection->remove(static_cast<ServerId>(0));
  play(10);
  EXPECT_EQ(row(2).state, ServerState::connected);
  EXPECT_TRUE(row(2).standby);
}

TEST_F(StandbyTest, ARemovedSpareIsFollowedByTheNext) {
  loseTheServer(10, 10, {"b", "c"});
  connection->remove(static_cast<ServerId>(1));
  play(20);
  EXPECT_EQ(row(2).state, ServerState::publishing);
}

TEST_F(StandbyTest, AnAddedSpareTakesOver) {
  loseTheServer(10, 10, {});
  world.server("b");
  connection->add(spareAt("b"));
  play(10);
  EXPECT_EQ(countOf(taken_over), 1U);
}

TEST_F(StandbyTest, EveryPublishBeginsWithSilence) {
  loseTheServer(10, 10);
  world.server("a").script.refuses = false;
  stream.stop();
  world.loop.runFor(20s);
  EXPECT_TRUE(row(1).standby);
  stream.publish("key");
  world.loop.runFor(500ms);
  EXPECT_EQ(row(0).state, ServerState::publishing);
  EXPECT_TRUE(row(1).standby);
  EXPECT_EQ(countOf(taken_over), 1U);
}

/// Closes the connection of `host` whenever it has been idle for so long, during five minutes. How much of
/// them the spare was there.
class IdleSpare : public StandbyTest {
 protected:
  net::Duration thereWhileClosedAfter(net::Duration idle) {
    beginWithSpares({"a"}, {"b"});
    net::Duration there{}, since{};
    for (const net::TimePoint end = world.loop.now() + 5min; world.loop.now() < end;) {
      world.loop.runFor(50ms);
      const bool connected = row(1).state == ServerState::connected;
      if (connected) there += 50ms;
      since = connected ? since + 50ms : net::Duration();
      if (since >= idle) world.server("b").close();
    }
    return there;
  }
};

TEST_F(IdleSpare, IsBackAtOnceWhereServersCloseWhatIsIdle) {
  EXPECT_GE(thereWhileClosedAfter(10s), 285s);
  EXPECT_LE(world.server("b").connections, 31);
}

TEST_F(IdleSpare, IsNotTakenBackAgainAndAgainWhereServersCloseAtOnce) {
  thereWhileClosedAfter(1s);
  EXPECT_LE(world.server("b").connections, 45);
}

TEST_F(StandbyTest, WhatAServerMissesIsNotCountedForTheSpare) {
  beginWithSpares({"a"}, {"b"});
  for (unsigned i = 0; i < 3; ++i) {
    play(100);
    kill("a");
    play(500);  // longer than the ring
    world.server("a").script.refuses = false;
    ASSERT_TRUE(world.loop.runUntil([&] { return countOf(silent_again) == i + 1; }, 20s));
    play(50);
  }
  world.loop.runFor(500ms);
  EXPECT_EQ(row(1).frames_dropped, 0U);
  EXPECT_EQ(row(0).dropped.inter + row(0).dropped.key, missing({"a"}).size());
  EXPECT_THAT(missing({"a", "b"}), IsEmpty());
}

TEST_F(StandbyTest, WhatNobodyHasGotIsCountedOnce) {
  world.server("b", {.refuses = true});
  beginWithSpares({"a"}, {"b"});
  play(100);
  kill("a");
  play(500);  // longer than the ring, without anybody
  world.server("b").script.refuses = false;
  ASSERT_TRUE(world.loop.runUntil([&] { return countOf(taken_over) == 1; }, 20s));
  play(100);
  world.server("a").script.refuses = false;
  ASSERT_TRUE(world.loop.runUntil([&] { return countOf(silent_again) == 1; }, 20s));
  play(50);
  world.loop.runFor(500ms);
  EXPECT_GT(missing({"a", "b"}).size(), 100U);
  EXPECT_EQ(row(0).dropped.inter + row(0).dropped.key, missing({"a"}).size());
  EXPECT_EQ(row(1).frames_dropped, 0U);
}

TEST_F(StandbyTest, ASecondSpareDoesNotCountWhatTheFirstHasMissed) {
  beginWithSpares({"a"}, {"b", "c"});
  play(100);
  kill("a");
  play(300);
  kill("b");
  play(300);
  world.server("a").script.refuses = world.server("b").script.refuses = false;
  ASSERT_TRUE(world.loop.runUntil([&] { return countOf(silent_again) == 1; }, 20s));
  play(100);
  kill("a");
  play(300);
  world.loop.runFor(500ms);
  EXPECT_EQ(row(1).frames_dropped, 0U);
  EXPECT_EQ(row(2).frames_dropped, 0U);
  EXPECT_THAT(missing({"a", "b", "c"}), IsEmpty());
}

TEST_F(StandbyTest, NoSecretsInWhatIsSaid) {
  world.server("a");
  world.server("b");
  make();
  stream.publish("canary-7f3a");
  Destination primary = at("a"), spare = spareAt("b");
  primary.url += "?token=canary-7f3a";
  connect({primary, spare});
  world.loop.runFor(500ms);
  kill("a");
  world.loop.runFor(500ms);
  ASSERT_EQ(countOf(taken_over), 1U);
  EXPECT_THAT(find(taken_over)->description, Not(HasSubstr("canary")));
}

}  // namespace
}  // namespace multiconn::test
