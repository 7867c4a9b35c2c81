// Logging in as encoders do: every step on a connection of its own, and nothing of it for other hosts.
#include "client_test.hpp"
#include "rtmp/publisher_auth.hpp"

namespace multiconn::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

const std::string secret = "canary-pass";

SimulatedLogin wants(const std::string& mod) {
  SimulatedLogin login;
  login.mod = mod;
  login.user = "alice";
  login.password = secret;
  return login;
}

class LoginTest : public ClientTest {
 protected:
  void connectTo(Destination destination, ConnectOptions options = {}) {
    make(std::move(options));
    stream.publish("key");
    connect({std::move(destination)});
    world.loop.runFor(3s);
    ASSERT_TRUE(outcome);
  }
  static Destination with(const std::string& url, const std::string& password) {
    Destination destination;
    destination.url = url;
    destination.credentials = Credentials{"alice", password};
    return destination;
  }
  std::vector<std::string> apps(const std::string& host) {
    std::vector<std::string> apps;
    for (const AmfObject& object : world.server(host).connect_objects)
      apps.emplace_back(object.stringOr("app", ""));
    return apps;
  }
  /// Logs in to "a", which may redirect the publish; "thief" wants the same login.
  void begin(const std::string& given, const std::string& redirect_publish = {}) {
    world.server("a").script = {.login = wants("adobe"), .redirect_publish = redirect_publish};
    world.server("thief").script = {.login = wants("adobe")};
    world.server("thief").connect_objects.clear();
    statuses.clear();
    stream_statuses.clear();
    outcome.reset();
    asked_for.clear();
    ConnectOptions options;
    options.credentials = [this](ServerId, const std::string& host) {
      asked_for.push_back(host);
      return Credentials{"alice", secret};
    };
    Destination destination = at("a");
    if (given == "destination") destination = with("rtmp://a/live", secret);
    if (given == "url") destination.url = "rtmp://alice:" + secret + "@a/live";
    connectTo(std::move(destination), options);
    EXPECT_TRUE(outcome->success);
  }
  /// Neither credentials nor a proof of having them.
  void expectNothingStolen() {
    EXPECT_THAT(apps("thief"), ElementsAre("live"));
    for (const AmfObject& object : world.server("thief").connect_objects)
      for (const AmfProperty& property : object.properties())
        if (const std::string* value = property.value.string()) {
          EXPECT_THAT(*value, Not(HasSubstr("alice")));
          EXPECT_THAT(*value, Not(HasSubstr("canary")));
          EXPECT_THAT(*value, Not(HasSubstr("response")));
        }
    EXPECT_THAT(asked_for, testing::Each("a"));
    EXPECT_THAT(world.server("thief").published, IsEmpty());
    EXPECT_THAT(everythingSaid(), Not(HasSubstr("canary")));
  }
  std::vector<std::string> asked_for;

  std::string everythingSaid() const {
    std::string said;
    for (const auto* list : {&statuses, &stream_statuses})
      for (const Status& status : *list) {
        said += status.code + status.description + status.url + "\n";
        if (const AmfObject* info = status.info.object())
          said += std::string(info->stringOr("description", ""));
      }
    for (const ServerOutcome& server : outcome->servers) said += server.url + server.error + "\n";
    return said;
  }
};

TEST_F(LoginTest, AUserIsNotNamedWhereNoLoginIsWanted) {
  for (const bool in_url : {false, true}) {
    const std::string host = in_url ? "b" : "a";
    world.server(host,
                 {.reject_connect = "NetConnection.Connect.InvalidApp", .description = "alice has none"});
    connectTo(in_url ? Destination{"rtmp://alice:" + secret + "@b/live"} : with("rtmp://a/live", secret));
    EXPECT_THAT(everythingSaid(), Not(HasSubstr("alice")));
    EXPECT_THAT(everythingSaid(), HasSubstr("**** has none"));
    connection.reset();
    outcome.reset();
    statuses.clear();
    stream_statuses.clear();
  }
}

