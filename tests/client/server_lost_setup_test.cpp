// Setup while servers are tried again, balancers that are asked again, and closing in the middle of it all.
#include "server_lost_fixture.hpp"

namespace multiconn::test {
namespace {

using testing::HasSubstr;
using State = ServerOutcome::State;

Destination balanced(const std::string& host) {
  Destination destination;
  destination.url = "http://" + host + "/loadbalancer";
  destination.servers = {"live", 1};
  return destination;
}

TEST_F(ServerLost, SetupWaitsForAServerThatMayStillCome) {
  world.server("good");
  world.server("late", {.refuses = true});
  make();
  connect({at("good"), at("late")});
  world.loop.runFor(1500ms);
  EXPECT_FALSE(outcome) << "nothing is certain yet";
  world.server("late").start();
  world.loop.runFor(1s);
  ASSERT_TRUE(outcome);
  EXPECT_TRUE(outcome->success);
  EXPECT_EQ(outcome->servers[1].state, State::connected);
  EXPECT_EQ(outcome->servers[1].error, "");
  EXPECT_EQ(*row(1).connect_time, outcome->servers[1].elapsed);
}

TEST_F(ServerLost, SetupFailsEarlyWhereAFailureIsFinal) {
  world.server("late", {.refuses = true});
  world.server("no-app", {.reject_connect = "NetConnection.Connect.InvalidApp"});
  make();
  connect({at("late"), at("no-app")});
  world.loop.runFor(100ms);
  ASSERT_TRUE(outcome);
  EXPECT_FALSE(outcome->success);
  EXPECT_EQ(outcome->servers[0].state, State::pending);
  EXPECT_EQ(outcome->servers[0].error, "Connection refused by the server.");
  EXPECT_EQ(outcome->servers[1].state, State::failed);
}

TEST_F(ServerLost, ThatAServerIsLostAgainDoesNotUndoItsOutcome) {
  world.server("a");
  world.server("b", {.refuses = true});
  make();
  connect({at("a"), at("b")});
  world.loop.runFor(1s);
  world.server("a").kill();
  world.loop.runFor(3s);
  EXPECT_EQ(outcome->servers[0].state, State::connected);
  EXPECT_EQ(outcome->servers[1].state, State::pending);
}

TEST_F(ServerLost, AServerThatIsLateJoinsByItself) {
  world.server("a", {.refuses = true});
  make();
  stream.publish("key");
  connect({at("a")});
  world.loop.runFor(100s);
  EXPECT_FALSE(outcome->success);
  world.server("a").start();
  world.loop.runFor(10s);
  EXPECT_EQ(state(0), ServerState::publishing);
}

TEST_F(ServerLost, TheBalancerIsAskedAgainAndNamesAnotherServer) {
  world.web.serve("balancer",
                  [](const net::HttpUrl&, int nth) { return jsonServers({nth == 1 ? "one" : "two"}, 20ms); });
  world.server("one");
  world.server("two");
  make();
  stream.publish("key");
  connect({balanced("balancer")});
  world.loop.runFor(1s);
  EXPECT_EQ(world.server("one").publications.size(), 1U);
  world.server("one").kill();
  world.loop.runFor(1s);
  EXPECT_EQ(world.server("two").publications.size(), 1U);
  EXPECT_EQ(state(0), ServerState::publishing);
  EXPECT_EQ(row(0).url, "rtmp://two/live");
  EXPECT_EQ(row(0).reconnects, 1U);
  EXPECT_EQ(countOf("NetConnection.Connect.Found"), 2U);
  EXPECT_EQ(world.web.requestsTo("balancer"), 2U);
}

TEST_F(ServerLost, TheBalancerMayNameTheSameServerAgain) {
  world.web.serve("balancer", [](const net::HttpUrl&, int) { return jsonServers({"one"}); });
  world.server("one");
  make();
  stream.publish("key");
  connect({balanced("balancer")});
  world.loop.runFor(1s);
  world.server("one").reset();
  world.loop.runFor(2s);
  EXPECT_EQ(world.server("one").publications.size(), 2U);
}

TEST_F(ServerLost, ABalancerWithoutAGoodAnswerIsAskedForAsLongAsItTakes) {
  bool up = false;
  world.web.serve("balancer", [&](const net::HttpUrl&, int) -> std::optional<WebReply> {
    return up ? jsonServers({"one"}) : refusedConnection(5ms);
  });
  world.server("one");
  make();
  stream.publish("key");
  connect({balanced("balancer")});
  world.loop.runFor(4s);
  EXPECT_EQ(outcome->servers[0].state, State::pending);
  EXPECT_THAT(outcome->servers[0].error, HasSubstr("refused"));
  world.loop.runFor(100s);
  EXPECT_EQ(state(0), ServerState::reconnecting);
  EXPECT_THAT(said(reconnecting).at(0), HasSubstr("No balancer has named a server."));
  up = true;
  world.loop.runFor(20s);
  EXPECT_EQ(state(0), ServerState::publishing);
}

enum class Trouble : std::uint8_t { killed, cut_off, unknown, rejected, busy, balancer, flapping };

/// Closed so many milliseconds after the trouble began.
class ClosedMeanwhile : public ServerLost,
                        public testing::WithParamInterface<std::tuple<Trouble, std::chrono::milliseconds>> {
 protected:
  void trouble() {
    SimulatedServer& server = world.server("a");
    switch (std::get<0>(GetParam())) {
      case Trouble::killed:
        return server.kill();
      case Trouble::cut_off:
        return server.cutOff();
      case Trouble::unknown:
        server.script.unknown_name = true;
        return server.reset();
      case Trouble::rejected:
        server.script.reject_connect = "NetConnection.Connect.Rejected";
        return server.reset();
      case Trouble::busy:
        server.script.one_publisher = true;
        server.script.keeps_dead_sessions = 1h;
        return server.reset();
      case Trouble::balancer:
        balancer_answers = false;
        return server.kill();
      case Trouble::flapping:
        server.script.close_after_start = true;
        return server.reset();
    }
  }
  void beginBroadcast() {
    world.web.serve("balancer", [this](const net::HttpUrl&, int) -> std::optional<WebReply> {
      if (balancer_answers) return jsonServers({"a"});
      return {};
    });
    world.server("a", {.rtt = 30ms});
    world.server("b", {.rtt = 30ms});
    make();
    stream.publish("key");
    const bool by_balancer = std::get<0>(GetParam()) == Trouble::balancer;
    connect({by_balancer ? balanced("balancer") : at("a"), at("b")});
    world.loop.runFor(1s);
    stream.writeVideo(videoConfig());
    play(400ms);
  }
  /// Nothing is left, and nothing more is said.
  void expectSilence() {
    EXPECT_EQ(state(0), ServerState::closed);
    EXPECT_EQ(live_links, 0);
    EXPECT_EQ(world.web.pending(), 0);
    const auto before = statuses.size() + stream_statuses.size();
    const int connections = world.server("a").connections;
    world.server("a").heal();
    world.server("a").start();
    world.loop.runFor(5min);
    EXPECT_EQ(statuses.size() + stream_statuses.size(), before);
    EXPECT_EQ(world.server("a").connections, connections);
  }
  bool balancer_answers = true;
};

TEST_P(ClosedMeanwhile, EndsAtOnce) {
  beginBroadcast();
  trouble();
  world.loop.runFor(std::get<1>(GetParam()));
  int closed = 0;
  const net::TimePoint before = world.loop.now();
  connection->ncClose([&] { ++closed; });
  ASSERT_TRUE(world.loop.runUntil([&] { return closed > 0; }, 1s));
  EXPECT_LE(world.loop.now() - before, 250ms);
  world.loop.runFor(10ms);
  expectSilence();
  EXPECT_EQ(closed, 1);
}

TEST_P(ClosedMeanwhile, UnpublishedNothingMoreIsPublished) {
  beginBroadcast();
  trouble();
  world.loop.runFor(std::get<1>(GetParam()));
  stream.close();
  world.loop.settle();
  const auto published = world.server("a").published.size();
  world.server("a").heal();
  world.server("a").script.reject_connect.clear();
  world.server("a").script.unknown_name = false;
  world.server("a").start();
  balancer_answers = true;
  world.loop.runFor(1min);
  EXPECT_LE(world.server("a").published.size(), published + 1) << "one may have been on its way";
  EXPECT_EQ(state(0), ServerState::connected);
  EXPECT_TRUE(world.server("a").publications.back().ended || world.server("a").openConnections() == 1);
}

TEST_P(ClosedMeanwhile, DestroyedNothingIsLeft) {
  beginBroadcast();
  trouble();
  world.loop.runFor(std::get<1>(GetParam()));
  connection.reset();
  world.loop.runFor(260ms);
  EXPECT_EQ(live_links, 0);
  EXPECT_EQ(world.web.pending(), 0);
}

INSTANTIATE_TEST_SUITE_P(All, ClosedMeanwhile,
                         testing::Combine(testing::Values(Trouble::killed, Trouble::cut_off, Trouble::unknown,
                                                          Trouble::rejected, Trouble::busy, Trouble::balancer,
                                                          Trouble::flapping),
                                          testing::Values(0ms, 10ms, 30ms, 100ms, 170ms, 200ms, 230ms, 260ms,
                                                          300ms, 1s, 3s, 4s, 20s)),
                         [](const auto& when) {
                           return std::to_string(static_cast<int>(std::get<0>(when.param))) + "_" +
                                  std::to_string(std::get<1>(when.param).count());
                         });

}  // namespace
}  // namespace multiconn::test
