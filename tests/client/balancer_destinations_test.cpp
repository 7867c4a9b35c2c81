// Destinations that a balancer has to name the servers of, through MultiConnection.
#include "client_test.hpp"

#include "client/client_core.hpp"
#include "client/destinations.hpp"

namespace multiconn::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using State = ServerOutcome::State;

Destination balanced(const std::string& host, std::size_t count = 1) {
  Destination destination;
  destination.url = "http://" + host + "/loadbalancer";
  destination.servers = {"live", count};
  return destination;
}

class BalancerDestinations : public ClientTest {
 protected:
  void serve(const std::string& host, WebReply always) {
    world.web.serve(host, [always](const net::HttpUrl&, int) { return always; });
  }
  std::vector<std::string> outcomeUrls() const {
    std::vector<std::string> urls;
    for (const ServerOutcome& server : outcome->servers) urls.push_back(server.url);
    return urls;
  }
  std::vector<std::string> statsUrls() const {
    std::vector<std::string> urls;
    for (const ServerStats& row : connection->stats()) urls.push_back(row.url);
    return urls;
  }
};

TEST_F(BalancerDestinations, AreFoundAndPublishedTo) {
  serve("b", jsonServers({"one", "two"}, 50ms));
  world.server("one", {.rtt = 20ms});
  world.server("two", {.rtt = 20ms});
  make();
  stream.publish("key");
  connect({balanced("b", 2)});
  world.loop.runFor(10ms);
  EXPECT_THAT(statsUrls(), ElementsAre("http://b/loadbalancer", "http://b/loadbalancer"));
  world.loop.runFor(3s);
  ASSERT_TRUE(outcome);
  EXPECT_TRUE(outcome->success);
  EXPECT_EQ(answered_after, 110ms);
  EXPECT_THAT(outcomeUrls(), ElementsAre("rtmp://one/live", "rtmp://two/live"));
  EXPECT_THAT(statsUrls(), ElementsAre("rtmp://one/live", "rtmp://two/live"));
  for (const char* host : {"one", "two"}) EXPECT_THAT(world.server(host).published, ElementsAre("key live"));
  EXPECT_EQ(connection->stats()[1].connect_time, 110ms);
  EXPECT_THAT(codes(statuses, 1),
              ElementsAre("NetConnection.Connect.Found", "NetConnection.Connect.Success"));
  EXPECT_EQ(find("NetConnection.Connect.Found")->url, "rtmp://one/live");
  EXPECT_EQ(world.web.requests().size(), 1U);
}

TEST_F(BalancerDestinations, StandBesidePlainOnes) {
  serve("b", jsonServers({"one", "two"}));
  for (const char* host : {"one", "two", "plain", "last"}) world.server(host);
  make();
  stream.publish("key");
  connect({at("plain"), balanced("b", 2), at("last")});
  world.loop.runFor(1s);
  EXPECT_TRUE(outcome->success);
  EXPECT_THAT(outcomeUrls(),
              ElementsAre("rtmp://plain/live", "rtmp://one/live", "rtmp://two/live", "rtmp://last/live"));
  writeFrames(10);
  world.loop.runFor(1s);
  for (const char* host : {"one", "two", "plain", "last"})
    EXPECT_EQ(receivedBy(world.server(host)).video.size(), 11U) << host;
}

TEST_F(BalancerDestinations, CarryTheirOwnStreamSchemeAndApp) {
  serve("b", jsonServers({"one"}));
  world.server("one");
  make();
  stream.publish("other");
  Destination destination = balanced("b");
  destination.servers.app = "live/instance?token=secret";
  destination.servers.scheme = "rtmps";
  destination.stream = "key";
  connect({destination});
  world.loop.runFor(1s);
  EXPECT_TRUE(outcome->success);
  EXPECT_THAT(world.server("one").published, ElementsAre("key live"));
  EXPECT_EQ(world.server("one").connect_object->stringOr("tcUrl", ""),
            "rtmps://one/live/instance?token=secret");
  EXPECT_THAT(outcomeUrls(), ElementsAre("rtmps://one/live/instance?token=****"));
}

TEST_F(BalancerDestinations, AreNotWhereAnotherDestinationIs) {
  serve("b", jsonServers({"one", "two"}));
  world.web.serve("b", [](const net::HttpUrl& url, int) {
    if (url.target.find("count=1&") != std::string::npos) return jsonServers({"plain"});
    return jsonServers({"plain", "one"});
  });
  world.server("plain");
  world.server("one");
  make();
  connect({balanced("b"), at("plain")});
  world.loop.runFor(1s);
  ASSERT_TRUE(outcome);
  EXPECT_TRUE(outcome->success);
  EXPECT_THAT(outcomeUrls(), ElementsAre("rtmp://one/live", "rtmp://plain/live"));
}

