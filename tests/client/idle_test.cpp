// Sources that come and go while live: time on the wire and NetStream.time.
#include <algorithm>

#include "client_test.hpp"
#include "scripted_source.hpp"

namespace multiconn::test {
namespace {

class Idle : public ClientTest {
 protected:
  void begin() {
    world.server("a");
    make();
    attachBoth(0ms);
    stream.publish("key");
    connect({at("a")});
    world.loop.runFor(1s);
  }
  void attachBoth(std::chrono::milliseconds origin) {
    pictures = std::make_shared<ScriptedVideo>(true, 1000, 100, origin);
    sound = std::make_shared<ScriptedAudio>(true, 1000, 100, origin);
    stream.attachVideo(pictures);
    stream.attachAudio(sound);
    world.loop.settle();
  }
  void detachBoth() {
    stream.attachVideo(nullptr);
    stream.attachAudio(nullptr);
    world.loop.settle();
  }
  void deliver(int frames) {
    for (int i = 0; i < frames; ++i) {
      pictures->deliver();
      sound->deliver();
      world.loop.runFor(40ms);
    }
  }
  Received received() { return receivedBy(world.server("a")); }

  std::shared_ptr<ScriptedVideo> pictures;
  std::shared_ptr<ScriptedAudio> sound;
};

TEST_F(Idle, TimeStandsStillWithoutSourcesAndJumpsByTheIdleTime) {
  begin();
  deliver(10);
  EXPECT_EQ(stream.time(), 360ms);
  detachBoth();
  world.loop.runFor(5s);
  EXPECT_EQ(stream.time(), 360ms);
  attachBoth(1'000'000ms);
  EXPECT_EQ(stream.time(), 5360ms);
  deliver(10);
  world.loop.runFor(1s);
  const auto times = received().video_times;
  ASSERT_EQ(times.size(), 22U);
  EXPECT_EQ(times[10], 360U);
  EXPECT_EQ(times[12], 5360U) << "players see the gap";
  EXPECT_EQ(times.back(), 5360U + 360U);
  EXPECT_EQ(received().audio_times.back(), 5360U + 360U);
  EXPECT_EQ(world.server("a").publications.size(), 1U) << "it is one publish";
}

TEST_F(Idle, OneSourceThatStaysKeepsTimeGoing) {
  begin();
  deliver(10);
  stream.attachVideo(nullptr);
  world.loop.runFor(5s);
  for (int i = 0; i < 5; ++i) sound->deliver();
  world.loop.settle();
  EXPECT_EQ(stream.time(), 560ms);
}

TEST_F(Idle, FramesOfTheApplicationEndItToo) {
  begin();
  deliver(10);
  detachBoth();
  world.loop.runFor(2s);
  stream.writeAudio(audioConfig());
  stream.writeAudio(audio(0, 7ms));
  world.loop.runFor(1s);
  EXPECT_EQ(received().audio_times.back(), 2360U);
}

TEST_F(Idle, BeforeTheFirstFrameThereIsNothingToSkip) {
  begin();
  detachBoth();
  world.loop.runFor(5s);
  attachBoth(0ms);
  deliver(2);
  EXPECT_EQ(received().video_times.back(), 40U);
}

TEST_F(Idle, BothSourcesMayBeExchangedWithoutABreakOrAStepBack) {
  begin();
  deliver(30);
  const auto first = pictures;
  attachBoth(77'777ms);
  EXPECT_EQ(first->stops, 1);
  deliver(30);
  world.loop.runFor(1s);
  for (const auto& times : {received().video_times, received().audio_times}) {
    ASSERT_EQ(times.size(), 62U);
    EXPECT_TRUE(std::is_sorted(times.begin(), times.end()));
    EXPECT_LE(times.back() - 59 * 40, 2U) << "no gap either";
  }
}

TEST_F(Idle, CloseDetachesAndStopDoesNot) {
  begin();
  stream.stop();
  world.loop.settle();
  EXPECT_EQ(pictures->stops, 1);
  stream.publish("again");
  world.loop.runFor(2s);
  EXPECT_EQ(pictures->starts, 2);
  stream.close();
  stream.publish("third");
  world.loop.runFor(2s);
  EXPECT_EQ(pictures->starts, 2);
  EXPECT_EQ(world.server("a").publications.size(), 3U);
}

}  // namespace
}  // namespace multiconn::test