TEST_F(LoginTest, AdobeTakesThreeConnections) {
  world.server("a", {.rtt = 20ms, .login = wants("adobe")});
  connectTo(with("rtmp://a/live", secret));
  EXPECT_TRUE(outcome->success);
  EXPECT_THAT(world.server("a").published, ElementsAre("key live"));
  EXPECT_EQ(countOf("NetConnection.Connect.Rejected"), 0U);
  const std::string response = rtmp::adobeResponse({"alice", secret}, "SALT1234", "OPQ==", "0badcafe");
  EXPECT_THAT(apps("a"), ElementsAre("live", "live?authmod=adobe&user=alice",
                                     "live?authmod=adobe&user=alice&challenge=0badcafe&response=" + response +
                                         "&opaque=OPQ=="));
  EXPECT_THAT(std::string(world.server("a").connect_object->stringOr("tcUrl", "")), HasSubstr("response="));
}

TEST_F(LoginTest, Llnw) {
  world.server("a", {.login = wants("llnw")});
  connectTo(with("rtmp://a/live", secret));
  EXPECT_TRUE(outcome->success);
  EXPECT_THAT(world.server("a").published, ElementsAre("key live"));
}

TEST_F(LoginTest, UserAndPasswordOfTheUrl) {
  world.server("a", {.login = wants("adobe")});
  connectTo({"rtmp://alice:" + secret + "@a/live"});
  EXPECT_TRUE(outcome->success);
}

TEST_F(LoginTest, TheCallbackIsAskedForTheHost) {
  world.server("a", {.login = wants("adobe")});
  ConnectOptions options;
  std::vector<std::string> asked;
  options.credentials = [&](ServerId, const std::string& host) {
    asked.push_back(host);
    return Credentials{"alice", secret};
  };
  connectTo(at("a"), options);
  EXPECT_TRUE(outcome->success);
  EXPECT_THAT(asked, ElementsAre("a", "a"));
}

TEST_F(LoginTest, WrongOnesAreFinalAndNeverSaid) {
  world.server("a", {.login = wants("adobe")});
  connectTo(with("rtmp://a/live", "canary-wrong"));
  EXPECT_EQ(world.server("a").connections, 3) << "one pass";
  EXPECT_EQ(outcome->servers[0].state, ServerOutcome::State::failed);
  EXPECT_THAT(outcome->servers[0].error, HasSubstr("refused the login"));
  EXPECT_THAT(codes(statuses, 0), ElementsAre("NetConnection.Connect.Rejected"));
  EXPECT_THAT(everythingSaid(), Not(HasSubstr("canary")));
  EXPECT_THAT(everythingSaid(), Not(HasSubstr("alice")));
  world.loop.runFor(60s);
  EXPECT_EQ(world.server("a").connections, 3);
}

TEST_F(LoginTest, AnUnknownUserIsFinal) {
  SimulatedLogin login = wants("adobe");
  login.user = "bob";
  world.server("a", {.login = login});
  connectTo(with("rtmp://a/live", secret));
  EXPECT_EQ(world.server("a").connections, 2);
  EXPECT_THAT(outcome->servers[0].error, HasSubstr("refused the login"));
}

TEST_F(LoginTest, NoneGivenIsSaid) {
  world.server("a", {.login = wants("adobe")});
  connectTo(at("a"));
  EXPECT_EQ(world.server("a").connections, 1) << "the pipelined publish is no reason to ask again";
  EXPECT_THAT(outcome->servers[0].error, HasSubstr("give the destination a user and a password"));
}

