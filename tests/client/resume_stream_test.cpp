// Servers that are lost in the middle of a broadcast, and come back: what they get then.
#include "resume_fixture.hpp"

namespace multiconn::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST_F(ResumeStream, AnOutageWithinTheRingLosesNoFrame) {
  broadcast({"good", "bad"});
  beAway("bad", 60, 75);
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
  broadcast({"good", "bad"});
  beAway("bad", 60, 100);
  std::uint32_t next = playUntilBack("bad", 160);
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

TEST_F(ResumeStream, NobodyIsLiveAgainWithoutAConnection) {
  world.server("next", {.rtt = 400ms});
  broadcast({"good", "bad"});
  beAway("bad", 60, 100);
  std::uint32_t next = playUntilBack("bad", 160);
  world.server("bad").requestReconnect("rtmp://next/live");
  play(next, 2);
  world.server("bad").close();
  play(next + 2, 5);
  EXPECT_EQ(world.server("next").publications.size(), 0U);
  EXPECT_EQ(resumed(), "");
  play(next + 7, 50);
  ASSERT_EQ(world.server("next").publications.size(), 1U);
  EXPECT_EQ(connection->stats()[1].state, ServerState::publishing);
}

TEST_F(ResumeStream, ALongerOutageGoesOnAtTheNewestKeyframeAndIsCounted) {
  ConnectOptions options;
  options.resume_age = 2s;
  make(options);
  broadcast({"good", "bad"});
  const std::size_t got = everything("bad").size();
  beAway("bad", 60, 300);
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
  beAway("bad", 60, 25, 50);
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
  broadcast({"good", "bad", "worse"});
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
  broadcast({"good", "bad"});
  beAway("bad", 60, 100);
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
  broadcast({"good", "bad"});
  std::uint32_t next = 60;
  for (int round = 0; round < 4; ++round) {
    beAway("bad", next, 40);
    next = playUntilBack("bad", next + 40);
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

}  // namespace
}  // namespace multiconn::test
