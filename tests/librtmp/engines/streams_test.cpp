// Publishing in its details, over each engine.
#include "client/local_server.hpp"
#include "librtmp/engines/engine_fixture.hpp"
#include "librtmp/engines/hand_source.hpp"
#include "support/stuck_server.hpp"

namespace multiconn::test {
namespace {

using namespace std::chrono_literals;
using net::test::StuckAt;
using net::test::StuckServer;
using testing::ElementsAre;

constexpr const char* start = "NetStream.Publish.Start";

class EngineStreams : public EngineTest {
 protected:
  void SetUp() override { serve({}); }
  static Destination at(const std::string& url) {
    Destination destination;
    destination.url = url;
    destination.stream = "key";
    destination.engine = GetParam();
    return destination;
  }
  void publish(Viewer& viewer) {
    viewer.stream.publish("key");
    join(viewer);
    ASSERT_TRUE(viewer.waitStatus(start)) << viewer.everythingSaid();
  }
  std::unique_ptr<RtmpTestClient> player() {
    auto result = client();
    EXPECT_TRUE(result->connect() && result->play("key"));
    return result;
  }
  /// The next `count` frames, records left out.
  static std::vector<rtmp::Message> frames(RtmpTestClient& player, std::size_t count) {
    std::vector<rtmp::Message> list;
    while (list.size() < count) {
      auto frame = nextFrame(player);
      if (!frame) break;
      const bool record = bodyOf(*frame).size() > 1 && bodyOf(*frame)[1] == std::byte{0};
      if (!record) list.push_back(std::move(*frame));
    }
    EXPECT_EQ(list.size(), count);
    return list;
  }
  /// The timestamps of the next `count` frames, all of which are pictures, or all sound.
  static std::vector<std::uint32_t> pictures(RtmpTestClient& player, std::size_t count, bool video = true) {
    std::vector<std::uint32_t> times;
    for (const rtmp::Message& frame : frames(player, count)) {
      EXPECT_EQ(isVideo(frame), video) << frame.timestamp;
      times.push_back(frame.timestamp);
    }
    return times;
  }
  static std::vector<std::uint32_t> sounds(RtmpTestClient& player, std::size_t count) {
    return pictures(player, count, false);
  }
};

TEST_P(EngineStreams, TheSourceIsSwitchedWhileLiveAndTimeGoesOn) {
  const auto one = std::make_shared<HandSource>(0ms), other = std::make_shared<HandSource>(5h);
  Viewer viewer;
  viewer.stream.attachVideo(one);
  publish(viewer);
  ASSERT_TRUE(one->waitStarted());
  const auto player = this->player();
  one->deliver(10);
  auto times = pictures(*player, 10);
  viewer.stream.attachVideo(other);
  ASSERT_TRUE(one->waitStopped() && other->waitStarted());
  other->deliver(10);
  const auto later = pictures(*player, 10);
  times.insert(times.end(), later.begin(), later.end());
  EXPECT_EQ(times.front(), 0U);
  for (std::size_t i = 1; i < times.size(); ++i) EXPECT_GT(times[i], times[i - 1]) << i;
  EXPECT_EQ(times.back() - times[10], 9U * 40) << "the other's own distances";
  EXPECT_LT(times.back(), 60'000U) << "not the other's own times";
  EXPECT_EQ(viewer.count(start), 1U);
}

TEST_P(EngineStreams, AudioIsDetachedWhileThePictureGoesOn) {
  const auto picture = std::make_shared<HandSource>(0ms);
  const auto sound = std::make_shared<HandSound>(0ms), other = std::make_shared<HandSound>(5h);
  Viewer viewer;
  viewer.connection.attachVideo(picture);
  viewer.connection.attachAudio(sound);
  publish(viewer);
  ASSERT_TRUE(picture->waitStarted() && sound->waitStarted());
  const auto player = this->player();
  picture->deliver(5);
  EXPECT_THAT(pictures(*player, 5), ElementsAre(0, 40, 80, 120, 160));
  sound->deliver(5);
  EXPECT_THAT(sounds(*player, 5), ElementsAre(0, 40, 80, 120, 160));
  viewer.connection.attachAudio(nullptr);
  ASSERT_TRUE(sound->waitStopped());
  picture->deliver(5);
  EXPECT_THAT(pictures(*player, 5), ElementsAre(200, 240, 280, 320, 360));
  // A player may have a frame before its time is told.
  EXPECT_TRUE(eventually([&] { return viewer.connection.nsTime() == 360ms; }, 5s));
  viewer.connection.attachVideo(nullptr);
  ASSERT_TRUE(picture->waitStopped());
  EXPECT_EQ(viewer.connection.nsTime(), 360ms);
  viewer.connection.attachAudio(other);
  ASSERT_TRUE(other->waitStarted());
  other->deliver(5);
  const auto later = sounds(*player, 5);
  ASSERT_EQ(later.size(), 5U);
  EXPECT_GT(later.front(), 360U);
  EXPECT_LT(later.back(), 60'000U) << "not the other's own times";
  const std::chrono::milliseconds newest(later.back());
  EXPECT_TRUE(eventually([&] { return viewer.connection.nsTime() == newest; }, 5s));
  EXPECT_EQ(viewer.count(start), 1U);
}

TEST_P(EngineStreams, DataReachesAPlayerInItsPlace) {
  Viewer viewer;
  publish(viewer);
  const auto player = this->player();
  viewer.writePictures(0, 1);
  viewer.stream.send("onSlide", {7, "text", AmfObject{{"deep", AmfArray{1, 2}}}});
  viewer.writePictures(1, 1);
  std::vector<std::string> order;
  while (order.size() < 4) {
    const auto message = player->media();
    ASSERT_TRUE(message);
    if (isVideo(*message)) {
      order.emplace_back("video");
    } else if (handlerOf(*message) == "onSlide") {
      order.emplace_back("onSlide");
      EXPECT_THAT(std::get<rtmp::Data>(message->body).values,
                  ElementsAre(AmfValue("onSlide"), AmfValue(7), AmfValue("text"),
                              AmfValue(AmfObject{{"deep", AmfArray{1, 2}}})));
    }
  }
  EXPECT_THAT(order, ElementsAre("video", "video", "onSlide", "video"));
}

TEST_P(EngineStreams, ANameThatIsTakenIsToldAsTheServerSays) {
  Viewer first, second;
  publish(first);
  second.stream.publish("key");
  ASSERT_TRUE(second.connect({to(*server)}).success);
  ASSERT_TRUE(second.waitStatus("NetStream.Publish.BadName")) << second.everythingSaid();
  EXPECT_EQ(second.find("NetStream.Publish.BadName")->level, "error");
  EXPECT_EQ(second.count(start), 0U);
  const auto player = this->player();
  first.writePictures(0, 5);
  EXPECT_EQ(pictures(*player, 5).size(), 5U) << "the first goes on";
}

TEST_P(EngineStreams, IsPublishedAgainBehindClose) {
  Viewer viewer;
  publish(viewer);
  const auto before = this->player();
  viewer.writePictures(0, 50);
  EXPECT_EQ(pictures(*before, 50).back(), 49U * 40);
  viewer.stream.close();
  ASSERT_TRUE(before->waitStatus("NetStream.Play.UnpublishNotify"));
  viewer.stream.publish("key");
  ASSERT_TRUE(viewer.waitStatus(start, 2)) << viewer.everythingSaid();
  viewer.writePictures(0, 5);
  EXPECT_THAT(pictures(*before, 5), ElementsAre(0, 40, 80, 120, 160)) << "from time 0";
  EXPECT_EQ(viewer.count("NetConnection.Connect.Success"), 1U) << "on the same connection";
}

TEST_P(EngineStreams, AServerThatStopsReadingIsGivenUp) {
  StuckServer stuck(StuckAt::open, false);
  ConnectOptions options;
  options.stall_timeout = 500ms;
  options.reconnect.enabled = false;
  Viewer viewer(options);
  viewer.stream.live(false);
  viewer.stream.publish("key");
  viewer.connection.connect({at("rtmp://127.0.0.1:" + std::to_string(stuck.port()) + "/live")});
  ASSERT_TRUE(eventually([&] {
    stuck.run(5ms);
    return stuck.arrived() && viewer.count(start) == 1;
  }));
  // From here on it stands still.
  for (std::uint32_t i = 0; i < 30; ++i) viewer.writePictures(i, 1, 1'000'000);
  EXPECT_TRUE(viewer.waitStatus("NetStream.Publish.Stalled")) << viewer.everythingSaid();
  EXPECT_EQ(viewer.connection.stats().at(0).state, ServerState::failed);
  EXPECT_TRUE(eventually([&] { return viewer.stream.queued() == 0; })) << "it holds nobody up any more";
}

// The first Use goes over a connection of its own.
TEST_P(EngineStreams, AServerWithoutSharedObjectsKeepsItsStream) {
  LocalServer plain;
  Viewer viewer;
  viewer.stream.publish("key");
  Held both(viewer);
  ASSERT_TRUE(viewer.connect({at(plain.url()), to(*server)}).success) << viewer.everythingSaid();
  ASSERT_TRUE(viewer.waitStatus(start, 2));
  ASSERT_TRUE(both.waitNote("SharedObject.Unsupported"));
  viewer.writePictures(0, 10);
  EXPECT_TRUE(eventually([&] { return plain.pictures() >= 10; }));
  both.object.set("slide", 7);
  Viewer other;
  join(other);
  Held seen(other);
  EXPECT_TRUE(seen.waitValue("slide", AmfValue(7))) << "it lives on the server that has them";
  EXPECT_EQ(viewer.count("NetConnection.Connect.Closed"), 0U);
  for (const ServerStats& each : viewer.connection.stats()) EXPECT_EQ(each.state, ServerState::publishing);
}

INSTANTIATE_TEST_SUITE_P(Engines, EngineStreams, bothEngines(), engineName);

}  // namespace
}  // namespace multiconn::test
