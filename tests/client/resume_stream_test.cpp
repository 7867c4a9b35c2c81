// Servers that are lost in the middle of a broadcast, and come back: what they get then.
#include <algorithm>
#include <set>

#include "client_test.hpp"
#include "rtmp/media_body.hpp"

namespace multiconn::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

using Frame = std::pair<std::uint32_t, rtmp::Bytes>;  // timestamp and body

class ResumeStream : public ClientTest {
 protected:
  ResumeStream() { reconnects = true; }

  /// Frames `from` on, 25 a second, in real time.
  void play(std::uint32_t from, std::uint32_t count, std::uint32_t gop = 25, std::size_t size = 500) {
    for (std::uint32_t i = from; i < from + count; ++i) {
      writeFrame(i, i % gop == 0 ? FrameKind::key : FrameKind::inter, size);
      world.loop.runFor(40ms);
    }
  }
  void begin() {
    stream.writeVideo(videoConfig());
    stream.writeAudio(audioConfig());
  }
  void goAway(const std::string& host) {
    world.server(host).script.refuses = true;
    world.server(host).reset();
  }
  void comeBack(const std::string& host) { world.server(host).script.refuses = false; }

  /// Without configuration records, which are sent anew.
  static std::vector<Frame> frames(const std::vector<rtmp::Message>& media) {
    std::vector<Frame> list;
    for (const rtmp::Message& message : media) {
      rtmp::Payload body;
      if (const auto* sound = std::get_if<rtmp::Audio>(&message.body)) body = sound->body;
      if (const auto* picture = std::get_if<rtmp::Video>(&message.body)) body = picture->body;
      if (body && (*body)[1] != std::byte{0}) list.emplace_back(message.timestamp, *body);
    }
    return list;
  }
  /// Of all publishes.
  std::set<Frame> everything(const std::string& host) {
    std::set<Frame> all;
    for (const Publication& each : world.server(host).publications)
      for (Frame& frame : frames(each.media)) all.insert(std::move(frame));
    return all;
  }
  /// Every publish has only what the healthy server has, begins so that it can be decoded, and never runs
  /// backwards.
  void expectFit(const std::string& host, const std::string& healthy) {
    const std::set<Frame> good = everything(healthy);
    for (const Publication& each : world.server(host).publications) {
      std::map<bool, std::uint32_t> newest;
      bool record = false, key = false;
      for (const rtmp::Message& message : each.media) {
        const auto* picture = std::get_if<rtmp::Video>(&message.body);
        if (std::holds_alternative<rtmp::Data>(message.body)) continue;
        const auto [at, first] = newest.try_emplace(picture != nullptr, message.timestamp);
        EXPECT_GE(static_cast<std::int32_t>(message.timestamp - at->second), 0);
        at->second = message.timestamp;
        if (!picture) continue;
        rtmp::MediaBody body;
        ASSERT_EQ(parseVideoBody(*picture->body, body), rtmp::Error::none);
        record = record || body.packet == rtmp::MediaBody::Packet::config;
        if (body.packet != rtmp::MediaBody::Packet::frames) continue;
        key = key || body.kind == FrameKind::key;
        EXPECT_TRUE(record && key) << "not decodable";
        EXPECT_TRUE(good.contains({message.timestamp, *picture->body}));
      }
    }
  }
  std::string resumed() const {
    const Status* const status = find("NetStream.Publish.Resumed");
    return status ? status->level + ": " + status->description : "";
  }
};

TEST_F(ResumeStream, AnOutageWithinTheRingLosesNoFrame) {
  publishTo({"good", "bad"});
  begin();
  play(0, 60);
  goAway("bad");
  play(60, 75);
  comeBack("bad");
  play(135, 200);
  world.loop.runFor(1s);
  EXPECT_EQ(everything("bad"), everything("good"));
  expectFit("bad", "good");
  const ServerStats stats = connection->stats()[1];
  EXPECT_EQ(stats.frames_dropped, 0U);
  EXPECT_THAT(resumed(), HasSubstr("status: Live again, "));
  EXPECT_THAT(resumed(), HasSubstr(" 0 frames were missed."));
  // From the keyframe at or before what it may have missed.
  const Received again = receivedBy(world.server("bad"));
  EXPECT_EQ(again.video_times.front() % 1000, 0U);
  EXPECT_GE(again.video_times.front(), 1000U);
  EXPECT_LE(again.video_times.front(), 2400U);
  EXPECT_THAT(codes(stream_statuses, 0), ElementsAre("NetStream.Publish.Start"));
}

