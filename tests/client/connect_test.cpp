// Setup through the public interface: every way a server can behave, alone and together, at the right time.
#include "client_test.hpp"

namespace multiconn::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using State = ServerOutcome::State;

class Connect : public ClientTest {
 protected:
  /// One good server and one of this script.
  void besideAGoodOne(Script script, ConnectOptions options = {}) {
    world.server("good");
    world.server("bad", std::move(script));
    make(std::move(options));
    connect({at("good"), at("bad")});
    world.loop.runFor(10s);
    ASSERT_TRUE(outcome);
    EXPECT_EQ(outcome->servers[0].state, State::connected);
    EXPECT_EQ(outcome->servers[0].url, "rtmp://good/live");
  }
  void makeUnheard() {
    ConnectOptions options;
    options.reconnect.enabled = reconnects;
    connection.emplace(runtime, options);
  }
  void listen() {
    connection->onStatus([this](const Status& status) { statuses.push_back(status); });
    connection->nsStatus([this](const Status& status) { stream_statuses.push_back(status); });
  }
  void expectGoodOneUsable() {
    stream.publish("key");
    world.loop.runFor(1s);
    EXPECT_THAT(world.server("good").published, ElementsAre("key live"));
    EXPECT_EQ(connection->stats()[0].state, ServerState::publishing);
  }
};

TEST_F(Connect, AllAnswer) {
  world.server("a", {.rtt = 100ms});
  world.server("b", {.rtt = 40ms});
  make();
  connect({at("a"), at("b")});
  EXPECT_FALSE(outcome) << "never from inside the call";
  world.loop.runFor(4s);
  ASSERT_TRUE(outcome);
  EXPECT_TRUE(outcome->success);
  EXPECT_EQ(outcome->servers[0].elapsed, 300ms);
  EXPECT_EQ(outcome->servers[1].elapsed, 120ms);
  EXPECT_EQ(answered_after, 300ms);
  EXPECT_THAT(codes(statuses), ElementsAre("NetConnection.Connect.Success", "NetConnection.Connect.Success",
                                           "NetConnection.Setup.Success"));
  EXPECT_EQ(statuses[0].server, static_cast<ServerId>(1));
  EXPECT_EQ(statuses[0].url, "rtmp://b/live");
  EXPECT_NE(statuses[0].info.object(), nullptr);
  EXPECT_FALSE(statuses[2].server);
  EXPECT_EQ(statuses[2].level, "status");
}

TEST_F(Connect, SendsWhatEncodersSend) {
  world.server("a");
  make();
  connect({{"rtmp://a:1936/live/instance?token=secret", {}, {}}});
  world.loop.runFor(1s);
  const auto& object = world.server("a").connect_object;
  ASSERT_TRUE(object);
  EXPECT_EQ(object->stringOr("app", ""), "live/instance?token=secret");
  EXPECT_EQ(object->stringOr("tcUrl", ""), "rtmp://a:1936/live/instance?token=secret");
  EXPECT_EQ(object->stringOr("type", ""), "nonprivate");
  EXPECT_THAT(world.server("a").commands, ElementsAre("connect"));
}

TEST_F(Connect, OneRefuses) {
  besideAGoodOne({.rtt = 30ms, .refuses = true});
  EXPECT_FALSE(outcome->success);
  EXPECT_EQ(outcome->servers[1].state, State::failed);
  EXPECT_EQ(outcome->servers[1].error, "Connection refused by the server.");
  EXPECT_EQ(answered_after, 30ms);
  EXPECT_THAT(codes(statuses, 1), ElementsAre("NetConnection.Connect.Failed"));
  EXPECT_EQ(countOf("NetConnection.Setup.Failed"), 1U);
  expectGoodOneUsable();
}

TEST_F(Connect, OneNeverAnswersTheHandshake) {
  besideAGoodOne({.never_answers_handshake = true});
  EXPECT_FALSE(outcome->success);
  EXPECT_EQ(outcome->servers[1].state, State::pending);
  EXPECT_FALSE(outcome->servers[1].error.empty());
  EXPECT_EQ(answered_after, 3000ms);
  expectGoodOneUsable();
  world.loop.runFor(40s);
  EXPECT_EQ(connection->stats()[1].state, ServerState::failed);
  EXPECT_THAT(connection->stats()[1].error, HasSubstr("30 seconds"));
  EXPECT_THAT(codes(statuses, 1), ElementsAre("NetConnection.Connect.Failed"));
}

TEST_F(Connect, OneAnswersConnectAfterFiveSecondsAndJoinsLate) {
  besideAGoodOne({.connect_delay = 5s});
  EXPECT_FALSE(outcome->success);
  EXPECT_EQ(outcome->servers[1].state, State::pending);
  EXPECT_EQ(answered_after, 3000ms);
  EXPECT_THAT(codes(statuses), ElementsAre("NetConnection.Connect.Success", "NetConnection.Setup.Failed",
                                           "NetConnection.Connect.Success"));
  expectGoodOneUsable();
  EXPECT_THAT(world.server("bad").published, ElementsAre("key live"));
}

