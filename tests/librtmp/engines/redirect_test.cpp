// Being sent to another server, over each engine: at connect, at publish, and while live.
#include "librtmp/engines/engine_fixture.hpp"

namespace multiconn::test {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* redirected = "NetConnection.Connect.Redirected";
constexpr std::uint32_t gop = 25;

class EngineRedirect : public EngineTest {
 protected:
  EngineRedirect() : edge(testOptions()) {}
  static std::string urlOf(const OriginServer& server, const std::string& app = "live") {
    return "rtmp://127.0.0.1:" + std::to_string(server.port()) + "/" + app;
  }
  /// `server`'s application sends everybody away at connect.
  void leadTo(const std::string& url) {
    serve({.connect = [url](TestApplication&, const Client&, const ConnectRequest&) {
      return ConnectDecision::redirect(url);
    }});
  }
  void expectPictures(RtmpTestClient& player, std::uint32_t count) {
    for (std::uint32_t i = 0; i < count; ++i) ASSERT_TRUE(nextFrame(player)) << i;
  }
  OriginServer edge;
};

TEST_P(EngineRedirect, AtConnectIsFollowedAndTheStreamGoesThere) {
  leadTo(urlOf(edge) + "?token=canary");
  Viewer viewer;
  viewer.stream.publish("key");
  EXPECT_TRUE(viewer.connect({to(*server)}).success);
  ASSERT_TRUE(viewer.waitStatus("NetStream.Publish.Start"));
  EXPECT_EQ(viewer.count(redirected), 1U);
  EXPECT_THAT(viewer.find(redirected)->description, HasSubstr(std::to_string(edge.port())));
  EXPECT_THAT(viewer.everythingSaid(), Not(HasSubstr("canary")));
  RtmpTestClient player(edge.port());
  ASSERT_TRUE(player.connect() && player.play("key"));
  viewer.writePictures(0, 5);
  expectPictures(player, 6);
}

TEST_P(EngineRedirect, ACircleEndsInAFailureThatSaysSo) {
  serve({.connect = [this](TestApplication&, const Client&, const ConnectRequest&) {
    return ConnectDecision::redirect(urlOf(*server, "app"));
  }});
  Viewer viewer;
  EXPECT_FALSE(viewer.connect({to(*server)}).success);
  EXPECT_THAT(viewer.outcome.servers.at(0).error, HasSubstr("circle"));
}

TEST_P(EngineRedirect, AtPublishTimeIsFollowedWhileConnected) {
  serve({.publish = [this](TestApplication&, const Client&, const StreamRequest&) {
    return StreamDecision::redirect(urlOf(edge));
  }});
  Viewer viewer;
  viewer.stream.publish("key");
  EXPECT_TRUE(viewer.connect({to(*server)}).success);
  ASSERT_TRUE(viewer.waitStatus("NetStream.Publish.Start"));
  EXPECT_EQ(viewer.count(redirected), 1U);
  EXPECT_EQ(viewer.count("NetConnection.Connect.Closed"), 0U);
  EXPECT_EQ(statusOf(edge).at("streams").as_array().size(), 1U);
}

// Both servers have players; together they get the whole broadcast, and the second one begins with a
// keyframe.
TEST_P(EngineRedirect, AReconnectRequestMovesALiveStreamAtAKeyframe) {
  server = std::make_unique<OriginServer>(testOptions());
  Viewer viewer;
  viewer.stream.publish("key");
  ASSERT_TRUE(viewer.connect({to(*server, "live")}).success);
  ASSERT_TRUE(viewer.waitStatus("NetStream.Publish.Start"));
  RtmpTestClient before(server->port()), after(edge.port());
  ASSERT_TRUE(before.connect() && before.play("key"));
  ASSERT_TRUE(after.connect() && after.requestPlay({.stream = "key"}));
  viewer.writePictures(0, 30, 64, gop);
  expectPictures(before, 31);
  server->requestReconnect(urlOf(edge));
  ASSERT_TRUE(viewer.waitStatus(redirected));
  // Where it goes is decided by keyframes: some more of them, until it has gone.
  std::uint32_t next = 30;
  while (viewer.count("NetStream.Publish.Start") < 2 && next < 100 * gop) {
    viewer.writePictures(next, gop, 64, gop);
    next += gop;
    ASSERT_TRUE(eventually([&] { return viewer.stream.queued() == 0; }));
  }
  ASSERT_TRUE(after.waitPlaying());
  const auto record = nextFrame(after), picture = nextFrame(after);
  ASSERT_TRUE(record && picture);
  EXPECT_EQ(bodyOf(*picture).at(0), std::byte{0x17}) << "a keyframe";
  EXPECT_EQ(picture->timestamp % (40 * gop), 0U) << "time goes on";
  EXPECT_GT(picture->timestamp, 40U * 30);
}

INSTANTIATE_TEST_SUITE_P(Engines, EngineRedirect, bothEngines(), engineName);

}  // namespace
}  // namespace multiconn::test
