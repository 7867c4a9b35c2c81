// Several servers at once that come, go and take each other's place, over each engine.
#include "librtmp/engines/engine_fixture.hpp"

namespace multiconn::test {
namespace {

using namespace std::chrono_literals;

constexpr const char* start = "NetStream.Publish.Start";
constexpr std::uint32_t gop = 25;

class EngineServers : public EngineTest {
 protected:
  EngineServers() : one(std::make_unique<OriginServer>(testOptions())), two(makeServer()) {}
  static std::unique_ptr<OriginServer> makeServer() { return std::make_unique<OriginServer>(testOptions()); }
  static Destination at(const OriginServer& server, bool standby = false) {
    Destination destination = to(server, "live");
    destination.standby = standby;
    return destination;
  }
  /// Everything that it holds is gone; at the same port again.
  static void restart(std::unique_ptr<OriginServer>& server) {
    OriginOptions options = testOptions();
    options.port = server->port();
    server.reset();
    // A client that dials a port where nobody listens may be given that very port for its own end.
    ASSERT_TRUE(eventually([&] {
      try {
        server = std::make_unique<OriginServer>(options);
      } catch (const std::exception&) {
      }
      return server != nullptr;
    }));
  }
  static ConnectOptions impatient() {
    ConnectOptions options;
    options.reconnect.longest_delay = 500ms;
    return options;
  }
  /// From a keyframe to the newest picture, without a gap.
  static void expectToEnd(RtmpTestClient& player, std::uint32_t newest) {
    std::optional<std::uint32_t> last;
    while (!last || *last < 40 * newest) {
      const auto picture = nextFrame(player);
      ASSERT_TRUE(picture) << "after " << last.value_or(0) << " ms";
      const rtmp::Bytes body = bodyOf(*picture);
      if (body.at(1) == std::byte{0}) continue;
      if (last) {
        EXPECT_EQ(picture->timestamp, *last + 40);
      } else {
        EXPECT_EQ(body.at(0), std::byte{0x17}) << "a keyframe";
      }
      last = picture->timestamp;
    }
    EXPECT_EQ(*last, 40 * newest);
  }
  static std::unique_ptr<RtmpTestClient> playerAt(const OriginServer& server) {
    auto player = std::make_unique<RtmpTestClient>(server.port());
    EXPECT_TRUE(player->connect() && player->requestPlay({.stream = "key"}));
    return player;
  }
  std::unique_ptr<OriginServer> one, two;
};

TEST_P(EngineServers, AnObjectIsMergedByRelay) {
  Viewer presenter, left, right;
  ASSERT_TRUE(presenter.connect({at(*one), at(*two)}).success);
  ASSERT_TRUE(left.connect({at(*one)}).success && right.connect({at(*two)}).success);
  Held merged(presenter), at_one(left), at_two(right);
  ASSERT_TRUE(merged.waitJoined() && at_one.waitJoined() && at_two.waitJoined());
  merged.object.relay(true);
  merged.object.set("title", "ours");
  EXPECT_TRUE(at_one.waitValue("title", AmfValue("ours")) && at_two.waitValue("title", AmfValue("ours")));
  at_one.object.set("slide", 3);
  EXPECT_TRUE(at_two.waitValue("slide", AmfValue(3)));
  at_two.object.set("slide", longText(100'000));
  EXPECT_TRUE(at_one.waitValue("slide", AmfValue(longText(100'000))));
  EXPECT_TRUE(merged.waitValue("slide", AmfValue(longText(100'000))));
  at_one.object.remove("slide");
  EXPECT_TRUE(at_two.waitValue("slide", {}));
}

// Nobody else is there who could bring it back.
TEST_P(EngineServers, AServerThatComesBackEmptyGetsTheObjectAgain) {
  Viewer presenter(impatient()), left, late;
  ASSERT_TRUE(presenter.connect({at(*one), at(*two)}).success && left.connect({at(*one)}).success);
  Held merged(presenter), at_one(left);
  ASSERT_TRUE(merged.waitJoined() && at_one.waitJoined());
  merged.object.relay(true);
  merged.object.set("title", "ours");
  at_one.object.set("before", 1);
  ASSERT_TRUE(merged.waitValue("before", AmfValue(1)) && at_one.waitValue("title", AmfValue("ours")));
  restart(two);
  at_one.object.set("meanwhile", 2);
  ASSERT_TRUE(late.connect({at(*two)}).success) << late.everythingSaid();
  Held at_two(late);
  EXPECT_TRUE(at_two.waitValue("title", AmfValue("ours")));
  EXPECT_TRUE(at_two.waitValue("before", AmfValue(1)));
  EXPECT_TRUE(at_two.waitValue("meanwhile", AmfValue(2)));
  at_two.object.set("after", 3);
  EXPECT_TRUE(at_one.waitValue("after", AmfValue(3)));
}

TEST_P(EngineServers, DestinationsAreAddedAndRemovedWhileLive) {
  Viewer viewer;
  viewer.stream.publish("key");
  ASSERT_TRUE(viewer.connect({at(*one)}).success);
  ASSERT_TRUE(viewer.waitStatus(start)) << viewer.everythingSaid();
  const auto before = playerAt(*one), after = playerAt(*two);
  viewer.writePictures(0, 30, 64, gop);
  const ServerId added = viewer.connection.add(at(*two));
  ASSERT_TRUE(viewer.waitStatus(start, 2)) << viewer.everythingSaid();
  viewer.writePictures(30, 10, 64, gop);
  expectToEnd(*before, 39);
  viewer.connection.remove(ServerId{0});
  ASSERT_TRUE(before->waitStatus("NetStream.Play.UnpublishNotify"));
  viewer.writePictures(40, 10, 64, gop);
  expectToEnd(*after, 49);
  ASSERT_TRUE(eventually([&] { return viewer.connection.stats().size() == 1; }));
  EXPECT_EQ(viewer.connection.stats()[0].id, added);
  EXPECT_EQ(viewer.connection.stats()[0].state, ServerState::publishing);
}

TEST_P(EngineServers, ASpareTakesOverFromAServerThatIsLost) {
  Viewer viewer(impatient());
  viewer.stream.publish("key");
  ASSERT_TRUE(viewer.connect({at(*one), at(*two, true)}).success);
  ASSERT_TRUE(viewer.waitStatus(start)) << viewer.everythingSaid();
  ASSERT_TRUE(eventually([&] { return viewer.connection.stats().at(1).state == ServerState::connected; }));
  const auto before = playerAt(*one), after = playerAt(*two);
  viewer.writePictures(0, 30, 64, gop);
  expectToEnd(*before, 29);
  EXPECT_EQ(viewer.count("NetStream.Standby.Active"), 0U);
  one.reset();
  ASSERT_TRUE(viewer.waitStatus("NetStream.Standby.Active")) << viewer.everythingSaid();
  viewer.writePictures(30, 30, 64, gop);
  expectToEnd(*after, 59);
}

INSTANTIATE_TEST_SUITE_P(Engines, EngineServers, bothEngines(), engineName);

}  // namespace
}  // namespace multiconn::test
