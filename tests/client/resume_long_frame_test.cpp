// Servers that end the connection at a frame because of its length, as nginx-rtmp does beyond max_message.
#include "client/frame_limit.hpp"
#include "resume_fixture.hpp"

namespace multiconn::test {
namespace {

using client::FrameLimit;
using client::LongFrame;
using testing::HasSubstr;

rtmp::QueuedMessage pictureOf(std::size_t bytes, net::TimePoint written) {
  rtmp::QueuedMessage message;
  message.kind = rtmp::QueuedMessage::Class::video;
  message.message.payload = rtmp::makePayload(rtmp::Bytes(bytes));
  message.queued_at = written;
  return message;
}

constexpr std::size_t mebibyte = 1024 * 1024;

TEST(FrameLimit, IsWhereTheConnectionEndsTwice) {
  const net::TimePoint t(1h);
  FrameLimit limit;
  EXPECT_FALSE(limit.ended(LongFrame{7, 2 * mebibyte}, 0, t));
  EXPECT_TRUE(limit.allows(pictureOf(2 * mebibyte, t)));
  EXPECT_FALSE(limit.ended({}, 0, t)) << "for another reason";
  EXPECT_TRUE(limit.ended(LongFrame{9, 2 * mebibyte}, 0, t)) << "whichever frame the broadcast went on with";
  EXPECT_FALSE(limit.allows(pictureOf(2 * mebibyte, t)));
  EXPECT_FALSE(limit.allows(pictureOf(3 * mebibyte, t)));
  EXPECT_TRUE(limit.allows(pictureOf(2 * mebibyte - 1, t)));
  EXPECT_EQ(limit.refused(), 2 * mebibyte);
}

TEST(FrameLimit, IsNotWhereFramesAsLongAreTaken) {
  const net::TimePoint t(1h);
  FrameLimit limit;
  for (std::uint64_t number = 1; number < 10; ++number)
    EXPECT_FALSE(limit.ended(LongFrame{number, 2 * mebibyte}, 2 * mebibyte, t));
  EXPECT_FALSE(limit.ended(LongFrame{10, 2 * mebibyte}, 0, t)) << "on an earlier connection";
}

TEST(FrameLimit, IsTriedAnewAfterAMinute) {
  const net::TimePoint t(1h);
  FrameLimit limit;
  limit.ended(LongFrame{1, 2 * mebibyte}, 0, t);
  limit.ended(LongFrame{1, 2 * mebibyte}, 0, t);
  EXPECT_FALSE(limit.allows(pictureOf(2 * mebibyte, t + 59s)));
  EXPECT_TRUE(limit.allows(pictureOf(2 * mebibyte, t + 60s)));
  EXPECT_TRUE(limit.ended(LongFrame{901, 3 * mebibyte}, 0, t + 61s)) << "and believed at once";
  EXPECT_FALSE(limit.allows(pictureOf(2 * mebibyte, t + 62s)));
  EXPECT_FALSE(limit.ended(LongFrame{950, 3 * mebibyte}, 3 * mebibyte, t + 63s)) << "now they are taken";
  EXPECT_TRUE(limit.allows(pictureOf(3 * mebibyte, t + 64s)));
}

TEST(FrameLimit, IsOfFramesAlone) {
  const net::TimePoint t(1h);
  FrameLimit limit;
  limit.ended(LongFrame{1, 2 * mebibyte}, 0, t);
  limit.ended(LongFrame{1, 2 * mebibyte}, 0, t);
  rtmp::QueuedMessage record = pictureOf(2 * mebibyte, t);
  record.kind = rtmp::QueuedMessage::Class::config;
  EXPECT_TRUE(limit.allows(record));
  EXPECT_FALSE(FrameLimit::isLong(record));
  EXPECT_FALSE(FrameLimit::isLong(pictureOf(mebibyte, t)));
  EXPECT_TRUE(FrameLimit::isLong(pictureOf(mebibyte + 1, t)));
}

class LongFrameRefused : public ResumeStream {
 protected:
  static constexpr std::size_t too_long = 1536 * 1024;

  void begin(Script strict = {}, Resume resume = Resume::ring) {
    strict.longest_message = mebibyte;
    world.server("good");
    world.server("strict", strict);
    make();
    Destination picky = at("strict");
    picky.resume = resume;
    stream.publish("key");
    connect({at("good"), picky});
    ASSERT_TRUE(world.loop.runUntil([&] { return countOf("NetStream.Publish.Start") == 2; }, 2s));
    ResumeStream::begin();
  }
  /// In real time, 25 a second, a keyframe each second; those at `long_ones` are too long.
  void playWith(std::uint32_t count, const std::set<std::uint32_t>& long_ones) {
    for (; count > 0; --count, ++next) {
      writeFrame(next, next % 25 == 0 ? FrameKind::key : FrameKind::inter,
                 long_ones.contains(next) ? too_long : 500);
      world.loop.runFor(40ms);
    }
  }
  std::size_t losses() const { return countOf("NetStream.Publish.Lost"); }
  std::vector<std::string> leftOut() const {
    std::vector<std::string> texts;
    for (const Status& status : stream_statuses)
      if (status.code == "NetStream.Buffer.Dropped" && status.description.starts_with("A frame of"))
        texts.push_back(status.description);
    return texts;
  }
  /// Every frame that the strict server did not get is counted, and none that it did.
  void expectAllCounted(std::uint64_t pictures) {
    const ServerStats stats = connection->stats()[1];
    EXPECT_EQ(everything("strict").size() + stats.frames_dropped, everything("good").size());
    EXPECT_EQ(everything("good").size(), 2 * next) << "with sound";
    EXPECT_EQ(connection->stats()[0].frames_dropped, 0U);
    EXPECT_EQ(stats.frames_dropped, pictures);
    EXPECT_EQ(stats.dropped.audio, 0U);
    expectFit("strict", "good");
  }

