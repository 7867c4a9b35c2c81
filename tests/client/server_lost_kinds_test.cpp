// Which failures are tried again, and which are not.
#include "server_lost_kinds.hpp"
#include "server_lost_fixture.hpp"

namespace multiconn::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const char* const lost = "NetStream.Publish.Lost";
const char* const bad_name = "NetStream.Publish.BadName";

class FirstFailure : public ServerLost, public testing::WithParamInterface<Kind> {
 protected:
  void run() {
    world.server("plain");
    world.server("a", GetParam().script);
    make();
    stream.publish("key");
    connect({destinationOf(GetParam())});
    world.loop.runFor(45s);
  }
};

TEST_P(FirstFailure, IsRetriedWhereItMayHeal) {
  run();
  if (!GetParam().heals) {
    EXPECT_THAT(delays(), IsEmpty());
    EXPECT_THAT(delays(retrying), IsEmpty());
    EXPECT_NE(state(0), ServerState::reconnecting);
    EXPECT_NE(row(0).error, "");
    world.server("a").script = {};
    world.loop.runFor(60s);
    EXPECT_TRUE(world.server("a").publications.empty());
    return;
  }
  ASSERT_TRUE(world.loop.runUntil([this] { return state(0) == ServerState::reconnecting; }));
  EXPECT_NE(row(0).error, "");
  EXPECT_GE(delays().size() + delays(retrying).size(), 1U);
  world.server("a").script = {};
  world.loop.runFor(60s);
  EXPECT_EQ(state(0), ServerState::publishing);
  EXPECT_EQ(countOf(started), 1U);
}

INSTANTIATE_TEST_SUITE_P(All, FirstFailure, everyKind(), kindName);

class SecondFailure : public ServerLost, public testing::WithParamInterface<Kind> {
 protected:
  /// It has published there.
  void run() {
    world.server("plain");
    make();
    stream.publish("key");
    world.server("a");
    connect({destinationOf(GetParam())});
    world.loop.runFor(1s);
    ASSERT_EQ(state(0), ServerState::publishing);
    stream.writeVideo(videoConfig());
    stream.writeAudio(audioConfig());
    play(1s);
    world.server("a").script = GetParam().script;
    world.server("a").reset();
    world.loop.runFor(45s);
  }
  void expectTheEnd() {
    EXPECT_EQ(delays().size(), 1U) << "after the loss";
    EXPECT_THAT(delays(retrying), IsEmpty());
    EXPECT_NE(state(0), ServerState::reconnecting);
    EXPECT_NE(row(0).error, "");
    world.server("a").script = {};
    world.loop.runFor(60s);
    EXPECT_EQ(world.server("a").publications.size(), 1U);
    EXPECT_EQ(countOf("NetStream.Publish.AllLost"), 1U);
  }
};

TEST_P(SecondFailure, IsRetriedWhereItMayHeal) {
  ASSERT_NO_FATAL_FAILURE(run());
  if (!GetParam().heals_later) return expectTheEnd();
  ASSERT_TRUE(world.loop.runUntil([this] { return state(0) == ServerState::reconnecting; }));
  EXPECT_NE(row(0).error, "");
  world.server("a").script = {};
  world.loop.runFor(60s);
  EXPECT_EQ(state(0), ServerState::publishing);
  EXPECT_EQ(row(0).error, "");
  EXPECT_EQ(countOf("NetStream.Publish.AllLost"), 0U);
  EXPECT_EQ(world.server("a").publications.size(), 2U);
  play(2s);
  EXPECT_GE(world.server("a").media.size(), 40U);
}

INSTANTIATE_TEST_SUITE_P(All, SecondFailure, everyKind(), kindName);

TEST_F(ServerLost, AWrongPasswordIsNotTriedAgain) {
  world.server("a", {.login = login});
  make();
  connect({{"rtmp://user:wrong@a/live", {}, {}}});
  world.loop.runFor(10s);
  EXPECT_EQ(state(0), ServerState::failed);
  EXPECT_LE(world.server("a").connections, 3);
  EXPECT_LT(answered_after, 100ms);
}

TEST_F(ServerLost, AnUnusableUrlFailsAtOnce) {
  make();
  connect({{"ftp://a/live", {}, {}}, at("nowhere")});
  world.loop.runFor(10s);
  EXPECT_EQ(state(0), ServerState::failed);
  EXPECT_EQ(state(1), ServerState::reconnecting);
}

// The server has not noticed yet that we are gone.
TEST_F(ServerLost, OurOwnDeadSessionIsWaitedFor) {
  world.server("a", {.one_publisher = true, .keeps_dead_sessions = 20s});
  begin({"a"});
  play(1s);
  world.server("a").reset();
  play(15s);
  EXPECT_EQ(state(0), ServerState::reconnecting);
  EXPECT_EQ(row(0).reconnects, 1U) << "the connection stands";
  EXPECT_EQ(countOf(bad_name), 0U);
  EXPECT_THAT(said(retrying).at(0), HasSubstr("NetStream.Publish.BadName"));
  EXPECT_EQ(find(retrying)->level, "warning");
  EXPECT_EQ(delays(retrying).at(0), 266);
  ASSERT_TRUE(playUntil([&] { return state(0) == ServerState::publishing; }, 14s));
  EXPECT_EQ(world.server("a").connections, 2);
  play(1s);
  EXPECT_GE(world.server("a").media.size(), 20U);
}