TEST_F(Connect, OneHasAnUnknownName) {
  besideAGoodOne({.unknown_name = true});
  EXPECT_EQ(outcome->servers[1].state, State::failed);
  EXPECT_EQ(outcome->servers[1].error, "The name was not found.");
  EXPECT_EQ(answered_after, 5ms);
  expectGoodOneUsable();
}

TEST_F(Connect, OneIsAWebServer) {
  besideAGoodOne({.rtt = 40ms, .web_server = true});
  EXPECT_EQ(outcome->servers[1].state, State::failed);
  EXPECT_EQ(outcome->servers[1].error, "The server speaks HTTP, not RTMP.");
  EXPECT_EQ(answered_after, 80ms);
  expectGoodOneUsable();
}

TEST_F(Connect, OneRejectsTheApplication) {
  besideAGoodOne({.rtt = 40ms,
                  .reject_connect = "NetConnection.Connect.InvalidApp",
                  .description = "no such application"});
  EXPECT_EQ(outcome->servers[1].state, State::failed);
  EXPECT_THAT(outcome->servers[1].error, HasSubstr("NetConnection.Connect.InvalidApp: No such application."));
  EXPECT_THAT(codes(statuses, 1), ElementsAre("NetConnection.Connect.InvalidApp"));
  EXPECT_EQ(find("NetConnection.Connect.InvalidApp")->level, "error");
  EXPECT_EQ(answered_after, 120ms);
  expectGoodOneUsable();
}

TEST_F(Connect, ARedirectThatIsNotToBeFollowedIsAFailureThatSaysWhere) {
  ConnectOptions options;
  options.follow_redirects = false;
  besideAGoodOne({.reject_connect = "NetConnection.Connect.Rejected",
                  .reject_ex = AmfObject{{"code", 302}, {"redirect", "rtmp://other/live?token=canary77"}}},
                 options);
  EXPECT_EQ(outcome->servers[1].state, State::failed);
  EXPECT_THAT(outcome->servers[1].error, HasSubstr("redirects to rtmp://other/live?token=****"));
  EXPECT_THAT(find("NetConnection.Connect.Rejected")->description, HasSubstr("rtmp://other/live?token=****"));
}

TEST_F(Connect, AllTroublesTogetherAndTheOthersUsable) {
  world.server("good", {.rtt = 20ms});
  world.server("refuses", {.refuses = true});
  world.server("mute", {.never_answers_handshake = true});
  world.server("slow", {.connect_delay = 5s});
  world.server("web", {.web_server = true});
  ConnectOptions options;
  options.require = Require::atLeast(2);
  make(options);
  connect({at("good"), at("refuses"), at("mute"), at("slow"), at("nowhere"), at("web")});
  world.loop.runFor(3s);
  ASSERT_TRUE(outcome);
  EXPECT_EQ(answered_after, 3000ms);
  EXPECT_FALSE(outcome->success);
  std::vector<State> states;
  for (const ServerOutcome& server : outcome->servers) states.push_back(server.state);
  EXPECT_THAT(states, ElementsAre(State::connected, State::failed, State::pending, State::pending,
                                  State::failed, State::failed));
  expectGoodOneUsable();
}

TEST_F(Connect, AnyIsAnsweredByTheFirst) {
  world.server("quick", {.rtt = 10ms});
  world.server("slow", {.rtt = 500ms});
  ConnectOptions options;
  options.require = Require::any();
  make(options);
  connect({at("quick"), at("slow"), at("nowhere")});
  world.loop.runFor(5s);
  EXPECT_TRUE(outcome->success);
  EXPECT_EQ(answered_after, 30ms);
  EXPECT_EQ(outcome->servers[1].state, State::pending);
  EXPECT_EQ(outcome->servers[2].state, State::failed);
  EXPECT_EQ(connection->stats()[1].state, ServerState::connected);
}

TEST_F(Connect, TwoOfThree) {
  world.server("a", {.rtt = 10ms});
  world.server("b", {.rtt = 50ms});
  ConnectOptions options;
  options.require = Require::atLeast(2);
  make(options);
  connect({at("a"), at("nowhere"), at("b")});
  world.loop.runFor(5s);
  EXPECT_TRUE(outcome->success);
  EXPECT_EQ(answered_after, 150ms);
}

TEST_F(Connect, TheTimeOutIsTheCallers) {
  world.server("mute", {.never_answers_handshake = true});
  ConnectOptions options;
  options.setup_timeout = 700ms;
  make(options);
  connect({at("mute")});
  world.loop.runFor(5s);
  EXPECT_EQ(answered_after, 700ms);
}

TEST_F(Connect, BadDestinationsFailAtOnceAndAlone) {
  world.server("good");
  ConnectOptions options;
  options.require = Require::any();
  make(options);
  connect({{"rtmp://user:canary1@:99999/live", {}, {}},
           at("good"),
           {"http://good/live", {}, {}},
           at("good"),
           at("good", "")});
  world.loop.runFor(4s);
  ASSERT_TRUE(outcome);
  EXPECT_TRUE(outcome->success);
  std::vector<State> states;
  for (const ServerOutcome& server : outcome->servers) states.push_back(server.state);
  EXPECT_THAT(states,
              ElementsAre(State::failed, State::connected, State::failed, State::failed, State::failed));
  EXPECT_THAT(outcome->servers[3].error, HasSubstr("twice"));
  EXPECT_THAT(outcome->servers[4].error, HasSubstr("stream name is empty"));
  for (const ServerOutcome& server : outcome->servers)
    EXPECT_THAT(server.url + server.error, Not(HasSubstr("canary1")));
}

