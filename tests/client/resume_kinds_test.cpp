// Servers that come back to broadcasts of other kinds: from a file, around the wrap, with a stall before it.
#include "resume_fixture.hpp"

namespace multiconn::test {
namespace {

// A file that is not paced: the source waits for the server that catches up.
TEST_F(ResumeStream, WhereTheSourceWaitsTheRingForgetsNothing) {
  ConnectOptions options;
  options.resume_bytes = 3 * 1024 * 1024;
  options.resume_age = 500ms;
  world.server("good");
  world.server("late", {.connect_delay = 1s, .bytes_per_second = 2'000'000});
  make(options);
  stream.live(false);
  stream.publish("key");
  connect({at("good"), at("late")});
  world.loop.runFor(100ms);
  begin();
  std::uint32_t next = 0;
  const auto pump = [&] {
    for (; next < 300 && stream.queued() <= 1024 * 1024; ++next)
      writeFrame(next, next % 25 == 0 ? FrameKind::key : FrameKind::inter, 40'000);
  };
  for (; next < 30; ++next) writeFrame(next, next % 25 == 0 ? FrameKind::key : FrameKind::inter, 40'000);
  ASSERT_TRUE(world.loop.runUntil([&] { return countOf("NetStream.Publish.Start") == 2; }, 5s));
  stream.onDrain(pump);
  pump();
  ASSERT_TRUE(world.loop.runUntil([&] { return next == 300; }, 60s));
  bool done = false;
  stream.finish([&] { done = true; });
  ASSERT_TRUE(world.loop.runUntil([&] { return done; }, 30s));
  EXPECT_EQ(everything("late"), everything("good"));
  EXPECT_EQ(connection->stats()[1].frames_dropped, 0U);
}

TEST_F(ResumeStream, TimestampsAreTheSameAroundTheWrap) {
  ConnectOptions options;
  options.timestamps = Timestamps::epoch;
  make(options);
  publishTo({"good", "bad"});
  begin();
  constexpr std::uint32_t begins = 0xFFFFFFFFU / 40 - 100;  // 4 s before the wrap
  play(begins, 60, 1);
  beAway("bad", begins + 60, 75, 5);
  play(begins + 135, 150, 5);
  world.loop.runFor(1s);
  EXPECT_EQ(everything("bad"), everything("good"));
  expectFit("bad", "good");
  EXPECT_LT(receivedBy(world.server("good")).video_times.back(), 10'000U);
}

/// A server that stops, is given up, and dies before it comes back.
class Stalled : public ResumeStream {
 protected:
  void run(std::chrono::milliseconds resume_age) {
    ConnectOptions options;
    options.resume_age = resume_age;
    options.stall_timeout = 5s;
    world.server("bad").script.kernel_bytes = 4096;
    make(options);
    broadcast({"good", "bad"});
    world.server("bad").stopReading();
    play(60, 150);
    EXPECT_EQ(countOf("NetStream.Publish.Stalled"), 1U);
    EXPECT_GE(countOf("NetStream.Buffer.Dropped"), 1U);
    world.server("bad").kill();
    world.server("bad").resumeReading();
    play(210, 25);
    comeBack("bad");
    play(235, 400);
    world.loop.runFor(1s);
  }
  std::uint64_t dropped() { return connection->stats()[1].frames_dropped; }
};

TEST_F(Stalled, WhatWasDroppedBeforeItWasGivenUpIsNotMissedAsWell) {
  run(1s);
  EXPECT_GT(dropped(), 100U);
  EXPECT_EQ(everything("bad").size() + dropped(), everything("good").size());
}

TEST_F(Stalled, WhatIsSentAfterAllWasNotDropped) {
  run(30s);
  EXPECT_EQ(everything("bad"), everything("good"));
  EXPECT_EQ(dropped(), 0U);
}

TEST_F(ResumeStream, AShortOutageLateInALongGroupOfPicturesLosesNothing) {
  publishTo({"good", "bad"});
  begin();
  play(0, 500, 1000);
  beAway("bad", 500, 25, 1000);
  play(525, 550, 1000);
  world.loop.runFor(1s);
  EXPECT_EQ(everything("bad"), everything("good"));
  EXPECT_EQ(connection->stats()[1].frames_dropped, 0U);
  EXPECT_EQ(receivedBy(world.server("bad")).video_times[1], 0U) << "behind the record, the group's keyframe";
}

TEST_F(ResumeStream, AfterALongOutageALongGroupOfPicturesIsNotSentAgain) {
  publishTo({"good", "bad"});
  begin();
  play(0, 500, 1000);
  beAway("bad", 500, 250, 1000);
  play(750, 325, 1000);
  world.loop.runFor(1s);
  const Received again = receivedBy(world.server("bad"));
  EXPECT_GE(again.audio_times.front(), 30'000U);
  EXPECT_EQ(again.video_times[1], 40'000U) << "behind the record, the next keyframe";
  EXPECT_EQ(everything("bad").size() + connection->stats()[1].frames_dropped, everything("good").size());
}

TEST_F(ResumeStream, AnotherBroadcastOnTheSameConnectionIsCompleteToo) {
  broadcast({"good", "bad"});
  world.server("bad").script.publish_delay = 1s;
  stream.publish("other");
  begin();
  play(60, 100);
  world.loop.runFor(2s);
  EXPECT_EQ(world.server("bad").connections, 1);
  EXPECT_EQ(frames(world.server("bad").media), frames(world.server("good").media));
  EXPECT_EQ(frames(world.server("bad").media).size(), 200U);
}

}  // namespace
}  // namespace multiconn::test
