// Redirects through the public interface: at connect and at publish time.
#include "client_test.hpp"

namespace multiconn::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr const char* redirected = "NetConnection.Connect.Redirected";

Script leadsTo(const std::string& url) {
  return {.reject_connect = "NetConnection.Connect.Rejected",
          .reject_ex = AmfObject{{"code", 302}, {"redirect", url}}};
}

class Redirect : public ClientTest {
 protected:
  void connectTo(std::vector<Destination> destinations, ConnectOptions options = {}) {
    make(std::move(options));
    stream.publish("key?token=canary-1");
    connect(std::move(destinations));
    world.loop.runFor(3s);
    ASSERT_TRUE(outcome);
  }
  std::string everythingSaid() const {
    std::string said;
    for (const auto* list : {&statuses, &stream_statuses})
      for (const Status& status : *list) said += status.code + status.description + status.url + "\n";
    for (const ServerOutcome& server : outcome->servers) said += server.url + server.error + "\n";
    return said;
  }
};

TEST_F(Redirect, AtConnectIsFollowedAndTheStreamGoesThere) {
  world.server("front", leadsTo("rtmp://edge/live?token=canary-2"));
  world.server("edge");
  connectTo({at("front")});
  EXPECT_TRUE(outcome->success);
  EXPECT_EQ(outcome->servers[0].url, "rtmp://front/live") << "it keeps the destination's name";
  ASSERT_EQ(countOf(redirected), 1U);
  EXPECT_EQ(find(redirected)->level, "status");
  EXPECT_EQ(find(redirected)->description, "The server redirects to rtmp://edge/live?token=****.");
  EXPECT_EQ(countOf("NetConnection.Connect.Rejected"), 0U);
  EXPECT_THAT(world.server("edge").published, ElementsAre("key?token=canary-1 live"));
  EXPECT_EQ(world.server("edge").connect_object->stringOr("tcUrl", ""), "rtmp://edge/live?token=canary-2");
  EXPECT_EQ(world.server("front").connections, 1);
  EXPECT_THAT(everythingSaid(), Not(HasSubstr("canary")));
}

TEST_F(Redirect, TheDeadlineOfSetupIsOneForAllHops) {
  Script slow = leadsTo("rtmp://edge/live");
  slow.connect_delay = 2s;
  world.server("front", slow);
  world.server("edge", {.connect_delay = 2s});
  connectTo({at("front")});
  EXPECT_FALSE(outcome->success);
  EXPECT_EQ(answered_after, 3000ms);
  world.loop.runFor(2s);
  EXPECT_EQ(connection->stats()[0].state, ServerState::publishing) << "it joins late";
}

TEST_F(Redirect, ACircleAndTooManyHopsEndInAFailureThatSaysSo) {
  world.server("a", leadsTo("rtmp://b/live"));
  world.server("b", leadsTo("rtmp://a/live"));
  for (int i = 0; i <= 6; ++i)
    world.server("s" + std::to_string(i), leadsTo("rtmp://s" + std::to_string(i + 1) + "/live"));
  connectTo({at("a"), at("s0")});
  EXPECT_THAT(outcome->servers[0].error, HasSubstr("circle"));
  EXPECT_THAT(connection->stats()[1].error, HasSubstr("sixth redirect"));
  EXPECT_EQ(world.server("a").connections, 1);
  EXPECT_EQ(world.server("s5").connections, 1);
  EXPECT_EQ(world.server("s6").connections, 0);
  EXPECT_EQ(countOf(redirected), 6U);
}

TEST_F(Redirect, EncryptionIsNotGivenUp) {
  world.server("front", leadsTo("rtmp://edge/live"));
  world.server("edge");
  connectTo({{"rtmps://front/live"}});
  EXPECT_EQ(outcome->servers[0].state, ServerOutcome::State::failed);
  EXPECT_THAT(outcome->servers[0].error, HasSubstr("give up the connection's encryption"));
  EXPECT_EQ(world.server("edge").connections, 0);
}

