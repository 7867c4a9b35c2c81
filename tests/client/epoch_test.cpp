// Timestamps::epoch: publishers that are started apart give a frame the same timestamp.
#include "client_test.hpp"

namespace multiconn::test {
namespace {

/// Two publishing machines, one server each.
class Epoch : public ClientTest {
 protected:
  struct Machine {
    explicit Machine(Runtime& runtime) : connection(runtime, options()) {}
    static ConnectOptions options() {
      ConnectOptions options;
      options.timestamps = Timestamps::epoch;
      return options;
    }
    MultiConnection connection;
    NetStream stream;
  };
  std::unique_ptr<Machine> startMachine(const std::string& host) {
    world.server(host);
    auto machine = std::make_unique<Machine>(runtime);
    machine->stream = machine->connection.setNetStreams();
    machine->stream.publish("key");
    machine->connection.connect({at(host)});
    world.loop.runFor(100ms);
    return machine;
  }
  static void begin(Machine& machine) {
    machine.stream.writeVideo(videoConfig());
    machine.stream.writeAudio(audioConfig());
  }
  /// One feed, to every machine.
  void feed(const std::vector<Machine*>& machines, std::uint32_t from, std::uint32_t count) {
    for (std::uint32_t i = from; i < from + count; ++i) {
      for (Machine* machine : machines) {
        machine->stream.writeVideo(
            video(i % 25 == 0 ? FrameKind::key : FrameKind::inter, i, base + 33'367us * i));
        machine->stream.writeAudio(audio(i, base + 5ms + 21'333us * i));
      }
      world.loop.runFor(33ms);
    }
  }
  std::map<rtmp::Bytes, std::uint32_t> times(const std::string& host) {
    std::map<rtmp::Bytes, std::uint32_t> all;
    const Received received = receivedBy(world.server(host));
    for (std::size_t i = 1; i < received.video.size(); ++i) all[received.video[i]] = received.video_times[i];
    for (std::size_t i = 1; i < received.audio.size(); ++i) all[received.audio[i]] = received.audio_times[i];
    return all;
  }
  static constexpr std::chrono::microseconds base{1'700'000'000'123'456};
};

TEST_F(Epoch, TwoMachinesStartedApartAgree) {
  const auto one = startMachine("one");
  begin(*one);
  feed({one.get()}, 0, 100);
  const auto two = startMachine("two");
  begin(*two);
  feed({one.get(), two.get()}, 100, 200);
  const auto first = times("one"), second = times("two");
  EXPECT_EQ(first.size(), 600U);
  EXPECT_EQ(second.size(), 400U);
  for (const auto& [body, time] : second) {
    ASSERT_TRUE(first.contains(body));
    EXPECT_EQ(first.at(body), time);
  }
  const std::uint32_t expected = static_cast<std::uint32_t>(1'700'000'000'123);
  EXPECT_EQ(receivedBy(world.server("one")).video_times[1], expected) << "the frame's own time";
}

TEST_F(Epoch, MetadataAndTimeAreOfTheBroadcast) {
  const auto one = startMachine("one");
  one->stream.metadata({{"title", "x"}});
  begin(*one);
  feed({one.get()}, 0, 31);
  const rtmp::Message& metadata = world.server("one").media.front();
  EXPECT_TRUE(std::holds_alternative<rtmp::Data>(metadata.body));
  EXPECT_EQ(metadata.timestamp, static_cast<std::uint32_t>(1'700'000'000'123));
  EXPECT_EQ(one->stream.time(), 1001ms);
  one->stream.send("cue");
  world.loop.runFor(100ms);
  EXPECT_EQ(world.server("one").media.back().timestamp, static_cast<std::uint32_t>(1'700'000'001'124));
}

TEST_F(Epoch, DataBeforeTheFirstFrameHasItsTime) {
  const auto one = startMachine("one");
  one->stream.send("early", {"cue"});
  world.loop.runFor(5s);
  EXPECT_TRUE(world.server("one").media.empty()) << "nobody knows yet what time it is";
  begin(*one);
  feed({one.get()}, 0, 2);
  world.loop.runFor(100ms);
  std::size_t data = 0;
  for (const rtmp::Message& message : world.server("one").media) {
    data += std::holds_alternative<rtmp::Data>(message.body) ? 1U : 0U;
    EXPECT_GE(message.timestamp, static_cast<std::uint32_t>(1'700'000'000'123));
  }
  EXPECT_EQ(data, 2U) << "metadata and the cue";
}

TEST_F(Epoch, DataWithoutFramesGoesOutAtTheEnd) {
  const auto one = startMachine("one");
  one->stream.send("lonely");
  bool finished = false;
  one->stream.finish([&] { finished = true; });
  world.loop.runFor(1s);
  EXPECT_TRUE(finished);
  ASSERT_EQ(world.server("one").publications.size(), 1U);
  EXPECT_EQ(world.server("one").publications[0].media.size(), 1U);
}

}  // namespace
}  // namespace multiconn::test