TEST_F(LoginTest, ARedirectToAnotherHostGetsNothing) {
  world.server("a", {.reject_connect = "NetConnection.Connect.Rejected",
                     .reject_ex = AmfObject{{"code", 302}, {"redirect", "rtmp://thief/live"}}});
  world.server("thief", {.login = wants("adobe")});
  ConnectOptions options;
  bool asked = false;
  options.credentials = [&](ServerId, const std::string&) {
    asked = true;
    return Credentials{"alice", secret};
  };
  connectTo(with("rtmp://a/live", secret), options);
  EXPECT_THAT(apps("thief"), ElementsAre("live"));
  EXPECT_FALSE(asked);
  EXPECT_THAT(outcome->servers[0].error, HasSubstr("credentials go to no other host"));
  EXPECT_THAT(everythingSaid(), Not(HasSubstr("canary")));
}

TEST_F(LoginTest, ARedirectWithinTheHostIsLoggedInto) {
  world.server("a", {.reject_connect = "NetConnection.Connect.Rejected",
                     .reject_ex = AmfObject{{"code", 302}, {"redirect", "rtmp://A/other"}},
                     .reject_times = 1});
  world.server("A", {.login = wants("adobe")});
  connectTo(with("rtmp://a/live", secret));
  EXPECT_TRUE(outcome->success) << "names of hosts do not differ by case";
}

// However they are given, and whichever form the url has.
TEST_F(LoginTest, AReconnectRequestToAnotherHostGetsNothing) {
  for (const std::string url : {"rtmp://thief/live", "//thief/live"})
    for (const char* given : {"destination", "url", "callback"}) {
      begin(given);
      world.server("a").requestReconnect(url);
      world.loop.runFor(3s);
      expectNothingStolen();
      ASSERT_TRUE(find("NetConnection.Connect.ReconnectFailed"));
      EXPECT_THAT(find("NetConnection.Connect.ReconnectFailed")->description,
                  HasSubstr("credentials go to no other host"));
      EXPECT_EQ(connection->stats()[0].state, ServerState::publishing);
    }
}

TEST_F(LoginTest, ARedirectOfThePublishToAnotherHostGetsNothing) {
  for (const char* given : {"destination", "url", "callback"}) {
    begin(given, "rtmp://thief/live");
    expectNothingStolen();
    ASSERT_TRUE(find("NetStream.Publish.Failed"));
    EXPECT_THAT(find("NetStream.Publish.Failed")->description, HasSubstr("credentials go to no other host"));
  }
}

TEST_F(LoginTest, ARedirectOfAMovedPublishToAnotherHostGetsNothing) {
  for (const char* given : {"destination", "url", "callback"}) {
    begin(given);
    world.server("b").script = {.redirect_publish = "rtmp://thief/live"};
    world.server("b").published.clear();
    world.server("a").requestReconnect("rtmp://b/live");
    world.loop.runFor(5s);
    EXPECT_THAT(world.server("b").published, ElementsAre("key live"));
    expectNothingStolen();
    EXPECT_EQ(connection->stats()[0].state, ServerState::publishing) << "at the old one";
  }
}

// On the way back to the host they are for, they are used again.
TEST_F(LoginTest, AReconnectRequestWithinTheHostIsLoggedInto) {
  begin("destination");
  world.server("a").requestReconnect("rtmp://A/live");
  world.server("A", {.login = wants("adobe")});
  world.loop.runFor(5s);
  EXPECT_THAT(world.server("A").published, ElementsAre("key live"));
}

TEST_F(LoginTest, AServerThatAsksForEverIsGivenUp) {
  SimulatedLogin endless = wants("adobe");
  world.server("a", {.reject_connect = "NetConnection.Connect.Rejected",
                     .description = "[ code=403 need auth; authmod=adobe ]"});
  world.server("b", {.reject_connect = "NetConnection.Connect.Rejected",
                     .description = "[ authmod=adobe ] : ?reason=needauth&user=alice&salt=S&challenge=C"});
  make();
  connect({with("rtmp://a/live", secret), with("rtmp://b/live", secret)});
  world.loop.runFor(10s);
  EXPECT_EQ(world.server("a").connections, 2);
  EXPECT_EQ(world.server("b").connections, 2);
  EXPECT_THAT(codes(statuses, 0), Not(IsEmpty()));
}

}  // namespace
}  // namespace multiconn::test
