// Servers that vanish without a word, and those that are only slow.
#include "client/dead_peer.hpp"

#include "server_lost_fixture.hpp"

namespace multiconn::test {
namespace {

using client::DeadPeer;
using testing::HasSubstr;

net::LinkStats owing(net::TimePoint heard) {
  net::LinkStats figures;
  figures.unacknowledged = 100;
  figures.last_heard = heard;
  return figures;
}

/// Looks four times a second until `end`; what the last look says.
net::Duration watch(DeadPeer& peer, net::TimePoint begin, net::TimePoint end, const net::LinkStats& figures,
                    std::size_t queued = 0) {
  for (net::TimePoint at = begin; at < end; at += 250ms) peer.silence(at, figures, queued);
  return peer.silence(end, figures, queued);
}

TEST(DeadPeerRule, CountsFromTheLastSignOfLife) {
  const net::TimePoint t(1h);
  DeadPeer peer;
  peer.restart(t);
  EXPECT_EQ(watch(peer, t, t + 3s, owing(t + 1s)), 2s);
  EXPECT_EQ(watch(peer, t + 3s, t + 4s, owing(t + 4s)), 0s);
}

TEST(DeadPeerRule, TimeInWhichNobodyLookedIsNoSilence) {
  const net::TimePoint t(1h);
  DeadPeer peer;
  peer.restart(t);
  EXPECT_EQ(watch(peer, t, t + 1s, owing(t + 1s)), 0s);
  // A callback of the application took five seconds; frames were written just before the next look.
  EXPECT_EQ(peer.silence(t + 6s, owing(t + 1s), 0), 0s);
  EXPECT_EQ(watch(peer, t + 6s, t + 9s, owing(t + 1s)), 3s) << "it is dead all the same";
}

TEST(DeadPeerRule, NotBeforeSomethingIsOwed) {
  const net::TimePoint t(1h);
  DeadPeer peer;
  peer.restart(t);
  net::LinkStats idle = owing(t);
  idle.unacknowledged = 0;
  EXPECT_EQ(watch(peer, t, t + 1min, idle), 0s);
  EXPECT_EQ(peer.silence(t + 1min + 300ms, owing(t), 0), 300ms);
  EXPECT_EQ(watch(peer, t + 1min + 300ms, t + 2min, idle, 7), 1min) << "what is queued waits too";
}

TEST(DeadPeerRule, IsOffWhereNothingIsKnown) {
  const net::TimePoint t(1h);
  DeadPeer peer;
  net::LinkStats unknown = owing(t);
  unknown.last_heard.reset();
  EXPECT_EQ(peer.silence(t + 1min, unknown, 9), 0s);
}

TEST(DeadPeerRule, LeavesTimeForSeveralRoundTrips) {
  net::LinkStats figures;
  EXPECT_EQ(DeadPeer::limit(2500ms, figures), 2500ms);
  figures.rtt = 100ms;
  EXPECT_EQ(DeadPeer::limit(2500ms, figures), 2500ms);
  figures.rtt = 2s;
  EXPECT_EQ(DeadPeer::limit(2500ms, figures), 6s);
}

TEST(DeadPeerRule, BorrowsTheRoundTripOfOthersWithinALimit) {
  net::LinkStats figures;
  figures.rtt = 20ms;
  EXPECT_EQ(DeadPeer::limit(2500ms, figures, 100ms), 2500ms);
  EXPECT_EQ(DeadPeer::limit(2500ms, figures, 2s), 6s);
  EXPECT_EQ(DeadPeer::limit(2500ms, figures, 5s), 10s);
  figures.rtt = 3s;
  EXPECT_EQ(DeadPeer::limit(2500ms, figures, 2s), 9s);
  figures.rtt = 5s;
  EXPECT_EQ(DeadPeer::limit(2500ms, figures, 5s), 15s) << "its own is a fact";
}

TEST(RecentRoundTrip, OutlivesWhoMeasuredItByTenSeconds) {
  const net::TimePoint t(1h);
  client::RecentRoundTrip recent;
  EXPECT_EQ(recent.longest(t, 2s), 2s);
  EXPECT_EQ(recent.longest(t + 9s, 20ms), 2s);
  EXPECT_EQ(recent.longest(t + 10s, 0s), 2s);
  EXPECT_EQ(recent.longest(t + 15s, 20ms), 2s);
  EXPECT_EQ(recent.longest(t + 20s, 0s), 20ms);
  EXPECT_EQ(recent.longest(t + 30s, 0s), 0s);
  EXPECT_EQ(recent.longest(t + 31s, 3s), 3s);
  EXPECT_EQ(recent.longest(t + 1min, 0s), 0s) << "nobody looked";
}

net::LinkStats probed(net::TimePoint heard, unsigned probes) {
  net::LinkStats figures;
  figures.last_heard = heard;
  figures.probes = probes;
  return figures;
}

TEST(DeadPeerRule, UnansweredProbesCountFromTheLastSignOfLife) {
  const net::TimePoint t(1h);
  DeadPeer peer;
  peer.restart(t);
  EXPECT_EQ(watch(peer, t, t + 10s, probed(t + 10s, 0)), 0s);
  EXPECT_EQ(watch(peer, t + 10s, t + 11s, probed(t + 10s, 1)), 0s) << "one may have been lost";
  EXPECT_EQ(watch(peer, t + 11s, t + 12s, probed(t + 10s, 4)), 2s);
  net::LinkStats and_frames = probed(t + 10s, 4);
  and_frames.unacknowledged = 100;
  EXPECT_EQ(watch(peer, t + 12s, t + 13s, and_frames), 3s) << "what is sent meanwhile does not start it anew";
  EXPECT_EQ(peer.silence(t + 20s, probed(t + 10s, 4), 0), 0s) << "nobody looked";
}

TEST(DeadPeerRule, ProbesBeginLate) {
  const net::TimePoint t(1h);
  net::LinkStats figures = probed(t, 3);
  EXPECT_EQ(DeadPeer::limit(2500ms, figures), 2500ms);
  EXPECT_EQ(DeadPeer::limit(500ms, figures), 1250ms);
  EXPECT_EQ(DeadPeer::limit(9s, figures), 9s);
  figures.rtt = 1s;
  EXPECT_EQ(DeadPeer::limit(2500ms, figures), 4s);
}

class DeadServer : public ServerLost {
 protected:
  /// From now on until it is noticed.
  net::Duration noticedAfter(net::Duration limit) {
    const net::TimePoint before = world.loop.now();
    playUntil([&] { return countAt(0, "NetConnection.Connect.Closed") > 0; }, limit);
    return world.loop.now() - before;
  }
  /// To "a", for 2 s, with "b" as its spare.
  void playWithSpare() {
    world.server("a", {.rtt = 20ms});
    world.server("b", {.rtt = 20ms});
    make();
    Destination spare = at("b");
    spare.standby = true;
    stream.publish("key");
    connect({at("a"), spare});
    play(2s);
  }
};

TEST_F(DeadServer, ABlackHoleIsNoticedInTime) {
  for (const auto phase : {0ms, 40ms, 80ms, 120ms, 200ms, 280ms, 1000ms}) {
    statuses.clear();
    stream_statuses.clear();
    world.server("a").script.rtt = 20ms;
    begin({"a", "b"});
    play(1s + phase);
    world.server("a").cutOff();
    const net::Duration noticed = noticedAfter(10s);
    EXPECT_GE(noticed, 2300ms);
    EXPECT_LE(noticed, 3s);
    EXPECT_THAT(find("NetConnection.Connect.Closed")->description,
                HasSubstr("Nothing has come from the server for "));
    EXPECT_LE(delays().at(0), 250) << "tried again at once";
    EXPECT_EQ(receivedBy(world.server("b")).video.size(), next + 1);
    world.server("a").heal();
    ASSERT_TRUE(playUntil([&] { return state(0) == ServerState::publishing; }, 20s));
    connection.reset();
    outcome.reset();
    world.loop.runFor(1s);
    next = 0;
  }
}

TEST_F(DeadServer, ALargeBroadcastIsNoSlowerToNotice) {
  size = 100'000;
  begin({"a"});
  play(1s);
  world.server("a").cutOff();
  EXPECT_LE(noticedAfter(10s), 3s);
}

TEST_F(DeadServer, ItIsNoticedWithoutReconnectToo) {
  reconnects = false;
  begin({"a"});
  play(1s);
  world.server("a").cutOff();
  EXPECT_LE(noticedAfter(10s), 3s);
  EXPECT_EQ(state(0), ServerState::failed);
}

TEST_F(DeadServer, ABlackHoleIsNoticedBeforeConnectIsAnswered) {
  world.server("a", {.rtt = 20ms, .connect_delay = 20s});
  make();
  connect({at("a")});
  world.loop.runFor(200ms);
  EXPECT_EQ(state(0), ServerState::connecting);
  world.server("a").cutOff();
  const net::TimePoint before = world.loop.now();
  ASSERT_TRUE(world.loop.runUntil([&] { return state(0) == ServerState::reconnecting; }, 10s));
  EXPECT_GE(world.loop.now() - before, 1500ms);
  EXPECT_LE(world.loop.now() - before, 3s);
  EXPECT_THAT(row(0).error, HasSubstr("not even an answer to TCP's probes"));
}

TEST_F(DeadServer, ABlackHoleThatTakesConnectItselfIsNoticed) {
  world.server("a", {.rtt = 200ms});
  make();
  connect({at("a")});
  world.loop.runFor(450ms);  // connect is on its way
  world.server("a").cutOff();
  ASSERT_TRUE(world.loop.runUntil([&] { return state(0) == ServerState::reconnecting; }, 3s));
  EXPECT_THAT(row(0).error, HasSubstr("not even an acknowledgement"));
}

TEST_F(DeadServer, WithoutReconnectABlackHoleBeforeConnectIsTheEnd) {
  reconnects = false;
  world.server("a", {.rtt = 20ms, .connect_delay = 20s});
  make();
  connect({at("a")});
  world.loop.runFor(200ms);
  world.server("a").cutOff();
  world.loop.runFor(3s);
  EXPECT_EQ(state(0), ServerState::failed);
}

TEST_F(DeadServer, AServerThatIsSlowToAnswerConnectIsNone) {
  world.server("a", {.rtt = 20ms, .connect_delay = 20s});
  world.server("far", {.rtt = 2s, .connect_delay = 5s});
  world.server("mute", {.rtt = 20ms, .never_answers_handshake = true});
  make();
  connect({at("a"), at("far"), at("mute")});
  world.loop.runFor(25s);
  EXPECT_EQ(state(0), ServerState::connected);
  EXPECT_EQ(state(1), ServerState::connected);
  EXPECT_EQ(state(2), ServerState::connecting) << "its kernel answers";
  EXPECT_EQ(countOf(reconnecting), 0U);
}

TEST_F(DeadServer, ACallIntoABlackHoleIsNoticed) {
  world.server("a");
  make();
  connect({at("a")});
  world.loop.runFor(10s);
  connection->callRemote("hello");
  world.server("a").cutOff();
  world.loop.runFor(3s);
  EXPECT_EQ(state(0), ServerState::reconnecting);
}

TEST_F(DeadServer, ABlackHoleIsNoticedWithoutTraffic) {
  for (const auto phase : {0ms, 150ms, 400ms, 650ms, 900ms, 990ms}) {
    world.server("a", {.rtt = 20ms});
    statuses.clear();
    make();
    connect({at("a")});
    world.loop.runFor(10s + phase);
    EXPECT_EQ(state(0), ServerState::connected);
    world.server("a").cutOff();
    const net::TimePoint before = world.loop.now();
    ASSERT_TRUE(world.loop.runUntil([&] { return state(0) == ServerState::reconnecting; }, 10s));
    const net::Duration noticed = world.loop.now() - before;
    EXPECT_GE(noticed, 1500ms) << "since the last answer it is a second more at most";
    EXPECT_LE(noticed, 3s);
    EXPECT_THAT(row(0).error, HasSubstr("not even an answer to TCP's probes"));
    world.server("a").heal();
    connection.reset();
    outcome.reset();
  }
}

TEST_F(DeadServer, ASpareThatVanishesIsNoticed) {
  world.server("a");
  world.server("b");
  make();
  stream.publish("key");
  Destination spare = at("b");
  spare.standby = true;
  connect({at("a"), spare});
  world.loop.runFor(5s);
  world.server("b").cutOff();
  world.loop.runFor(3s);
  EXPECT_EQ(state(1), ServerState::reconnecting);
  EXPECT_EQ(state(0), ServerState::publishing);
}

TEST_F(DeadServer, ASpareBehindALineThatTheBroadcastFillsIsNone) {
  playWithSpare();
  world.server("a").script.rtt = 1800ms;  // nothing measures the spare's
  play(3s);
  world.server("b").cutOff();
  play(4s);
  world.server("b").heal();
  play(1s);
  EXPECT_EQ(countOf("NetConnection.Connect.Closed"), 0U);
  world.server("b").cutOff();
  play(9s);
  EXPECT_EQ(countAt(1, "NetConnection.Connect.Closed"), 1U) << "but it is noticed";
}

TEST_F(DeadServer, ASpareThatTakesOverOnASlowLineIsNone) {
  playWithSpare();
  world.server("a").script.rtt = 2s;  // the line is full; nothing measures the spare's
  play(3s);
  world.server("a").kill();
  ASSERT_TRUE(playUntil([&] { return state(1) == ServerState::publishing; }, 2s));
  world.server("b").cutOff();
  play(5s);
  world.server("b").heal();
  play(1s);
  EXPECT_EQ(countAt(1, "NetConnection.Connect.Closed"), 0U);
  EXPECT_EQ(state(1), ServerState::publishing);
}

TEST_F(DeadServer, AServerFarAwayMakesNobodyElseSlowerToNotice) {
  world.server("a", {.rtt = 20ms});
  world.server("b", {.rtt = 2s});
  make();
  stream.publish("key");
  connect({at("a"), at("b")});
  ASSERT_TRUE(world.loop.runUntil([&] { return countOf(started) == 2; }, 60s));
  stream.writeVideo(videoConfig());
  play(15s);
  world.server("a").cutOff();
  EXPECT_LE(noticedAfter(10s), 3s);
  EXPECT_EQ(countAt(1, "NetConnection.Connect.Closed"), 0U);
}

TEST_F(DeadServer, AQuietWayWithASecondOfRoundTripIsNone) {
  world.server("a", {.rtt = 1s});
  make();
  connect({at("a")});
  world.loop.runFor(10s);
  for (int i = 0; i < 20; ++i) {  // every answer is a second late, or lost once
    world.server("a").cutOff();
    world.loop.runFor(2200ms);
    world.server("a").heal();
    world.loop.runFor(1s);
  }
  EXPECT_EQ(countOf("NetConnection.Connect.Closed"), 0U);
}

TEST_F(DeadServer, AWayWithSecondsOfRoundTripIsNone) {
  world.server("a", {.rtt = 4s});
  make();
  stream.publish("key");
  connect({at("a")});
  ASSERT_TRUE(world.loop.runUntil([&] { return countOf(started) == 1; }, 60s));
  stream.writeVideo(videoConfig());
  play(60s);
  EXPECT_EQ(countOf("NetConnection.Connect.Closed"), 0U);
}

TEST_F(DeadServer, AThrottledWayIsNone) {
  world.server("a", {.rtt = 100ms, .bytes_per_second = 3000});
  size = 4000;
  ConnectOptions options;
  options.queue_bytes = 100'000;
  begin({"a"}, options);
  play(60s);
  EXPECT_EQ(countOf("NetConnection.Connect.Closed"), 0U);
  EXPECT_GT(row(0).dropped.inter, 500U);
}

TEST_F(DeadServer, AServerThatPausesIsNone) {
  size = 20'000;
  begin({"a"});
  play(1s);
  for (int i = 0; i < 3; ++i) {
    world.server("a").stopReading();
    play(9s);
    world.server("a").resumeReading();
    play(2s);
  }
  EXPECT_EQ(countOf("NetConnection.Connect.Closed"), 0U);
}

TEST_F(DeadServer, AServerThatPausesForTooLongIsAskedAnew) {
  size = 20'000;
  begin({"a", "b"});
  play(1s);
  world.server("a").stopReading();
  EXPECT_GE(noticedAfter(15s), 9500ms);
  EXPECT_EQ(countOf("NetStream.Publish.Stalled"), 1U);
  EXPECT_EQ(find("NetStream.Publish.Stalled")->level, "warning");
  EXPECT_EQ(countOf("NetStream.Publish.Lost"), 0U);
  world.server("a").resumeReading();
  ASSERT_TRUE(playUntil([&] { return state(0) == ServerState::publishing; }, 20s));
  EXPECT_EQ(receivedBy(world.server("b")).video.size(), next + 1);
}

TEST_F(DeadServer, TimesThatMeanNeverDo) {
  constexpr auto never = std::chrono::milliseconds::max();
  for (const bool zero : {false, true}) {
    ConnectOptions options;
    options.stall_timeout = options.dead_after = zero ? 0ms : never;
    options.resume_age = options.queue_age = options.call_timeout = options.reconnect.healthy_after = never;
    options.reconnect.give_up_after = never;
    make(options);
    stream.publish("key");
    const std::string host = zero ? "b" : "a";
    world.server(host);
    connect({at(host)});
    stream.writeVideo(videoConfig());
    stream.writeAudio(audioConfig());
    play(20s);
    EXPECT_EQ(state(0), ServerState::publishing);
    EXPECT_EQ(countAt(0, reconnecting), 0U);
    world.server(host).kill();
    play(200ms);
    world.server(host).start();
    play(2s);
    EXPECT_EQ(state(0), ServerState::publishing);
    connection.reset();
    outcome.reset();
    statuses.clear();
    next = 0;
  }
}

TEST_F(DeadServer, AnApplicationThatHasNothingToSendIsNoStall) {
  begin({"a"});
  play(1s);
  world.loop.runFor(5min);
  EXPECT_EQ(state(0), ServerState::publishing);
  play(1s);
  EXPECT_EQ(countOf("NetConnection.Connect.Closed"), 0U);
}

}  // namespace
}  // namespace multiconn::test
