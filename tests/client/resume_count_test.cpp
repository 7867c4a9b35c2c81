// Servers that are lost again before they have caught up, and queues that are small: every frame that a
// server has not got is counted once, and nothing is dropped that is only sent faster than time.
#include <set>

#include "client_test.hpp"

namespace multiconn::test {
namespace {

class ResumeCount : public ClientTest {
 protected:
  ResumeCount() { reconnects = true; }

  void begin(Destination bad, ConnectOptions options = {}) {
    for (const char* host : {"good", "bad"}) world.server(host);
    make(std::move(options));
    stream.publish("key");
    connect({at("good"), std::move(bad)});
    world.loop.runFor(100ms);
    stream.writeVideo(videoConfig());
    stream.writeAudio(audioConfig());
  }
  /// 25 a second.
  void play(std::uint32_t count, std::uint32_t gop, std::size_t size = 500) {
    for (; count > 0; --count, ++next) {
      const FrameKind kind = next % gop == 0 ? FrameKind::key : FrameKind::inter;
      if (with_sound)
        writeFrame(next, kind, size);
      else
        stream.writeVideo(video(kind, next, 40ms * next, size));
      world.loop.runFor(40ms);
    }
  }
  void lose(const std::string& host) {
    world.server(host).script.refuses = true;
    world.server(host).reset();
  }
  void playUntilBack(const std::string& host, std::uint32_t gop) {
    const std::size_t before = world.server(host).publications.size();
    world.server(host).script.refuses = false;
    while (world.server(host).publications.size() == before) play(1, gop);
  }
  /// Frames that came with any publish, each once.
  std::size_t got(const std::string& host) {
    std::set<rtmp::Bytes> bodies;
    for (const Publication& each : world.server(host).publications)
      for (const rtmp::Message& message : each.media) {
        rtmp::Payload body;
        if (const auto* sound = std::get_if<rtmp::Audio>(&message.body)) body = sound->body;
        if (const auto* picture = std::get_if<rtmp::Video>(&message.body)) body = picture->body;
        if (body && (*body)[1] != std::byte{0}) bodies.insert(*body);
      }
    return bodies.size();
  }
  static FrameKind firstPicture(const Publication& publication) {
    for (const rtmp::Message& message : publication.media) {
      const auto* const picture = std::get_if<rtmp::Video>(&message.body);
      if (!picture || (*picture->body)[1] == std::byte{0}) continue;
      return std::to_integer<unsigned>((*picture->body)[0]) >> 4 == 1 ? FrameKind::key : FrameKind::inter;
    }
    return FrameKind::config;
  }
  std::uint64_t dropped() const { return connection->stats()[1].frames_dropped; }

