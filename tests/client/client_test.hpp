#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <multiconn/multiconn.hpp>

#include "support/counted_link.hpp"
#include "support/media_frames.hpp"
#include "support/simulated_engine.hpp"

namespace multiconn::test {

using namespace std::chrono_literals;

inline Destination at(const std::string& host, std::optional<std::string> stream = {}) {
  Destination destination;
  destination.url = "rtmp://" + host + "/live";
  destination.stream = std::move(stream);
  return destination;
}

/// Counts the links that are alive.
class CountedEngine final : public Runtime::Engine {
 public:
  CountedEngine(std::unique_ptr<Runtime::Engine> engine, int& live)
      : engine_(std::move(engine)), live_(live) {}
  std::shared_ptr<net::Scheduler> makeScheduler() override { return engine_->makeScheduler(); }
  std::unique_ptr<net::Link> makeLink(net::Scheduler& scheduler, net::LinkTarget target) override {
    return std::make_unique<CountedLink>(engine_->makeLink(scheduler, std::move(target)), live_);
  }
  std::unique_ptr<net::Fetch> fetch(net::Scheduler& scheduler, net::FetchRequest request,
                                    std::function<void(net::FetchResult)> done) override {
    return engine_->fetch(scheduler, std::move(request), std::move(done));
  }
  std::uint32_t random() override { return engine_->random(); }

 private:
  std::unique_ptr<Runtime::Engine> engine_;
  int& live_;
};

/// A MultiConnection in a simulated world, with everything it says written down.
class ClientTest : public testing::Test {
 protected:
  ClientTest()
      : runtime(std::make_unique<CountedEngine>(world.makeEngine(), live_links)), start(world.loop.now()) {}

  void make(ConnectOptions options = {}) {
    options.reconnect.enabled = reconnects;
    connection.emplace(runtime, std::move(options));
    connection->onStatus([this](const Status& status) { statuses.push_back(status); });
    stream = connection->setNetStreams();
    stream.onStatus([this](const Status& status) { stream_statuses.push_back(status); });
  }
  void connect(std::vector<Destination> destinations) {
    connection->connect(std::move(destinations), [this](SetupOutcome answer) {
      EXPECT_FALSE(outcome) << "answered twice";
      outcome = std::move(answer);
      answered_after = elapsed();
    });
  }
  std::chrono::milliseconds elapsed() const {
    return std::chrono::duration_cast<std::chrono::milliseconds>(world.loop.now() - start);
  }
  /// Connects and publishes to good servers of these names, and waits for all.
  void publishTo(const std::vector<std::string>& hosts) {
    std::vector<Destination> destinations;
    for (const std::string& host : hosts) {
      world.server(host);
      destinations.push_back(at(host));
    }
    if (!connection) make();
    stream.publish("key");
    connect(std::move(destinations));
    ASSERT_TRUE(world.loop.runUntil([&] { return countOf("NetStream.Publish.Start") == hosts.size(); }, 2s));
  }
  /// An app with its own encoder: configuration records, then `frames` pictures at 25 a second with a
  /// keyframe each `gop`, and audio beside them.
  void writeFrames(std::uint32_t frames, std::uint32_t gop = 25, std::size_t size = 64) {
    stream.writeVideo(videoConfig());
    stream.writeAudio(audioConfig());
    for (std::uint32_t i = 0; i < frames; ++i)
      writeFrame(i, i % gop == 0 ? FrameKind::key : FrameKind::inter, size);
  }
  void writeFrame(std::uint32_t number, FrameKind kind, std::size_t size = 64) {
    const auto dts = std::chrono::milliseconds(40) * number;
    stream.writeVideo(video(kind, number, dts, size));
    stream.writeAudio(audio(number, dts));
  }

  static std::vector<std::string> codes(const std::vector<Status>& list,
                                        std::optional<std::size_t> server = {}) {
    std::vector<std::string> codes;
    for (const Status& status : list)
      if (!server || (status.server && static_cast<std::size_t>(*status.server) == *server))
        codes.push_back(status.code);
    return codes;
  }
  std::size_t countOf(const std::string& code) const {
    std::size_t count = 0;
    for (const auto* list : {&statuses, &stream_statuses})
      for (const Status& status : *list) count += status.code == code ? 1U : 0U;
    return count;
  }
  const Status* find(const std::string& code) const {
    for (const auto* list : {&statuses, &stream_statuses})
      for (const Status& status : *list)
        if (status.code == code) return &status;
    return nullptr;
  }

  bool reconnects = false;  ///< ConnectOptions::reconnect.enabled
  int live_links = 0;
  SimulatedWorld world;
  Runtime runtime;
  net::TimePoint start;
  std::vector<Status> statuses, stream_statuses;
  std::optional<SetupOutcome> outcome;
  std::chrono::milliseconds answered_after{};
  std::optional<MultiConnection> connection;
  NetStream stream;
};

/// Bodies of the audio and video messages, configuration records included, in order.
struct Received {
  std::vector<rtmp::Bytes> audio, video;
  std::vector<std::uint32_t> audio_times, video_times;
};

inline Received receivedBy(const SimulatedServer& server) {
  Received received;
  for (const rtmp::Message& message : server.media) {
    if (const auto* sound = std::get_if<rtmp::Audio>(&message.body)) {
      received.audio.push_back(*sound->body);
      received.audio_times.push_back(message.timestamp);
    }
    if (const auto* picture = std::get_if<rtmp::Video>(&message.body)) {
      received.video.push_back(*picture->body);
      received.video_times.push_back(message.timestamp);
    }
  }
  return received;
}

}  // namespace multiconn::test