  std::uint32_t next = 0;
};

TEST_F(LongFrameRefused, TheBroadcastGoesOnAtTheNextKeyframe) {
  begin({.rtt = 20ms});
  playWith(250, {75});
  world.loop.runFor(1s);
  EXPECT_EQ(losses(), 2U);
  ASSERT_EQ(leftOut().size(), 1U);
  EXPECT_THAT(leftOut()[0],
              HasSubstr("A frame of " + std::to_string(too_long + 4 + 5) + " bytes is left out"));
  EXPECT_THAT(leftOut()[0], HasSubstr("it may take none that long (nginx-rtmp: max_message)."));
  const Status& status = *find("NetStream.Buffer.Dropped");
  EXPECT_EQ(status.level, "warning");
  EXPECT_EQ(status.server, static_cast<ServerId>(1));
  EXPECT_EQ(connection->stats()[1].state, ServerState::publishing);
  expectAllCounted(25);
}

TEST_F(LongFrameRefused, APictureInTheMiddleOfAGroupTakesTheRestOfItAlong) {
  begin({.rtt = 20ms});
  playWith(250, {80});
  world.loop.runFor(1s);
  EXPECT_EQ(losses(), 2U);
  expectAllCounted(20);
}

TEST_F(LongFrameRefused, TheVeryFirstFrame) {
  begin();
  playWith(250, {0});
  world.loop.runFor(1s);
  EXPECT_EQ(losses(), 2U);
  expectAllCounted(25);
}

TEST_F(LongFrameRefused, TheNextOnesCostNoConnectionWithinAMinute) {
  begin({.rtt = 20ms});
  playWith(1000, {75, 250, 275, 500, 510});
  EXPECT_EQ(losses(), 2U);
  EXPECT_EQ(leftOut().size(), 3U) << "two in a row are one gap";
  world.loop.runFor(1s);
  expectAllCounted(25 + 50 + 25);
  playWith(800, {1750});
  world.loop.runFor(1s);
  EXPECT_EQ(losses(), 3U) << "it is tried anew";
  expectAllCounted(25 + 50 + 25 + 25);
}

TEST_F(LongFrameRefused, WhereEveryKeyframeIsTooLongTheSoundGoesOn) {
  begin({.rtt = 20ms});
  std::set<std::uint32_t> all;
  for (std::uint32_t i = 0; i < 1000; i += 25) all.insert(i);
  playWith(1000, all);
  EXPECT_GT(connection->stats()[1].frames_dropped, 990U) << "while it lasts";
  bool done = false;
  stream.finish([&] { done = true; });
  EXPECT_TRUE(world.loop.runUntil([&] { return done; }, 10s));
  world.loop.runFor(1s);
  EXPECT_EQ(losses(), 2U);
  expectAllCounted(1000);
}

TEST_F(LongFrameRefused, AFileThatWaitsGoesOnToo) {
  begin({.rtt = 20ms});
  stream.live(false);
  playWith(100, {75});
  world.loop.runFor(3s);
  playWith(100, {});
  bool done = false;
  stream.finish([&] { done = true; });
  ASSERT_TRUE(world.loop.runUntil([&] { return done; }, 20s));
  world.loop.runFor(1s);
  EXPECT_EQ(losses(), 2U);
  expectAllCounted(25);
}

TEST_F(LongFrameRefused, AServerThatIsLostOnceInTheMiddleOfALongFrameGetsIt) {
  begin({.rtt = 20ms, .bytes_per_second = 1'500'000});
  world.server("strict").script.longest_message = SIZE_MAX;
  playWith(80, {75});
  goAway("strict");
  playWith(10, {});
  comeBack("strict");
  playWith(100, {});
  goAway("strict");
  playWith(10, {});
  comeBack("strict");
  playWith(200, {});
  world.loop.runFor(1s);
  EXPECT_EQ(leftOut().size(), 0U);
  expectAllCounted(0);
}

TEST_F(LongFrameRefused, AlsoWhereTheBroadcastGoesOnLive) {
  begin({.rtt = 20ms}, Resume::live);
  std::set<std::uint32_t> all;
  for (std::uint32_t i = 0; i < 1000; i += 25) all.insert(i);
  playWith(1000, all);
  EXPECT_EQ(losses(), 2U);
  EXPECT_THAT(leftOut(), testing::Not(testing::IsEmpty()));
}

// A long frame under way when an ordinary connection ends is nothing to a server that has taken its like.
TEST_F(LongFrameRefused, TwoEndsAtAServerThatTakesLongFramesLoseNothing) {
  begin({.rtt = 20ms, .bytes_per_second = 1'500'000});
  world.server("strict").script.longest_message = SIZE_MAX;
  playWith(200, {25, 75, 125});
  for (int time = 0; time < 2; ++time) {
    playWith(1, {next});
    goAway("strict");
    playWith(10, {});
    comeBack("strict");
    playWith(64, {});
  }
  playWith(200, {});
  world.loop.runFor(1s);
  EXPECT_EQ(losses(), 2U);
  EXPECT_EQ(leftOut().size(), 0U);
  expectAllCounted(0);
}

}  // namespace
}  // namespace multiconn::test