TEST_F(ResumeStream, TheRingComesFasterThanRealTimeButPaced) {
  publishTo({"good", "bad"});
  begin();
  play(0, 60);
  goAway("bad");
  play(60, 100);
  comeBack("bad");
  const std::size_t before = world.server("bad").publications.size();
  std::uint32_t next = 160;
  while (world.server("bad").publications.size() == before) play(next++, 1);
  const SimulatedServer& bad = world.server("bad");
  const net::TimePoint started = world.loop.now();
  while (countOf("NetStream.Publish.Resumed") == 0) play(next++, 1);
  const auto took = world.loop.now() - started;
  EXPECT_GE(took, 800ms) << "more than 4 s, of which one goes at once: at least (4 - 1) / (4 - 1) s";
  EXPECT_LE(took, 3s);
  // In no 100 ms more than 400 ms of media, after the first second.
  const std::vector<rtmp::Message>& media = bad.media;
  ASSERT_EQ(media.size(), bad.arrivals.size());
  for (std::size_t i = 0, j = 0; i < media.size(); ++i) {
    while (bad.arrivals[i] - bad.arrivals[j] > 100ms) ++j;
    if (media[j].timestamp > media[0].timestamp + 1100) {
      EXPECT_LE(media[i].timestamp - media[j].timestamp, 600U);
    }
  }
  EXPECT_EQ(everything("bad").size(), everything("good").size());
}

TEST_F(ResumeStream, ALongerOutageGoesOnAtTheNewestKeyframeAndIsCounted) {
  ConnectOptions options;
  options.resume_age = 2s;
  make(options);
  publishTo({"good", "bad"});
  begin();
  play(0, 60);
  const std::size_t got = everything("bad").size();
  goAway("bad");
  play(60, 300);
  comeBack("bad");
  play(360, 450);
  world.loop.runFor(1s);
  expectFit("bad", "good");
  const std::size_t all = everything("good").size();
  const ServerStats stats = connection->stats()[1];
  EXPECT_GT(stats.frames_dropped, 200U);
  EXPECT_EQ(everything("bad").size() + stats.frames_dropped, all) << got;
  EXPECT_EQ(stats.dropped.inter + stats.dropped.key, stats.dropped.audio);
  EXPECT_THAT(resumed(), HasSubstr(std::to_string(stats.frames_dropped) + " frames were missed"));
  const std::uint32_t first = receivedBy(world.server("bad")).video_times.front();
  EXPECT_EQ(first % 1000, 0U);
}

TEST_F(ResumeStream, LiveBeginsAtTheNextKeyframe) {
  world.server("good");
  world.server("bad");
  make();
  stream.publish("key");
  Destination bad = at("bad");
  bad.resume = Resume::live;
  connect({at("good"), bad});
  world.loop.runFor(100ms);
  begin();
  play(0, 60, 50);
  goAway("bad");
  play(60, 25, 50);
  comeBack("bad");
  play(85, 300, 50);
  world.loop.runFor(1s);
  expectFit("bad", "good");
  const SimulatedServer& server = world.server("bad");
  const ServerStats stats = connection->stats()[1];
  EXPECT_GT(stats.frames_dropped, 0U);
  EXPECT_EQ(everything("bad").size() + stats.frames_dropped, everything("good").size());
  // Nothing is older than its time on the way.
  for (std::size_t i = 0; i < server.media.size(); ++i)
    EXPECT_LE(server.arrivals[i] - server.arrivals[0],
              std::chrono::milliseconds(server.media[i].timestamp - server.media[0].timestamp) + 100ms);
}

TEST_F(ResumeStream, AServerThatWasNeverThereGetsTheBeginningAsWell) {
  world.server("good");
  world.server("late").script.refuses = true;
  make();
  stream.publish("key");
  connect({at("good"), at("late")});
  world.loop.runFor(100ms);
  begin();
  play(0, 75);
  comeBack("late");
  play(75, 200);
  world.loop.runFor(1s);
  EXPECT_EQ(everything("late"), everything("good"));
  expectFit("late", "good");
  EXPECT_EQ(connection->stats()[1].frames_dropped, 0U);
  EXPECT_EQ(resumed(), "") << "it was not lost";
}

TEST_F(ResumeStream, WhoDoesNotComeBackHasMissedTheRest) {
  publishTo({"good", "bad", "worse"});
  begin();
  play(0, 60);
  goAway("bad");
  goAway("worse");
  play(60, 60);
  bool done = false;
  const net::TimePoint before = world.loop.now();
  stream.finish([&] { done = true; });
  ASSERT_TRUE(world.loop.runUntil([&] { return done; }, 10s));
  EXPECT_GE(world.loop.now() - before, 3s) << "they might have come back";
  EXPECT_LE(world.loop.now() - before, 3500ms);
  world.loop.runFor(200ms);
  const auto stats = connection->stats();
  for (const std::size_t server : {1U, 2U})
    EXPECT_EQ(everything(server == 1 ? "bad" : "worse").size() + stats[server].frames_dropped,
              everything("good").size());
  EXPECT_EQ(stats[0].frames_dropped, 0U);
  EXPECT_EQ(countOf("NetStream.Publish.AllLost"), 0U);
}