TEST_F(BalancerDestinations, FailWhenEveryServerIsInUseAlready) {
  serve("b", jsonServers({"plain"}));
  serve("c", text("redirect=plain"));
  world.server("plain");
  make();
  connect({at("plain"), balanced("b"), balanced("c")});
  world.loop.runFor(1s);
  ASSERT_TRUE(outcome);
  for (const std::size_t index : {1U, 2U}) {
    EXPECT_EQ(connection->stats()[index].state, ServerState::failed);
    EXPECT_EQ(connection->stats()[index].error,
              "The balancers named no server that is not in use here already.");
  }
  EXPECT_LE(world.web.requests().size(), 4U);
}

TEST_F(BalancerDestinations, OfTwoQuestionsGoToDifferentServers) {
  serve("b", jsonServers({"one", "two"}));
  serve("c", jsonServers({"one", "two"}));
  world.server("one");
  world.server("two");
  make();
  connect({balanced("b"), balanced("c")});
  world.loop.runFor(1s);
  ASSERT_TRUE(outcome);
  EXPECT_TRUE(outcome->success);
  EXPECT_THAT(outcomeUrls(), ElementsAre("rtmp://one/live", "rtmp://two/live"));
}

TEST_F(BalancerDestinations, SayWhenThereAreFewerThanAskedFor) {
  serve("b", jsonServers({"one"}));
  world.server("one");
  make();
  connect({balanced("b", 3)});
  world.loop.runFor(4s);
  ASSERT_TRUE(outcome);
  EXPECT_FALSE(outcome->success);
  EXPECT_EQ(answered_after, 0ms);
  world.loop.runFor(1s);
  EXPECT_EQ(connection->stats()[0].state, ServerState::connected);
  for (const std::size_t extra : {1U, 2U}) {
    EXPECT_EQ(outcome->servers[extra].state, State::failed);
    EXPECT_EQ(outcome->servers[extra].error, "The balancers named 1 server of the 3 that were asked for.");
    EXPECT_EQ(connection->stats()[extra].state, ServerState::failed);
  }
  EXPECT_EQ(countOf("NetConnection.Connect.Failed"), 2U);
}

TEST_F(BalancerDestinations, AreSearchedWithinTheSetupDeadline) {
  world.web.serve("hanging", [](const net::HttpUrl&, int) { return std::nullopt; });
  serve("full", text("redirect=unknown"));
  ConnectOptions options;
  options.setup_timeout = 2s;
  make(options);
  Destination destination = balanced("hanging");
  destination.servers.more_balancers = {"http://full/loadbalancer"};
  world.server("plain");
  connect({destination, at("plain")});
  world.loop.runFor(2s);
  ASSERT_TRUE(outcome);
  EXPECT_EQ(answered_after, 2s);
  EXPECT_EQ(outcome->servers[0].state, State::pending);
  EXPECT_EQ(outcome->servers[0].error,
            "No balancer has named a server. http://hanging/loadbalancer: It has not answered. "
            "http://full/loadbalancer: It knows no server that can take a client.");
  EXPECT_EQ(outcome->servers[1].state, State::connected);
  EXPECT_EQ(outcome->servers[1].error, "");
  world.loop.runFor(40s);
  EXPECT_EQ(connection->stats()[0].state, ServerState::failed);
  EXPECT_EQ(world.web.pending(), 0);
}

TEST_F(BalancerDestinations, JoinLate) {
  world.web.serve("b", [](const net::HttpUrl&, int nth) {
    return nth < 12 ? text("redirect=unknown") : jsonServers({"one"});
  });
  world.server("one");
  make();
  stream.publish("key");
  connect({balanced("b")});
  world.loop.runFor(20s);
  EXPECT_FALSE(outcome->success);
  EXPECT_EQ(connection->stats()[0].state, ServerState::publishing);
}

TEST_F(BalancerDestinations, GoOnWhenOneOfTwoBalancersIsDead) {
  serve("alive", jsonServers({"one"}, 20ms));
  world.server("one", {.rtt = 20ms});
  for (const char* dead : {"refused", "hanging"}) {
    world.web.serve("hanging", [](const net::HttpUrl&, int) { return std::nullopt; });
    outcome.reset();
    start = world.loop.now();
    make();
    Destination destination = balanced(dead);
    destination.servers.more_balancers = {"http://alive/loadbalancer"};
    connect({destination});
    world.loop.runFor(3s);
    ASSERT_TRUE(outcome);
    EXPECT_TRUE(outcome->success);
    EXPECT_LE(answered_after, 500ms);
  }
}

TEST_F(BalancerDestinations, FailEarlyWhereNothingCanHelp) {
  WebReply wrong_certificate;
  wrong_certificate.result.failure = {{}, "the certificate of b is for another host", true};
  serve("b", wrong_certificate);
  make();
  Destination destination = balanced("b");
  destination.url = "https://b/loadbalancer";
  connect({destination});
  world.loop.runFor(10ms);
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->servers[0].state, State::failed);
  EXPECT_THAT(outcome->servers[0].error, HasSubstr("The certificate of b is for another host."));
}

