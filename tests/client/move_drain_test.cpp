// What is still queued on the connection that a move leaves: it is sent, or counted.
#include <set>

#include "reconnect_fixture.hpp"

namespace multiconn::test {
namespace {

using testing::HasSubstr;

constexpr std::size_t picture = 20'000;  // bytes; 25 a second are 500 kB

class MoveDrain : public ReconnectRequest {
 protected:
  void play(std::uint32_t frames) {
    for (std::uint32_t i = 0; i < frames; ++i, ++next) {
      writeFrame(next, next % gop == 0 ? FrameKind::key : FrameKind::inter, picture);
      world.loop.runFor(40ms);
    }
  }
  /// "a", which takes `bytes_per_second`, asks for "b" when some of the first 25 pictures are still queued.
  void leaveSlowly(bool live, std::size_t bytes_per_second, ConnectOptions options = {}) {
    world.server("a", {.kernel_bytes = 50'000, .bytes_per_second = bytes_per_second});
    world.server("b");
    make(std::move(options));
    stream.live(live);
    publishTo({"a"});
    stream.writeVideo(videoConfig());
    stream.writeAudio(audioConfig());
    play(20);
    world.server("a").requestReconnect("rtmp://b/live");
    play(10);
    ASSERT_EQ(world.server("b").publications.size(), 1U);
    EXPECT_EQ(numbers(world.server("b").media).front(), gop);
  }
  std::uint64_t arrived() {
    std::uint64_t frames = 0;
    for (const char* host : {"a", "b"})
      for (const Publication& publication : world.server(host).publications)
        frames += numbers(publication.media).size() + sounds(publication.media) - 1;  // without the record
    return frames;
  }
  /// "b" goes before "c", which it has asked for, is there. What "a" has not got goes to "c", and to "a" no
  /// more.
  void cutShort(bool live) {
    leaveSlowly(live, 60'000);
    world.server("c", {.rtt = 400ms});
    world.server("b").requestReconnect("rtmp://c/live");
    play(2);
    ASSERT_GT(connection->stats()[0].queue_bytes, 200'000U);
    world.server("b").close();
    const std::size_t at_a = numbers(world.server("a").media).size();
    play(60);
    bool done = false;
    stream.finish([&] { done = true; });
    ASSERT_TRUE(world.loop.runUntil([&] { return done; }, 60s));
    std::set<std::uint32_t> got;
    for (const char* host : {"a", "b", "c"}) {
      ASSERT_EQ(world.server(host).publications.size(), 1U) << host;
      const std::vector<std::uint32_t> here = numbers(world.server(host).media);
      const std::set<std::uint32_t> distinct(here.begin(), here.end());
      EXPECT_EQ(distinct.size(), here.size()) << "each once at " << host;
      got.insert(here.begin(), here.end());
    }
    const DroppedFrames lost = connection->stats()[0].dropped;
    const std::size_t told = got.size() + lost.key + lost.inter;
    EXPECT_GE(told, next);
    EXPECT_LE(told, next + numbers(world.server("b").media).size()) << "dropped on its second way";
    EXPECT_LE(numbers(world.server("a").media).size(), at_a + 3) << "what its kernel had";
  }
  std::uint64_t dropped() { return connection->stats()[0].frames_dropped; }
};

TEST_F(MoveDrain, LiveFramesThatGetTooOldThereAreCounted) {
  leaveSlowly(true, 60'000);
  EXPECT_GT(connection->stats()[0].queue_bytes, 200'000U) << "what the old connection has is shown";
  play(100);
  world.loop.runFor(10s);
  EXPECT_EQ(world.server("a").openConnections(), 0U);
  EXPECT_LT(arrived(), 2U * next);
  EXPECT_EQ(arrived() + dropped(), 2U * next);
  ASSERT_GE(countOf("NetStream.Buffer.Dropped"), 1U);
  EXPECT_THAT(find("NetStream.Buffer.Dropped")->description, HasSubstr("frames were dropped"));
  EXPECT_EQ(connection->stats()[0].queue_bytes, 0U);
}

TEST_F(MoveDrain, LiveFramesOfAnOldServerThatClosesAreCounted) {
  leaveSlowly(true, 60'000);
  const auto queued = connection->stats()[0].queue_bytes;
  ASSERT_GT(queued, 200'000U);
  world.server("a").close();
  play(50);
  world.loop.runFor(2s);
  EXPECT_GE(dropped(), queued / (picture + 100)) << "what was on the wire nobody knows";
  EXPECT_GE(countOf("NetStream.Buffer.Dropped"), 1U);
  EXPECT_EQ(countOf("NetStream.Publish.Lost"), 0U);
}

TEST_F(MoveDrain, WithABroadcastThatWaitsNothingIsLost) {
  leaveSlowly(false, 60'000);
  play(10);
  EXPECT_GT(stream.queued(), 200'000U) << "the application is told of the old connection's queue";
  bool done = false;
  stream.finish([&] { done = true; });
  world.loop.runFor(2s);
  EXPECT_FALSE(done);
  ASSERT_TRUE(world.loop.runUntil([&] { return done; }, 60s));
  EXPECT_EQ(arrived(), 2U * next);
  EXPECT_EQ(dropped(), 0U);
  EXPECT_EQ(countOf("NetStream.Buffer.Dropped"), 0U);
  world.loop.runFor(1s);
  EXPECT_EQ(world.server("a").openConnections(), 0U);
}

TEST_F(MoveDrain, TheOldQueueIsWaitedForBeforeMoreIsWritten) {
  world.server("a", {.kernel_bytes = 50'000, .bytes_per_second = 200'000});
  world.server("b");
  make();
  stream.live(false);
  int drained = 0;
  stream.onDrain([&] { ++drained; });
  publishTo({"a"});
  stream.writeVideo(videoConfig());
  stream.writeAudio(audioConfig());
  for (; next < gop; ++next) writeFrame(next, next == 0 ? FrameKind::key : FrameKind::inter, 60'000);
  world.loop.settle();
  world.server("a").requestReconnect("rtmp://b/live");
  world.loop.runFor(100ms);
  writeFrame(next, FrameKind::key, 100), ++next;
  world.loop.runFor(1s);
  ASSERT_EQ(world.server("b").publications.size(), 1U);
  EXPECT_GT(stream.queued(), 1024U * 1024U);
  EXPECT_EQ(drained, 0);
  ASSERT_TRUE(world.loop.runUntil([&] { return drained == 1; }, 20s));
  EXPECT_LE(stream.queued(), 1024U * 1024U);
  EXPECT_EQ(world.server("a").openConnections(), 1U);
}

TEST_F(MoveDrain, AnOldServerThatTakesNothingIsGivenUpAndCounted) {
  ConnectOptions options;
  options.stall_timeout = 4s;
  leaveSlowly(false, 60'000, options);
  world.server("a").stopReading();
  bool done = false;
  stream.finish([&] { done = true; });
  world.loop.runFor(3800ms);
  EXPECT_FALSE(done);
  world.loop.runFor(1500ms);
  EXPECT_TRUE(done);
  EXPECT_GT(dropped(), 0U);
  EXPECT_GE(countOf("NetStream.Buffer.Dropped"), 1U);
  EXPECT_EQ(countOf("NetStream.Publish.Stalled"), 0U) << "the server itself goes on";
  EXPECT_EQ(countOf("NetStream.Publish.Lost"), 0U);
  EXPECT_EQ(numbers(world.server("b").media).back(), next - 1);
}

TEST_F(MoveDrain, ASecondMoveDoesNotCutTheFirst) {
  leaveSlowly(false, 60'000);
  world.server("c");
  world.server("b").requestReconnect("rtmp://c/live");
  play(30);
  ASSERT_EQ(world.server("c").publications.size(), 1U);
  bool done = false;
  stream.finish([&] { done = true; });
  ASSERT_TRUE(world.loop.runUntil([&] { return done; }, 60s));
  const auto last = numbers(world.server("c").publications[0].media).size() +
                    sounds(world.server("c").publications[0].media) - 1;
  EXPECT_EQ(arrived() + last, 2U * next);
}

TEST_F(MoveDrain, AMoveThatIsCutShortTakesUpWhatTheLastOneHasLeft) {
  cutShort(true);
}

TEST_F(MoveDrain, ACutShortMoveOfABroadcastThatWaitsLosesNothing) {
  cutShort(false);
  EXPECT_EQ(dropped(), 0U);
}

TEST_F(MoveDrain, AnOldServerThatGoesFirstLosesNothingThatComesAfterwards) {
  world.server("b", {.rtt = 400ms});
  begin({"a"});
  stream.live(false);
  ReconnectRequest::play(10);
  world.server("a").requestReconnect("rtmp://b/live");
  ReconnectRequest::play(2);
  world.server("a").close();
  ReconnectRequest::play(60);
  world.loop.runFor(5s);
  std::vector<std::uint32_t> all(next);
  for (std::uint32_t i = 0; i < next; ++i) all[i] = i;
  EXPECT_EQ(numbers(world.server("b").media), all);
  EXPECT_EQ(countOf("NetStream.Buffer.Dropped"), 0U);
}

TEST_F(MoveDrain, AnOldServerThatGoesBeforeTheKeyframeIsReplacedAtOnce) {
  world.server("b");
  begin({"a"});
  ReconnectRequest::play(10);
  world.server("a").requestReconnect("rtmp://b/live");
  ReconnectRequest::play(3);
  ASSERT_EQ(world.server("b").openConnections(), 1U);
  world.server("a").close();
  ReconnectRequest::play(60);
  world.loop.runFor(1s);
  ASSERT_EQ(world.server("b").publications.size(), 1U);
  std::vector<std::uint32_t> all(next);
  for (std::uint32_t i = 0; i < next; ++i) all[i] = i;
  EXPECT_EQ(numbers(world.server("b").media), all);
  EXPECT_EQ(connection->stats()[0].state, ServerState::publishing);
}

// The name is free only when everything has arrived on the old connection.
TEST_F(MoveDrain, OnTheSameServerTheNameIsWaitedForAsLongAsItTakes) {
  world.server("a", {.one_publisher = true, .kernel_bytes = 50'000, .bytes_per_second = 60'000});
  make();
  stream.live(false);
  publishTo({"a"});
  stream.writeVideo(videoConfig());
  stream.writeAudio(audioConfig());
  play(20);
  world.server("a").requestReconnect();
  play(30);
  bool done = false;
  stream.finish([&] { done = true; });
  ASSERT_TRUE(world.loop.runUntil([&] { return done; }, 60s));
  ASSERT_EQ(world.server("a").publications.size(), 2U);
  EXPECT_EQ(countOf("NetStream.Publish.Lost"), 0U);
  std::vector<std::uint32_t> all = numbers(world.server("a").publications[0].media);
  for (const std::uint32_t number : numbers(world.server("a").publications[1].media)) all.push_back(number);
  EXPECT_EQ(all.size(), next);
  EXPECT_TRUE(std::is_sorted(all.begin(), all.end()));
}

}  // namespace
}  // namespace multiconn::test
