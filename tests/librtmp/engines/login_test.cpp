// Publishers that have to log in, over each engine: every step is a connection of its own.
#include "librtmp/engines/engine_fixture.hpp"
#include "support/simulated_login.hpp"

namespace multiconn::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

const std::string secret = "canary-pass";

class EngineLogin : public EngineTest {
 protected:
  void requireAdobe() {
    OriginOptions options = testOptions();
    options.publishers = {{"alice", secret}, {"bob", "canary-other"}};
    server = std::make_unique<OriginServer>(std::move(options));
  }
  /// An application that wants llnw. It writes down the steps.
  void requireLlnw() {
    SimulatedLogin login;
    login.mod = "llnw";
    login.user = "alice";
    login.password = secret;
    serve({.connect = [this, login](TestApplication&, const Client& client, const ConnectRequest&) {
      const auto refusal = login.rejection(client.application(), client.query());
      steps.add(refusal ? "refused" : "accepted");
      return refusal ? ConnectDecision::reject(*refusal) : ConnectDecision::accept();
    }});
  }
  Destination with(const std::string& user, const std::string& password) const {
    Destination destination = to(*server);
    destination.credentials = Credentials{user, password};
    return destination;
  }
  void expectPublishing(Viewer& viewer, const Destination& destination) {
    viewer.stream.publish("key");
    EXPECT_TRUE(viewer.connect({destination}).success) << viewer.everythingSaid();
    ASSERT_TRUE(viewer.waitStatus("NetStream.Publish.Start")) << viewer.everythingSaid();
    EXPECT_THAT(viewer.everythingSaid(), Not(HasSubstr("canary")));
  }
  void expectRefused(Viewer& viewer, const Destination& destination) {
    viewer.stream.publish("key");
    EXPECT_FALSE(viewer.connect({destination}).success);
    EXPECT_EQ(viewer.outcome.servers.at(0).state, ServerOutcome::State::failed);
    EXPECT_THAT(viewer.outcome.servers.at(0).error, HasSubstr("refused the login"));
    EXPECT_THAT(viewer.everythingSaid(), Not(HasSubstr("canary")));
    EXPECT_THAT(viewer.everythingSaid(), Not(HasSubstr("alice")));
  }
  Gathered<std::string> steps;
};

TEST_P(EngineLogin, AdobeAndThenPublishing) {
  requireAdobe();
  Viewer alice, bob;
  expectPublishing(alice, with("alice", secret));
  alice.writePictures(0, 30);
  RtmpTestClient player(server->port());
  Destination second = with("bob", "canary-other");
  second.stream = "other";
  expectPublishing(bob, second);
}

TEST_P(EngineLogin, UserAndPasswordOfTheUrl) {
  requireAdobe();
  Destination destination = to(*server);
  destination.url.insert(std::string("rtmp://").size(), "alice:" + secret + "@");
  Viewer viewer;
  expectPublishing(viewer, destination);
}

TEST_P(EngineLogin, TheCallbackIsAsked) {
  requireAdobe();
  ConnectOptions options;
  options.credentials = [](ServerId, const std::string& host) {
    EXPECT_EQ(host, "127.0.0.1");
    return Credentials{"alice", secret};
  };
  Viewer viewer(options);
  expectPublishing(viewer, to(*server));
}

TEST_P(EngineLogin, AWrongPasswordIsFinalAndNeverSaid) {
  requireAdobe();
  Viewer viewer;
  expectRefused(viewer, with("alice", "canary-wrong"));
}

TEST_P(EngineLogin, AnUnknownUserIsFinal) {
  requireAdobe();
  Viewer viewer;
  expectRefused(viewer, with("canary-nobody", secret));
}

TEST_P(EngineLogin, NoneGivenIsSaid) {
  requireAdobe();
  Viewer viewer;
  viewer.stream.publish("key");
  EXPECT_FALSE(viewer.connect({to(*server)}).success);
  EXPECT_THAT(viewer.outcome.servers.at(0).error, HasSubstr("give the destination a user and a password"));
}

TEST_P(EngineLogin, Llnw) {
  requireLlnw();
  Viewer viewer;
  expectPublishing(viewer, with("alice", secret));
  EXPECT_THAT(steps.all(), ElementsAre("refused", "refused", "accepted"));
}

TEST_P(EngineLogin, LlnwWithAWrongPassword) {
  requireLlnw();
  Viewer viewer;
  expectRefused(viewer, with("alice", "canary-wrong"));
  EXPECT_THAT(steps.all(), ElementsAre("refused", "refused", "refused"));
}

INSTANTIATE_TEST_SUITE_P(Engines, EngineLogin, bothEngines(), engineName);

}  // namespace
}  // namespace multiconn::test