TEST_F(BalancerDestinations, WarnOfBalancersThatAreNotVerified) {
  serve("b", jsonServers({"one"}));
  world.server("one");
  ConnectOptions options;
  options.tls.insecure = true;
  make(options);
  Destination destination = balanced("b");
  destination.url = "HTTPS://b/loadbalancer";
  connect({destination});
  world.loop.runFor(1s);
  EXPECT_EQ(countOf("NetConnection.Connect.Insecure"), 1U);
  EXPECT_THAT(find("NetConnection.Connect.Insecure")->description, HasSubstr("balancer's certificate"));
}

TEST_F(BalancerDestinations, CloseWhileBalancersAreAsked) {
  world.web.serve("b", [](const net::HttpUrl&, int) { return std::nullopt; });
  make();
  connect({balanced("b", 2)});
  world.loop.runFor(100ms);
  EXPECT_EQ(world.web.pending(), 1);
  bool closed = false;
  connection->ncClose([&] { closed = true; });
  world.loop.settle();
  EXPECT_TRUE(closed);
  EXPECT_EQ(world.web.pending(), 0);
  EXPECT_FALSE(outcome->success);
  EXPECT_EQ(connection->stats()[1].state, ServerState::closed);
}

TEST_F(BalancerDestinations, AreForgottenByTheDestructor) {
  world.web.serve("b", [](const net::HttpUrl&, int) { return std::nullopt; });
  make();
  connection->connect({balanced("b")},
                      [](const SetupOutcome&) { ADD_FAILURE() << "called after the destructor"; });
  world.loop.runFor(100ms);
  EXPECT_EQ(world.web.pending(), 1);
  connection.reset();
  world.loop.settle();
  EXPECT_EQ(world.web.pending(), 0);
  world.loop.runFor(40s);
}

TEST_F(BalancerDestinations, HaveTheirMistakesNamed) {
  make();
  std::vector<Destination> wrong(8, balanced("b"));
  wrong[0].servers.app.clear();
  wrong[1].servers.count = 0;
  wrong[2].servers.count = 17;
  wrong[3].servers.scheme = "http";
  wrong[4].servers.app = "a b";
  wrong[5].stream = "";
  wrong[6].url = "http://user:secret@b/loadbalancer";
  wrong[7].servers.more_balancers = {"http://c", "rtmp://secret/app"};
  connect(wrong);
  world.loop.runFor(1s);
  ASSERT_TRUE(outcome);
  ASSERT_EQ(outcome->servers.size(), 8U);
  const std::vector<std::string> expected{"name the application",  "1 to 16 servers", "1 to 16 servers",
                                          "not one of RTMP's",     "part of a URL",   "stream name is empty",
                                          "user name or password", "begin with http"};
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(outcome->servers[i].state, State::failed);
    EXPECT_THAT(outcome->servers[i].error, HasSubstr(expected[i]));
    EXPECT_THAT(outcome->servers[i].url + outcome->servers[i].error, Not(HasSubstr("secret")));
  }
  EXPECT_THAT(world.web.requests(), IsEmpty());
}

// Reconnecting asks again.
TEST_F(BalancerDestinations, KeepTheirQuestion) {
  Destination destination = balanced("b", 2);
  destination.servers.more_balancers = {"http://c/loadbalancer"};
  const auto targets = client::checkDestinations({destination}, {});
  ASSERT_EQ(targets.size(), 2U);
  EXPECT_TRUE(targets[0].unknown());
  FoundServer server;
  server.scheme = "rtmp";
  server.host = "one";
  server.port = 1936;
  const client::Target found = client::foundTarget(targets[1], server);
  EXPECT_FALSE(found.unknown());
  EXPECT_EQ(found.masked_url, "rtmp://one:1936/live");
  EXPECT_EQ(found.question, targets[0].question);
  EXPECT_THAT(found.question->balancers, ElementsAre("http://b/loadbalancer", "http://c/loadbalancer"));
}

TEST_F(BalancerDestinations, TellARtmpBalancerThatRedirectsAreFollowed) {
  AmfObject redirect;
  redirect.set("redirect", "rtmp://edge/live");
  world.server("balancer", {.reject_connect = "NetConnection.Connect.Rejected", .reject_ex = redirect});
  world.server("edge");
  make();
  connect({at("balancer")});
  world.loop.runFor(1s);
  EXPECT_TRUE(outcome->success);
  const AmfObject& sent = *world.server("balancer").connect_object;
  EXPECT_EQ(sent.numberOr("multiconn", 0), 1);
  EXPECT_EQ(sent.properties().back().name, "multiconn") << "last, behind what every server knows";

  ConnectOptions options;
  options.follow_redirects = false;
  outcome.reset();
  make(options);
  connect({at("edge")});
  world.loop.runFor(1s);
  EXPECT_EQ(world.server("edge").connect_object->find("multiconn"), nullptr);
}

}  // namespace
}  // namespace multiconn::test