TEST_F(ResumeStream, FinishWaitsForWhoeverCatchesUp) {
  publishTo({"good", "bad"});
  begin();
  play(0, 60);
  goAway("bad");
  play(60, 100);
  comeBack("bad");
  bool done = false;
  stream.finish([&] { done = true; });
  ASSERT_TRUE(world.loop.runUntil([&] { return done; }, 10s));
  world.loop.runFor(200ms);
  EXPECT_EQ(everything("bad"), everything("good"));
  EXPECT_EQ(connection->stats()[1].frames_dropped, 0U);
}

TEST_F(ResumeStream, LostAgainWhileItCatchesUp) {
  ConnectOptions options;
  options.resume_age = 60s;
  make(options);
  publishTo({"good", "bad"});
  begin();
  play(0, 60);
  std::uint32_t next = 60;
  for (int round = 0; round < 4; ++round) {
    goAway("bad");
    play(next, 40);
    next += 40;
    comeBack("bad");
    const std::size_t before = world.server("bad").publications.size();
    while (world.server("bad").publications.size() == before) play(next++, 1);
    play(next, 5);
    next += 5;
  }
  play(next, 200);
  world.loop.runFor(1s);
  EXPECT_EQ(everything("bad"), everything("good"));
  expectFit("bad", "good");
  EXPECT_EQ(connection->stats()[1].frames_dropped, 0U);
}

TEST_F(ResumeStream, SoundAloneIsCompleteToo) {
  publishTo({"good", "bad"});
  stream.writeAudio(audioConfig());
  const auto play_sound = [&](std::uint32_t from, std::uint32_t count) {
    for (std::uint32_t i = from; i < from + count; ++i) {
      stream.writeAudio(audio(i, 20ms * i));
      world.loop.runFor(20ms);
    }
  };
  play_sound(0, 100);
  goAway("bad");
  play_sound(100, 100);
  comeBack("bad");
  play_sound(200, 300);
  world.loop.runFor(1s);
  EXPECT_EQ(everything("bad"), everything("good"));
  EXPECT_EQ(connection->stats()[1].frames_dropped, 0U);
  EXPECT_NE(resumed(), "");
}

TEST_F(ResumeStream, DataAndRecordsOfTheMeantimeAreInTheirPlaces) {
  publishTo({"good", "bad"});
  begin();
  play(0, 30);
  stream.send("@setDataFrame", {"onScore", AmfObject{{"goals", 1}}});
  play(30, 10);
  goAway("bad");
  stream.send("cue", {"a"});
  play(40, 5);
  stream.writeAudio(frameOf(Codec::aac, FrameKind::config, {std::byte{0x12}, std::byte{0x10}}, {}, {}));
  play(45, 30);
  comeBack("bad");
  play(75, 150);
  world.loop.runFor(1s);
  const auto described = [](const SimulatedServer& server) {
    std::vector<std::string> list;
    for (const rtmp::Message& message : server.media) {
      const auto* const data = std::get_if<rtmp::Data>(&message.body);
      const auto* const sound = std::get_if<rtmp::Audio>(&message.body);
      if (data && !data->values.empty()) list.push_back(*data->values[0].string());
      if (sound && sound->body->size() == 4) list.push_back("record");
    }
    return list;
  };
  EXPECT_THAT(described(world.server("bad")),
              ElementsAre("@setDataFrame", "record", "@setDataFrame", "cue", "record"))
      << "the head, then what came";
  EXPECT_EQ(connection->stats()[1].frames_dropped, 0U);
}

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
  goAway("bad");
  play(begins + 60, 75, 5);
  comeBack("bad");
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
    publishTo({"good", "bad"});
    begin();
    play(0, 60);
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

TEST_F(ResumeStream, ALongGroupOfPicturesIsNotSentAgain) {
  publishTo({"good", "bad"});
  begin();
  play(0, 500, 1000);
  goAway("bad");
  play(500, 25, 1000);
  comeBack("bad");
  play(525, 550, 1000);
  world.loop.runFor(1s);
  const Received again = receivedBy(world.server("bad"));
  EXPECT_GE(again.audio_times.front(), 20'000U);
  EXPECT_EQ(again.video_times[1], 40'000U) << "behind the record, the next keyframe";
  EXPECT_EQ(everything("bad").size() + connection->stats()[1].frames_dropped, everything("good").size());
}

TEST_F(ResumeStream, AnotherBroadcastOnTheSameConnectionIsCompleteToo) {
  publishTo({"good", "bad"});
  begin();
  play(0, 60);
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
