// Sources: when they start, that nothing of one that can wait is lost, and what their end means.
#include "client_test.hpp"
#include "scripted_source.hpp"

namespace multiconn::test {
namespace {

using testing::Contains;
using testing::Not;

class Source : public ClientTest {
 protected:
  void attach(std::shared_ptr<ScriptedVideo> pictures, std::shared_ptr<ScriptedAudio> sound) {
    video_source = std::move(pictures);
    audio_source = std::move(sound);
    stream.attachVideo(video_source);
    stream.attachAudio(audio_source);
  }
  void publish(const std::vector<std::string>& hosts, std::shared_ptr<ScriptedVideo> pictures,
               std::shared_ptr<ScriptedAudio> sound) {
    make();
    attach(std::move(pictures), std::move(sound));
    stream.publish("key");
    std::vector<Destination> destinations;
    for (const std::string& host : hosts) destinations.push_back(at(host));
    connect(std::move(destinations));
  }
  std::shared_ptr<ScriptedVideo> video_source;
  std::shared_ptr<ScriptedAudio> audio_source;
};

TEST_F(Source, AFileStartsWhenEveryServerHasBegunOrFailed) {
  world.server("a", {.rtt = 10ms});
  world.server("b", {.rtt = 200ms});
  world.server("c", {.refuses = true});
  publish({"a", "b", "c"}, std::make_shared<ScriptedVideo>(false, 100),
          std::make_shared<ScriptedAudio>(false, 100));
  ASSERT_TRUE(world.loop.runUntil([&] { return video_source->starts == 1; }));
  world.loop.settle();
  EXPECT_EQ(countOf("NetStream.Publish.Start"), 2U);
  EXPECT_LE(elapsed(), 810ms);
  world.loop.runFor(3s);
  EXPECT_EQ(receivedBy(world.server("a")).video.size(), 101U);
  EXPECT_EQ(receivedBy(world.server("b")).video, receivedBy(world.server("a")).video);
  EXPECT_EQ(receivedBy(world.server("b")).audio, receivedBy(world.server("a")).audio);
  EXPECT_EQ(countOf("NetStream.Source.Complete"), 1U);
  const auto* data = std::get_if<rtmp::Data>(&world.server("a").media[0].body);
  ASSERT_TRUE(data);
  EXPECT_EQ(data->values[2].object()->numberOr("width", 0), 64);
  EXPECT_EQ(data->values[2].object()->numberOr("audiosamplerate", 0), 48000);
}

TEST_F(Source, AFileWaitsForNoServerLongerThanSetup) {
  world.server("a");
  world.server("mute", {.never_answers_handshake = true});
  publish({"a", "mute"}, std::make_shared<ScriptedVideo>(false, 10),
          std::make_shared<ScriptedAudio>(false, 10));
  world.loop.runFor(2990ms);
  EXPECT_EQ(video_source->starts, 0);
  world.loop.runFor(20ms);
  EXPECT_EQ(video_source->starts, 1);
  EXPECT_EQ(audio_source->starts, 1);
}

TEST_F(Source, ACameraWaitsHalfASecondForTheOthers) {
  world.server("a");
  world.server("mute", {.never_answers_handshake = true});
  publish({"a", "mute"}, std::make_shared<ScriptedVideo>(true, 10), nullptr);
  world.loop.runFor(490ms);
  EXPECT_EQ(video_source->starts, 0);
  world.loop.runFor(20ms);
  EXPECT_EQ(video_source->starts, 1);
}

TEST_F(Source, AFileWaitsForASlowServerAndLosesNothing) {
  world.server("quick");
  world.server("slow", {.rtt = 20ms, .bytes_per_second = 1'000'000});
  publish({"quick", "slow"}, std::make_shared<ScriptedVideo>(false, 500, 40'000),
          std::make_shared<ScriptedAudio>(false, 500));
  world.loop.runFor(1s);
  EXPECT_LT(video_source->next, 100U);
  std::size_t most = 0;
  while (countOf("NetStream.Source.Complete") == 0 && elapsed() < 60s) {
    world.loop.runFor(50ms);
    most = std::max(most, stream.queued());
  }
  EXPECT_LT(most, 2U * 1024 * 1024);
  EXPECT_GT(elapsed(), 18s);
  bool done = false;
  stream.finish([&] { done = true; });
  ASSERT_TRUE(world.loop.runUntil([&] { return done; }, 10s));
  for (const char* host : {"quick", "slow"}) {
    EXPECT_EQ(receivedBy(world.server(host)).video.size(), 501U) << host;
    EXPECT_EQ(receivedBy(world.server(host)).audio.size(), 501U) << host;
  }
  EXPECT_EQ(countOf("NetStream.Buffer.Dropped"), 0U);
  EXPECT_GT(video_source->resumes, 0);
}

TEST_F(Source, AServerThatTakesNothingIsGivenUpAndTheOthersGoOn) {
  world.server("good", {.rtt = 10ms});
  world.server("stuck", {.rtt = 10ms});
  ConnectOptions options;
  options.stall_timeout = 4s;
  make(options);
  attach(std::make_shared<ScriptedVideo>(false, 500, 40'000), std::make_shared<ScriptedAudio>(false, 500));
  stream.publish("key");
  connect({at("good"), at("stuck")});
  world.loop.runFor(100ms);
  world.server("stuck").stopReading();
  ASSERT_TRUE(world.loop.runUntil([&] { return countOf("NetStream.Source.Complete") == 1; }));
  EXPECT_GE(elapsed(), 4s);
  EXPECT_LE(elapsed(), 6s);
  EXPECT_THAT(codes(stream_statuses, 1), Contains("NetStream.Publish.Stalled"));
  EXPECT_THAT(codes(stream_statuses, 1), Not(Contains("NetStream.Publish.Lost")));
  EXPECT_EQ(connection->stats()[1].state, ServerState::failed);
  world.loop.runFor(1s);
  EXPECT_EQ(receivedBy(world.server("good")).video.size(), 501U);
}

TEST_F(Source, AFileIsNotReadToNobody) {
  world.server("late", {.connect_delay = 5s});
  publish({"late"}, std::make_shared<ScriptedVideo>(false, 100), nullptr);
  world.loop.runFor(4900ms);
  EXPECT_EQ(video_source->starts, 0);
  world.loop.runFor(1s);
  EXPECT_EQ(receivedBy(world.server("late")).video.size(), 101U);
}

TEST_F(Source, AttachedWhilePublishingStartsAtOnce) {
  publishTo({"a"});
  attach(std::make_shared<ScriptedVideo>(true, 10), nullptr);
  world.loop.settle();
  ASSERT_EQ(video_source->starts, 1);
  for (int i = 0; i < 10; ++i) video_source->deliver();
  world.loop.runFor(1s);
  EXPECT_EQ(receivedBy(world.server("a")).video.size(), 11U);
}

TEST_F(Source, AnotherCameraGoesOnInTime) {
  world.server("a");
  publish({"a"}, std::make_shared<ScriptedVideo>(true, 100), nullptr);
  world.loop.runFor(1s);
  for (int i = 0; i < 10; ++i) video_source->deliver();
  const auto first = video_source;
  attach(std::make_shared<ScriptedVideo>(true, 100, 1000, 1'000'000ms), nullptr);
  world.loop.settle();
  EXPECT_EQ(first->stops, 1);
  ASSERT_EQ(video_source->starts, 1);
  for (int i = 0; i < 10; ++i) video_source->deliver();
  world.loop.runFor(1s);
  const Received received = receivedBy(world.server("a"));
  EXPECT_EQ(received.video_times[10], 360U);
  EXPECT_EQ(received.video_times.back(), 400U + 360U);
}

TEST_F(Source, FailuresAreTold) {
  world.server("a");
  publish({"a"}, std::make_shared<ScriptedVideo>(true, 100), std::make_shared<ScriptedAudio>(true, 100));
  world.loop.runFor(1s);
  video_source->sink->ended("the camera was unplugged");
  world.loop.settle();
  ASSERT_TRUE(find("NetStream.Source.Failed"));
  EXPECT_EQ(find("NetStream.Source.Failed")->description, "The camera was unplugged.");
  EXPECT_EQ(countOf("NetStream.Source.Complete"), 0U);
  audio_source->sink->ended("");
  world.loop.settle();
  EXPECT_EQ(countOf("NetStream.Source.Complete"), 1U);
}

TEST_F(Source, StopsWhenDetachedClosedOrLeft) {
  world.server("a");
  publish({"a"}, std::make_shared<ScriptedVideo>(true, 100), std::make_shared<ScriptedAudio>(true, 100));
  world.loop.runFor(1s);
  const std::shared_ptr<FrameSink> sink = video_source->sink;
  stream.attachVideo(nullptr);
  world.loop.settle();
  EXPECT_EQ(video_source->stops, 1);
  EXPECT_EQ(audio_source->stops, 0);
  connection.reset();
  world.loop.runFor(1s);
  EXPECT_EQ(audio_source->stops, 1);
  EXPECT_FALSE(sink->write(video(FrameKind::key, 0, 0ms)));
  EXPECT_FALSE(sink->full());
  sink->ended("");
}

}  // namespace
}  // namespace multiconn::test