  bool with_sound = true;
  std::uint32_t next = 0;
};

// Sound goes on while a keyframe is waited for, and what of it the server has not got is no picture that was
// given up.
TEST_F(ResumeCount, SoundThatWasLostBetweenPicturesThatWereMissed) {
  Destination bad = at("bad");
  bad.resume = Resume::live;
  begin(bad);
  play(60, 100);
  lose("bad");
  play(10, 100);
  playUntilBack("bad", 100);
  play(5, 100);
  world.server("bad").cutOff();
  play(90, 100);
  world.server("bad").heal();
  play(200, 100);
  world.loop.runFor(1s);
  ASSERT_GE(world.server("bad").publications.size(), 3U) << "the black hole was noticed";
  EXPECT_EQ(got("bad") + dropped(), got("good"));
}

TEST_F(ResumeCount, AKeyframeThatIsAwaitedForVeryLong) {
  Destination bad = at("bad");
  bad.resume = Resume::live;
  begin(std::move(bad));
  with_sound = false;
  play(300, 20'000);
  world.server("bad").reset();
  play(6000, 20'000);
  world.server("bad").reset();
  play(20'000 - next, 20'000);
  play(100, 20'000);
  world.loop.runFor(1s);
  EXPECT_GT(dropped(), 19'000U);
  EXPECT_EQ(got("bad") + dropped(), got("good"));
}

TEST_F(ResumeCount, AMoveInTheMiddleOfCatchingUp) {
  begin(at("bad"));
  with_sound = false;
  world.server("bad").script.rtt = 20ms;
  world.server("bad").script.kernel_bytes = 15'000;
  play(60, 1, 3000);
  lose("bad");
  play(100, 1, 3000);
  playUntilBack("bad", 1);
  world.server("bad").requestReconnect();
  play(200, 1, 3000);
  world.loop.runFor(1s);
  EXPECT_EQ(world.server("bad").publications.size(), 3U);
  EXPECT_EQ(dropped(), 0U);
  EXPECT_EQ(got("bad"), got("good"));
}

// What is held for the new connection grows too old, and its keyframe with it.
TEST_F(ResumeCount, AMoveThatIsAnsweredLateBeginsWithAKeyframe) {
  begin(at("bad"));
  play(60, 100);
  world.server("bad").script.publish_delay = 2500ms;
  world.server("bad").requestReconnect();
  play(400, 100);
  ASSERT_EQ(world.server("bad").publications.size(), 2U);
  EXPECT_EQ(firstPicture(world.server("bad").publications[1]), FrameKind::key);
  EXPECT_EQ(got("bad") + dropped(), got("good"));
}

TEST_F(ResumeCount, WhatWasMissedBeforeASecondLossIsCountedOnce) {
  ConnectOptions options;
  options.resume_age = 1s;
  begin(at("bad"), options);
  play(60, 25);
  for (int round = 0; round < 3; ++round) {
    lose("bad");
    play(100, 25);
    playUntilBack("bad", 25);
    play(2, 25);
  }
  play(100, 25);
  world.loop.runFor(1s);
  EXPECT_GT(dropped(), 300U);
  EXPECT_EQ(got("bad") + dropped(), got("good"));
}

TEST_F(ResumeCount, ASmallQueueDropsNothingOfWhatIsSentAgain) {
  ConnectOptions options;
  options.queue_bytes = 20'000;
  begin(at("bad"), options);
  // So much in 20 ms, which is ten times what comes.
  world.server("bad").script.rtt = 20ms;
  world.server("bad").script.kernel_bytes = 15'000;
  play(60, 25, 3000);
  lose("bad");
  play(40, 25, 3000);
  playUntilBack("bad", 25);
  play(200, 25, 3000);
  world.loop.runFor(1s);
  EXPECT_EQ(dropped(), 0U);
  EXPECT_EQ(got("bad"), got("good"));
}

TEST_F(ResumeCount, WhatGetsTooOldOnItsWayForTheSecondTimeIsNotLost) {
  begin(at("bad"));
  play(60, 100);
  lose("bad");
  play(10, 100);
  world.server("bad").script.kernel_bytes = 5000;
  playUntilBack("bad", 100);
  world.server("bad").cutOff();
  play(70, 100);
  world.server("bad").script.kernel_bytes = 256 * 1024;
  world.server("bad").heal();
  play(200, 100);
  world.loop.runFor(1s);
  EXPECT_EQ(dropped(), 0U);
  EXPECT_EQ(got("bad"), got("good"));
}

// It goes on where the server has got to, as after any loss, and not at the newest keyframe.
TEST_F(ResumeCount, AConnectionThatEndsBeforeTheOneThatWasAskedForIsThere) {
  begin(at("bad"));
  world.server("bad").script.rtt = 100ms;
  play(60, 1);
  world.server("bad").requestReconnect();
  play(2, 1);
  world.server("bad").reset(1);
  play(100, 1);
  world.loop.runFor(1s);
  ASSERT_EQ(world.server("bad").publications.size(), 2U);
  EXPECT_EQ(countOf("NetStream.Publish.Lost"), 0U);
  EXPECT_EQ(dropped(), 0U);
  EXPECT_EQ(got("bad"), got("good"));
}

}  // namespace
}  // namespace multiconn::test