TEST_F(ServerLost, OurOwnDeadSessionIsWaitedForWhereTheServerClosesToo) {
  begin({"a"});
  world.server("a").script.close_on_publish = true;
  world.server("a").reset();
  play(4s);
  EXPECT_EQ(state(0), ServerState::reconnecting);
  EXPECT_THAT(delays(), ElementsAre(133, 266, 532, 1064, 2128));
  world.server("a").script.close_on_publish = false;
  ASSERT_TRUE(playUntil([&] { return state(0) == ServerState::publishing; }, 5s));
}

// The end of the first publish has not come through.
TEST_F(ServerLost, ADeadSessionThatWasSaidGoodbyeToIsWaitedForToo) {
  world.server("a", {.one_publisher = true, .keeps_dead_sessions = 20s});
  begin({"a"});
  play(1s);
  world.server("a").cutOff();
  stream.stop();
  stream.publish("key");
  world.loop.runFor(1s);
  world.server("a").heal();
  world.server("a").reset();
  play(5s);
  EXPECT_EQ(countOf(bad_name), 0U);
  EXPECT_TRUE(playUntil([&] { return state(0) == ServerState::publishing; }, 30s));
}

TEST_F(ServerLost, SomebodyElsesNameIsNotTaken) {
  world.server("a", {.one_publisher = true, .keeps_dead_sessions = 20s});
  begin({"a"});
  play(1s);
  stream.stop();
  world.loop.runFor(100ms);
  world.server("a").script.reject_publish = bad_name;
  stream.publish("key");
  world.loop.runFor(10s);
  EXPECT_EQ(countOf(bad_name), 1U);
  EXPECT_EQ(countOf(retrying), 0U);
}

class EndedByServer : public ServerLost, public testing::WithParamInterface<const char*> {};

TEST_P(EndedByServer, ThePublishIsAskedForAgain) {
  begin({"a"});
  play(1s);
  world.server("a").sendStatus(true, "status", GetParam(), "go away");
  world.loop.settle();
  EXPECT_EQ(state(0), ServerState::reconnecting);
  EXPECT_THAT(codes(stream_statuses, 0), ElementsAre(started, GetParam(), lost, retrying));
  EXPECT_EQ(find(lost)->level, "warning");
  EXPECT_EQ(*row(0).retry_in, 133ms);
  play(1s);
  EXPECT_EQ(state(0), ServerState::publishing);
  EXPECT_EQ(world.server("a").connections, 1);
  EXPECT_EQ(world.server("a").publications.size(), 2U);
  EXPECT_GE(world.server("a").media.size(), 20U);
}

INSTANTIATE_TEST_SUITE_P(All, EndedByServer, testing::Values("NetStream.Unpublish.Success"));

TEST_F(ServerLost, AStreamThatFailsIsAskedForAgainMoreAndMoreSeldom) {
  begin({"a"});
  for (int i = 0; i < 5; ++i) {
    world.server("a").sendStatus(true, "error", "NetStream.Failed", "disk full");
    world.loop.settle();
    ASSERT_TRUE(playUntil([&] { return state(0) == ServerState::publishing; }, 10s));
  }
  EXPECT_THAT(delays(retrying), ElementsAre(133, 266, 532, 1064, 2128));
}

TEST_F(ServerLost, AStreamThatIsDeniedInTheMiddleIsOver) {
  begin({"a"});
  world.server("a").sendStatus(true, "error", "NetStream.Publish.Denied", "kicked");
  play(60s);
  EXPECT_EQ(state(0), ServerState::connected);
  EXPECT_EQ(find(lost)->level, "error");
  EXPECT_EQ(world.server("a").publications.size(), 1U);
}

TEST_F(ServerLost, TheLastRefusalOfAPublishIsFinal) {
  world.server("a", {.reject_publish = "NetStream.Failed"});
  ConnectOptions options;
  options.reconnect.max_attempts = 2;
  make(options);
  stream.publish("key");
  connect({at("a")});
  world.loop.runFor(30s);
  EXPECT_EQ(world.server("a").published.size(), 3U);
  EXPECT_EQ(state(0), ServerState::connected);
  EXPECT_THAT(row(0).error, HasSubstr("After 2 attempts to reconnect it is given up."));
  EXPECT_EQ(countOf("NetStream.Failed"), 1U);
  EXPECT_EQ(countOf("NetStream.Publish.AllLost"), 1U);
}

