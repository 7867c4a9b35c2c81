// One broadcast to many servers: byte-exact, isolated, bounded, with a picture at once for those that come
// late.
#include "client_test.hpp"
#include "rtmp/media_body.hpp"

namespace multiconn::test {
namespace {

using testing::Contains;
using testing::HasSubstr;

class FanOut : public ClientTest {
 protected:
  static std::vector<std::string> hosts(std::size_t count) {
    std::vector<std::string> hosts;
    for (std::size_t i = 0; i < count; ++i) hosts.push_back("s" + std::to_string(i));
    return hosts;
  }
  /// Every picture's number, in order.
  static std::vector<std::uint32_t> numbers(const Received& received) {
    std::vector<std::uint32_t> numbers;
    for (const rtmp::Bytes& bytes : received.video) {
      rtmp::MediaBody body;
      EXPECT_EQ(parseVideoBody(bytes, body), rtmp::Error::none);
      if (body.packet != rtmp::MediaBody::Packet::frames) continue;
      rtmp::ByteReader reader(body.payload);
      reader.skip(5);
      numbers.push_back(reader.u32());
    }
    return numbers;
  }
  void writeAtItsPace(std::uint32_t first, std::uint32_t count, std::size_t size) {
    for (std::uint32_t i = first; i < first + count; ++i) {
      writeFrame(i, i % 25 == 0 ? FrameKind::key : FrameKind::inter, size);
      world.loop.runFor(40ms);
    }
  }
};

TEST_F(FanOut, EveryServerGetsTheSameBytesAtTheSameTimes) {
  publishTo(hosts(3));
  writeFrames(100);
  world.loop.runFor(1s);
  const Received first = receivedBy(world.server("s0"));
  EXPECT_EQ(first.video.size(), 101U);
  EXPECT_EQ(first.audio.size(), 101U);
  for (const char* host : {"s1", "s2"}) {
    const Received other = receivedBy(world.server(host));
    EXPECT_EQ(other.video, first.video);
    EXPECT_EQ(other.audio, first.audio);
    EXPECT_EQ(other.video_times, first.video_times);
    EXPECT_EQ(other.audio_times, first.audio_times);
  }
  EXPECT_EQ(first.video[5],
            rtmp::buildMediaBody({Codec::h264, FrameKind::inter, 0, *video(FrameKind::inter, 4, {}).data}));
  EXPECT_EQ(first.video_times.back(), 99U * 40U);
  EXPECT_EQ(stream.time(), 99 * 40ms);
  EXPECT_EQ(connection->nsTime(), 99 * 40ms);
  EXPECT_EQ(connection->stats()[0].frames_sent, 200U);
  EXPECT_EQ(connection->stats()[0].frames_dropped, 0U);
}

TEST_F(FanOut, OneStopsReadingAndOneResetsAndTheOtherSixGetEveryFrame) {
  publishTo(hosts(8));
  stream.writeVideo(videoConfig());
  stream.writeAudio(audioConfig());
  writeAtItsPace(0, 50, 20'000);
  world.server("s3").stopReading();
  world.server("s5").reset();
  writeAtItsPace(50, 500, 20'000);
  for (const char* host : {"s0", "s1", "s2", "s4", "s6", "s7"}) {
    const Received received = receivedBy(world.server(host));
    EXPECT_EQ(received.video.size(), 551U) << host;
    EXPECT_EQ(received.audio.size(), 551U) << host;
    EXPECT_EQ(received.video, receivedBy(world.server("s0")).video);
  }
  EXPECT_THAT(codes(stream_statuses, 5), Contains("NetStream.Publish.Lost"));
  EXPECT_EQ(codes(stream_statuses, 3).back(), "NetStream.Buffer.Dropped");
  const auto stats = connection->stats();
  EXPECT_GT(stats[3].frames_dropped, 0U);
  EXPECT_LE(stats[3].queue_bytes, 16U * 1024U * 1024U);
  EXPECT_LE(stats[3].queue_age, 2100ms);
  EXPECT_EQ(stats[0].frames_dropped, 0U);
}

TEST_F(FanOut, WhatAFrameCostsTheSlowDoesNotReachTheQuick) {
  publishTo(hosts(2));
  world.server("s0").stopReading();
  stream.writeVideo(videoConfig());
  stream.writeAudio(audioConfig());
  for (std::uint32_t i = 0; i < 200; ++i) {
    writeFrame(i, i % 25 == 0 ? FrameKind::key : FrameKind::inter, 50'000);
    world.loop.settle();
    ASSERT_EQ(receivedBy(world.server("s1")).video.size(), i + 2U) << "in the same instant";
    world.loop.runFor(40ms);
  }
}

TEST_F(FanOut, DroppingEndsAtAKeyframeAndIsReportedOnceASecond) {
  publishTo(hosts(1));
  stream.writeVideo(videoConfig());
  stream.writeAudio(audioConfig());
  world.server("s0").stopReading();
  writeAtItsPace(0, 250, 20'000);
  const std::size_t reports = countOf("NetStream.Buffer.Dropped");
  EXPECT_GE(reports, 4U);
  EXPECT_LE(reports, 10U);
  const Status* const report = find("NetStream.Buffer.Dropped");
  EXPECT_EQ(report->level, "warning");
  EXPECT_THAT(report->description, HasSubstr("inter"));
  world.server("s0").resumeReading();
  writeAtItsPace(250, 60, 20'000);
  world.loop.runFor(1s);
  const std::vector<std::uint32_t> got = numbers(receivedBy(world.server("s0")));
  EXPECT_EQ(got.back(), 309U);
  for (std::size_t i = 1; i < got.size(); ++i)
    EXPECT_TRUE(got[i] == got[i - 1] + 1 || got[i] % 25 == 0) << got[i - 1] << " then " << got[i];
  const ServerStats stats = connection->stats()[0];
  EXPECT_EQ(stats.frames_dropped + stats.frames_sent, 620U);
}

TEST_F(FanOut, ALateServerGetsAPictureAtOnce) {
  world.server("s0");
  world.server("late", {.connect_delay = 5s});
  make();
  stream.metadata({{"width", 64}});
  stream.publish("key");
  connect({at("s0"), at("late")});
  world.loop.runFor(100ms);
  stream.writeVideo(videoConfig());
  stream.writeAudio(audioConfig());
  writeAtItsPace(0, 150, 500);
  world.loop.runFor(1s);
  const SimulatedServer& late = world.server("late");
  ASSERT_GT(late.media.size(), 4U);
  EXPECT_TRUE(std::holds_alternative<rtmp::Data>(late.media[0].body));
  const Received received = receivedBy(late);
  rtmp::MediaBody config, key;
  ASSERT_EQ(parseVideoBody(received.video[0], config), rtmp::Error::none);
  EXPECT_EQ(config.packet, rtmp::MediaBody::Packet::config);
  ASSERT_EQ(parseVideoBody(received.video[1], key), rtmp::Error::none);
  EXPECT_EQ(key.kind, FrameKind::key);
  const auto got = numbers(received);
  EXPECT_EQ(got.front() % 25, 0U);
  EXPECT_EQ(got.back(), 149U);
  EXPECT_EQ(got.size(), 150U - got.front()) << "without a gap";
  // The same time for the same frame everywhere.
  const Received other = receivedBy(world.server("s0"));
  EXPECT_EQ(received.video_times.back(), other.video_times.back());
  for (std::size_t i = 1; i < received.video_times.size(); ++i)
    EXPECT_GE(received.video_times[i], received.video_times[i - 1]);
}

TEST_F(FanOut, MetadataComesBeforeMediaAndIsSentAgainToJoiners) {
  stream = {};
  make();
  stream.metadata({{"title", "first"}});
  publishTo(hosts(1));
  writeFrames(3);
  world.loop.runFor(1s);
  stream.metadata({{"title", "second"}});
  world.loop.runFor(1s);
  std::vector<std::string> titles;
  for (const rtmp::Message& message : world.server("s0").media)
    if (const auto* data = std::get_if<rtmp::Data>(&message.body))
      titles.emplace_back(data->values[2].object()->stringOr("title", "?"));
  EXPECT_EQ(titles, (std::vector<std::string>{"first", "second"}));
  EXPECT_TRUE(std::holds_alternative<rtmp::Data>(world.server("s0").media[0].body));
}

TEST_F(FanOut, VideoAloneBeginsAfter200Milliseconds) {
  publishTo(hosts(1));
  stream.writeVideo(videoConfig());
  stream.writeVideo(video(FrameKind::key, 0, 7s));
  world.loop.runFor(190ms);
  EXPECT_TRUE(world.server("s0").media.empty());
  world.loop.runFor(20ms);
  EXPECT_EQ(receivedBy(world.server("s0")).video_times, (std::vector<std::uint32_t>{0, 0}));
}

TEST_F(FanOut, QueuedAndDrainTellAProducerWhenToWait) {
  publishTo(hosts(2));
  int drained = 0;
  stream.onDrain([&] { ++drained; });
  world.server("s1").script.kernel_bytes = 100'000;
  world.server("s1").stopReading();
  stream.writeVideo(videoConfig());
  stream.writeAudio(audioConfig());
  for (std::uint32_t i = 0; i < 20; ++i) writeFrame(i, FrameKind::key, 100'000);
  EXPECT_GT(stream.queued(), 1'900'000U) << "waiting for the strand";
  world.loop.runFor(100ms);
  EXPECT_GT(stream.queued(), 1'500'000U) << "waiting for the server";
  EXPECT_EQ(drained, 0);
  world.server("s1").resumeReading();
  world.loop.runFor(1s);
  EXPECT_EQ(drained, 1);
  EXPECT_EQ(stream.queued(), 0U);
}

TEST_F(FanOut, WritesAreRefusedAbove64MegabytesAndWhenClosed) {
  publishTo(hosts(1));
  const EncodedFrame big = video(FrameKind::key, 0, 0ms, 1024 * 1024);
  int taken = 0;
  while (taken < 100 && stream.writeVideo(big)) ++taken;
  EXPECT_EQ(taken, 63) << "64 MiB, with 4 bytes of length each";
  world.loop.runFor(1s);
  EXPECT_TRUE(stream.writeVideo(big));
  EXPECT_FALSE(stream.writeVideo(EncodedFrame{}));
  stream.close();
  EXPECT_FALSE(stream.writeVideo(big));
}

TEST_F(FanOut, BadFramesAreReportedAndLeftOut) {
  publishTo(hosts(1));
  for (int i = 0; i < 50; ++i) stream.writeVideo(audio(0, 0ms));
  world.loop.runFor(500ms);
  EXPECT_EQ(countOf("NetStream.Frame.Invalid"), 1U);
  world.loop.runFor(1s);
  stream.writeVideo(videoConfig());
  stream.writeVideo(video(FrameKind::key, 0, 0ms, 17 * 1024 * 1024));
  world.loop.runFor(500ms);
  EXPECT_EQ(countOf("NetStream.Frame.Invalid"), 2U) << "longer than a message can be";
  writeFrames(5);
  world.loop.runFor(500ms);
  EXPECT_EQ(receivedBy(world.server("s0")).video.size(), 6U);
}

}  // namespace
}  // namespace multiconn::test