TEST_F(Redirect, AFailureBehindItSaysWhere) {
  world.server("front", leadsTo("rtmp://nowhere/live?token=canary-2"));
  connectTo({at("front")});
  EXPECT_EQ(outcome->servers[0].error,
            "At rtmp://nowhere/live?token=****, where it was redirected to: The name was not found.");
}

TEST_F(Redirect, AtPublishTimeIsFollowedWhileConnected) {
  world.server("front",
               {.redirect_publish = "rtmp://edge/live", .redirect_full_url = "rtmp://edge/live/key"});
  world.server("edge", {.rtt = 100ms});
  connectTo({at("front")});
  EXPECT_EQ(countOf(redirected), 1U);
  EXPECT_THAT(world.server("edge").published, ElementsAre("key?token=canary-1 live"));
  EXPECT_THAT(codes(stream_statuses), ElementsAre("NetStream.Publish.Start"));
  EXPECT_EQ(countOf("NetConnection.Connect.Closed"), 0U);
  EXPECT_EQ(world.server("front").openConnections(), 0U);
  writeFrames(25);
  world.loop.runFor(1s);
  EXPECT_EQ(receivedBy(world.server("edge")).video.size(), 26U);
  EXPECT_THAT(everythingSaid(), Not(HasSubstr("canary")));
}

TEST_F(Redirect, AtPublishTimeMayNameTheStream) {
  world.server("front",
               {.redirect_publish = "rtmp://edge/live", .redirect_full_url = "rtmp://edge/live/canary-3"});
  world.server("edge");
  connectTo({at("front")});
  EXPECT_THAT(world.server("edge").published, ElementsAre("canary-3 live"));
  EXPECT_THAT(everythingSaid(), Not(HasSubstr("canary")));
}

// The application's own name is not the one that is published there, and is a secret all the same.
TEST_F(Redirect, WhereItNamesTheStreamTheOwnKeyIsMaskedToo) {
  world.server("front",
               {.redirect_publish = "rtmp://edge/live", .redirect_full_url = "rtmp://edge/live/other"});
  world.server("edge");
  connectTo({at("front")});
  world.server("edge").script.reject_publish = "NetStream.Publish.Denied";
  world.server("edge").script.description = "canary-4 is not for you, says other";
  stream.publish("canary-4?token=canary-5");
  world.loop.runFor(1s);
  EXPECT_EQ(world.server("edge").published.back(), "other live");
  ASSERT_EQ(countOf("NetStream.Publish.Denied"), 1U);
  EXPECT_EQ(find("NetStream.Publish.Denied")->description, "**** is not for you, says ****");
  EXPECT_THAT(everythingSaid(), Not(HasSubstr("canary")));
}

TEST_F(Redirect, AtPublishTimeToNowhereIsARefusedPublish) {
  world.server("front", {.redirect_publish = "rtmp://nowhere/live"});
  connectTo({at("front")});
  EXPECT_THAT(codes(stream_statuses), ElementsAre("NetStream.Publish.Failed", "NetStream.Publish.AllLost"));
  EXPECT_THAT(find("NetStream.Publish.Failed")->description, HasSubstr("The name was not found"));
  EXPECT_EQ(connection->stats()[0].state, ServerState::connected);
}

TEST_F(Redirect, AtPublishTimeThatIsNotFollowedIsARefusedPublish) {
  world.server("front", {.redirect_publish = "rtmp://edge/live"});
  world.server("edge");
  ConnectOptions options;
  options.follow_redirects = false;
  connectTo({at("front")}, options);
  EXPECT_EQ(world.server("edge").connections, 0);
  EXPECT_THAT(codes(stream_statuses),
              ElementsAre("NetConnection.Connect.Rejected", "NetStream.Publish.AllLost"));
}

TEST_F(Redirect, AtPublishTimeInACircleEnds) {
  world.server("a", {.redirect_publish = "rtmp://b/live"});
  world.server("b", {.redirect_publish = "rtmp://a/live"});
  connectTo({at("a")});
  world.loop.runFor(30s);
  EXPECT_LE(world.server("a").connections + world.server("b").connections, 2);
  EXPECT_EQ(countOf("NetStream.Publish.AllLost"), 1U);
}

}  // namespace
}  // namespace multiconn::test
