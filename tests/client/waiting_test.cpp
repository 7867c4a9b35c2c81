// Applications with their own encoder that wait for servers instead of losing frames, and those that do not.
#include "client_test.hpp"

namespace multiconn::test {
namespace {

using testing::Contains;
using testing::Not;

class Waiting : public ClientTest {
 protected:
  /// Writes pictures of 40 kB as long as queued() allows it, now and at each drain.
  void writeWhenDrained(std::uint32_t frames) {
    frames_ = frames;
    stream.onDrain([this] {
      ++drained;
      pump();
    });
    stream.writeVideo(videoConfig());
    stream.writeAudio(audioConfig());
    pump();
  }
  void pump() {
    for (; next < frames_ && stream.queued() <= 1024 * 1024; ++next)
      writeFrame(next, next % 25 == 0 ? FrameKind::key : FrameKind::inter, 40'000);
  }
  std::uint32_t next = 0;
  int drained = 0;

 private:
  std::uint32_t frames_ = 0;
};

TEST_F(Waiting, NothingIsLostOnASlowServer) {
  world.server("slow", {.rtt = 20ms, .bytes_per_second = 300'000});
  make();
  stream.live(false);
  publishTo({"quick", "slow"});
  writeWhenDrained(200);
  ASSERT_TRUE(world.loop.runUntil([&] { return next == 200; }));
  EXPECT_GT(drained, 3);
  bool done = false;
  stream.finish([&] { done = true; });
  ASSERT_TRUE(world.loop.runUntil([&] { return done; }, 30s));
  for (const char* host : {"quick", "slow"}) {
    EXPECT_EQ(receivedBy(world.server(host)).video.size(), 201U) << host;
    EXPECT_EQ(receivedBy(world.server(host)).audio.size(), 201U) << host;
  }
  EXPECT_EQ(countOf("NetStream.Buffer.Dropped"), 0U);
}

TEST_F(Waiting, AServerThatTakesNothingIsGivenUpAndTheOthersGoOn) {
  ConnectOptions options;
  options.stall_timeout = 4s;
  make(options);
  stream.live(false);
  publishTo({"good", "stuck"});
  world.server("stuck").stopReading();
  const net::TimePoint before = world.loop.now();
  writeWhenDrained(200);
  ASSERT_TRUE(world.loop.runUntil([&] { return next == 200; }, 20s));
  EXPECT_GE(world.loop.now() - before, 4s);
  EXPECT_LE(world.loop.now() - before, 4500ms);
  EXPECT_GE(drained, 1);
  EXPECT_THAT(codes(stream_statuses, 1), Contains("NetStream.Publish.Stalled"));
  EXPECT_THAT(codes(stream_statuses, 1), Not(Contains("NetStream.Buffer.Dropped")));
  world.loop.runFor(1s);
  EXPECT_EQ(receivedBy(world.server("good")).video.size(), 201U);
}

TEST_F(Waiting, MayBeSaidWhilePublishing) {
  publishTo({"a"});
  stream.live(false);
  world.server("a").stopReading();
  writeWhenDrained(200);
  world.loop.runFor(5s);
  EXPECT_EQ(countOf("NetStream.Buffer.Dropped"), 0U);
  stream.live(true);
  world.loop.runFor(1s);
  EXPECT_GE(countOf("NetStream.Buffer.Dropped"), 1U);
}

TEST_F(Waiting, ALiveServerThatStopsDoesNotKeepTheApplicationWaiting) {
  publishTo({"good", "stuck"});
  world.server("stuck").script.kernel_bytes = 100'000;
  world.server("stuck").stopReading();
  writeWhenDrained(100);
  EXPECT_LT(next, 30U);
  world.loop.runFor(1900ms);
  EXPECT_LE(drained, 2);
  EXPECT_GT(stream.queued(), 900'000U);
  world.loop.runFor(20s);
  EXPECT_EQ(next, 100U) << "drops by age make room without a frame being written";
  EXPECT_GE(drained, 3);
  EXPECT_LT(stream.queued(), 100'000U);
  EXPECT_GE(countOf("NetStream.Buffer.Dropped"), 3U);
  EXPECT_EQ(receivedBy(world.server("good")).video.size(), 101U);
}

TEST_F(Waiting, WritesAreRefusedWhenTheApplicationDoesNotWaitAfterAll) {
  make();
  stream.live(false);
  publishTo({"a"});
  world.server("a").stopReading();
  stream.writeVideo(videoConfig());
  int taken = 0;
  for (std::uint32_t i = 0; i < 200; ++i) {
    taken += stream.writeVideo(video(FrameKind::key, i, 40ms * i, 1024 * 1024)) ? 1 : 0;
    world.loop.runFor(1ms);
    EXPECT_LE(stream.queued(), 70U * 1024U * 1024U);
  }
  EXPECT_GE(taken, 60);
  EXPECT_LE(taken, 70);
}

}  // namespace
}  // namespace multiconn::test