// A redirect of the publish that leads nowhere is asked for again, like everything else.
TEST_F(ServerLost, ARedirectedPublishIsAskedForAgain) {
  world.server("a", {.redirect_publish = "rtmp://nowhere/live"});
  make();
  stream.publish("key");
  connect({at("a")});
  world.loop.runFor(5s);
  EXPECT_EQ(state(0), ServerState::reconnecting);
  world.server("a").script.redirect_publish.clear();
  world.loop.runFor(10s);
  EXPECT_EQ(state(0), ServerState::publishing);
  EXPECT_EQ(world.server("a").connections, 1);
}

TEST_F(ServerLost, AServerThatIsSecondsAwayIsReachedInTheEnd) {
  world.server("a", {.rtt = 5s});
  make();
  stream.publish("key");
  connect({at("a")});
  world.loop.runFor(1s);
  ASSERT_TRUE(world.loop.runUntil([&] { return state(0) == ServerState::publishing; }, 60s));
  EXPECT_EQ(row(0).attempts, 1U);
}

TEST_F(ServerLost, PatienceWithAMuteAddressGrows) {
  world.server("a");
  make();
  stream.publish("key");
  connect({at("a")});
  world.loop.runFor(1s);
  for (unsigned i = 0; i < 2; ++i) {  // when it has been reached, it begins anew
    world.server("a").cutOff();
    world.loop.runFor(60s);
    EXPECT_EQ(countOf(reconnecting), 6U * (i + 1)) << "lost, and after 3, 6, and three times 12 s";
    world.server("a").heal();
    ASSERT_TRUE(world.loop.runUntil([&] { return state(0) == ServerState::publishing; }, 60s));
    world.loop.runFor(60s);
  }
}

class RedirectsOff : public ServerLost {
 protected:
  void run(Script script) {
    world.server("a", std::move(script));
    world.server("b");
    ConnectOptions options;
    options.follow_redirects = false;
    make(options);
    stream.publish("key");
    connect({at("a")});
    world.loop.runFor(60s);
    EXPECT_THAT(delays(), IsEmpty());
    EXPECT_THAT(delays(retrying), IsEmpty());
    EXPECT_EQ(world.server("b").connections, 0);
    EXPECT_EQ(countOf("NetStream.Publish.AllLost"), 1U);
  }
};

TEST_F(RedirectsOff, ARedirectIsARefusalForGood) {
  run({.reject_connect = "NetConnection.Connect.Rejected", .reject_ex = redirectTo("rtmp://b/live")});
  EXPECT_EQ(state(0), ServerState::failed);
  ASSERT_TRUE(outcome);
  EXPECT_FALSE(outcome->success);
  EXPECT_LT(answered_after, 1s) << "it is certain before the time-out";
  EXPECT_THAT(said("NetConnection.Connect.Rejected"),
              ElementsAre(HasSubstr("redirects to rtmp://b/live, which is not followed")));
}

TEST_F(RedirectsOff, ABalancerMayNameAnotherServer) {
  world.web.serve("balancer",
                  [](const net::HttpUrl&, int nth) { return jsonServers({nth == 1 ? "a" : "b"}); });
  world.server(
      "a", {.reject_connect = "NetConnection.Connect.Rejected", .reject_ex = redirectTo("rtmp://c/live")});
  world.server("b");
  ConnectOptions options;
  options.follow_redirects = false;
  make(options);
  stream.publish("key");
  Destination balanced;
  balanced.url = "http://balancer/loadbalancer";
  balanced.servers = {"live", 1};
  connect({balanced});
  world.loop.runFor(2s);
  EXPECT_EQ(state(0), ServerState::publishing);
  EXPECT_EQ(row(0).url, "rtmp://b/live");
}

TEST_F(RedirectsOff, ABalancerMayNameAnotherServerForTheStreamToo) {
  for (const bool pipelined : {true, false}) {
    const std::string balancer = pipelined ? "early" : "late";
    world.web.serve(balancer,
                    [](const net::HttpUrl&, int nth) { return jsonServers({nth == 1 ? "a" : "b"}); });
    world.server("a", {.redirect_publish = "rtmp://c/live"});
    world.server("b");
    ConnectOptions options;
    options.follow_redirects = false;
    make(options);
    if (pipelined) stream.publish("key");
    Destination balanced;
    balanced.url = "http://" + balancer + "/loadbalancer";
    balanced.servers = {"live", 1};
    connect({balanced});
    world.loop.runFor(1s);
    if (!pipelined) stream.publish("key");
    world.loop.runFor(2s);
    EXPECT_EQ(state(0), ServerState::publishing);
    EXPECT_EQ(row(0).url, "rtmp://b/live");
    EXPECT_THAT(said(reconnecting),
                ElementsAre(HasSubstr("redirects to rtmp://c/live, which is not followed")));
    connection.reset();
    outcome.reset();
    statuses.clear();
    stream_statuses.clear();
  }
}

TEST_F(RedirectsOff, ARedirectOfTheStreamIsARefusalForGood) {
  run({.redirect_publish = "rtmp://b/live"});
  EXPECT_EQ(state(0), ServerState::connected);
  EXPECT_EQ(world.server("a").published.size(), 1U);
}

}  // namespace
}  // namespace multiconn::test