TEST_F(Connect, NoDestinationFails) {
  make();
  connect({});
  world.loop.settle();
  ASSERT_TRUE(outcome);
  EXPECT_FALSE(outcome->success);
  EXPECT_TRUE(outcome->servers.empty());
  EXPECT_THAT(codes(statuses), ElementsAre("NetConnection.Setup.Failed"));
}

TEST_F(Connect, WorksOncePerObject) {
  world.server("a");
  make();
  connect({at("a")});
  world.loop.runFor(1s);
  std::optional<SetupOutcome> second;
  connection->connect({at("a")}, [&](SetupOutcome answer) { second = std::move(answer); });
  world.loop.runFor(1s);
  ASSERT_TRUE(second);
  EXPECT_FALSE(second->success);
  EXPECT_EQ(world.server("a").connections, 1);
}

TEST_F(Connect, ALostServerIsReportedOnceAndNotRetried) {
  world.server("a");
  make();
  connect({at("a")});
  world.loop.runFor(1s);
  world.server("a").reset();
  world.loop.runFor(60s);
  EXPECT_THAT(codes(statuses), ElementsAre("NetConnection.Connect.Success", "NetConnection.Setup.Success",
                                           "NetConnection.Connect.Closed", "NetConnection.Quorum.Lost"));
  EXPECT_EQ(world.server("a").connections, 1);
  EXPECT_EQ(connection->stats()[0].state, ServerState::failed);
}

TEST_F(Connect, ServersMayAskForTheEnd) {
  world.server("a");
  make();
  connect({at("a")});
  world.loop.runFor(1s);
  rtmp::Message message;
  message.body = rtmp::Command{"close", 0, nullptr, {}};
  world.server("a").send(message);
  world.loop.runFor(1s);
  EXPECT_EQ(countOf("NetConnection.Connect.Closed"), 1U);
  EXPECT_TRUE(world.server("a").client_closed);
}

TEST_F(Connect, StatusesOfTheServerAreHandedOn) {
  world.server("a");
  make();
  connect({at("a")});
  world.loop.runFor(1s);
  world.server("a").sendStatus(false, "warning", "NetConnection.Something.New", "listen");
  world.loop.runFor(1s);
  ASSERT_EQ(statuses.back().code, "NetConnection.Something.New");
  EXPECT_EQ(statuses.back().level, "warning");
  EXPECT_EQ(statuses.back().description, "listen");
}

// The order of the article: connect() first, and then what listens.
TEST_F(Connect, StatusesWaitForWhoListensLate) {
  world.server("a");
  makeUnheard();
  connection->publish("key");
  connect({at("a")});
  world.loop.runFor(1s);
  ASSERT_TRUE(outcome);
  listen();
  EXPECT_THAT(statuses, testing::IsEmpty()) << "never from inside the call";
  connection->ncClose();
  world.loop.runFor(1s);
  EXPECT_THAT(codes(statuses), ElementsAre("NetConnection.Connect.Success", "NetConnection.Setup.Success",
                                           "NetConnection.Connect.Closed"));
  EXPECT_NE(statuses[0].info.object(), nullptr);
  EXPECT_THAT(codes(stream_statuses), ElementsAre("NetStream.Publish.Start"));
}

TEST_F(Connect, OnlyTheNewestStatusesWait) {
  makeUnheard();
  for (int i = 0; i < 100; ++i) connection->add(at("host" + std::to_string(i)));
  world.loop.runFor(1s);
  listen();
  world.loop.runFor(1s);
  ASSERT_EQ(statuses.size(), 64U);
  EXPECT_EQ(statuses.front().url, "rtmp://host36/live");
  EXPECT_EQ(statuses.back().url, "rtmp://host99/live");
}

TEST_F(Connect, WhoListensAnewIsNotToldAgain) {
  world.server("a");
  makeUnheard();
  connect({at("a")});
  world.loop.runFor(1s);
  connection->onStatus({});
  world.loop.runFor(1s);
  listen();
  world.loop.runFor(1s);
  EXPECT_THAT(statuses, testing::IsEmpty()) << "the first one wanted nothing";
}

TEST_F(Connect, AnUnverifiedCertificateIsSaidLoudly) {
  world.server("a");
  make();
  Destination destination;
  destination.url = "rtmps://a/live";
  destination.tls = TlsOptions{"", true};
  connect({destination});
  world.loop.runFor(1s);
  ASSERT_EQ(statuses.front().code, "NetConnection.Connect.Insecure");
  EXPECT_EQ(statuses.front().level, "warning");
  EXPECT_EQ(statuses.front().server, static_cast<ServerId>(0));
}

}  // namespace
}  // namespace multiconn::test
