// What a frame costs in allocations and in tasks does not depend on how many servers it goes to.
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <memory>
#include <vector>

#include <multiconn/asio.hpp>
#include <multiconn/multiconn.hpp>

#include "client/local_server.hpp"
#include "net/counted_allocations.hpp"
#include "support/media_frames.hpp"

namespace multiconn::test {
namespace {

using namespace std::chrono_literals;
using net::test::allocationCountHere;

/// A broadcast on this thread, to servers on others.
class Broadcasting {
 public:
  explicit Broadcasting(std::size_t count) : servers_(count) {
    std::vector<Destination> destinations;
    for (auto& server : servers_) {
      server = std::make_unique<LocalServer>();
      destinations.push_back({server->url()});
    }
    stream_.onStatus([this](const Status& status) {
      if (status.code == "NetStream.Publish.Start") ++started_;
    });
    stream_.publish("key");
    connection_.connect(std::move(destinations));
    until([&] { return started_ == servers_.size(); });
    stream_.writeVideo(videoConfig());
    stream_.writeAudio(audioConfig());
  }

  /// Allocations of this thread over so many pictures, each with sound.
  std::size_t allocationsOf(std::uint32_t frames) {
    const std::size_t before = allocationCountHere();
    for (std::uint32_t i = 0; i < frames; ++i) {
      write();
      context_.poll();
    }
    const std::size_t count = allocationCountHere() - before;
    until([&] { return arrived(); });
    return count;
  }

  /// Tasks of one picture and its sound.
  std::size_t tasksOfTwoFrames() {
    while (context_.poll() > 0) {
    }
    write();
    const std::size_t count = context_.poll();
    until([&] { return arrived(); });
    return count;
  }

 private:
  void write() {
    const bool key = frame_ % 30 == 0;
    const auto dts = 33ms * frame_;
    stream_.writeVideo(video(key ? FrameKind::key : FrameKind::inter, frame_, dts, key ? 200'000 : 2000));
    stream_.writeAudio(audio(frame_, dts));
    ++frame_;
  }
  bool arrived() const {
    for (const auto& server : servers_)
      if (server->pictures() < frame_ + 1) return false;
    return true;
  }
  template <typename Condition>
  void until(Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (!condition() && std::chrono::steady_clock::now() < deadline) context_.run_for(1ms);
    EXPECT_TRUE(condition());
  }

  boost::asio::io_context context_;
  Runtime runtime_ = makeRuntime(context_);
  std::vector<std::unique_ptr<LocalServer>> servers_;
  MultiConnection connection_{runtime_};
  NetStream stream_ = connection_.setNetStreams();
  std::size_t started_ = 0;
  std::uint32_t frame_ = 0;
};

constexpr std::uint32_t frames = 30;  // one of them a keyframe of 200 KB

// The least of several runs: some meet the figures that are collected ten times a second.
std::size_t leastAllocations(std::size_t servers) {
  constexpr int runs = 20;
  Broadcasting broadcasting(servers);
  broadcasting.allocationsOf(100);  // buffers take their size
  std::size_t least = SIZE_MAX;
  for (int run = 0; run < runs; ++run) least = std::min(least, broadcasting.allocationsOf(frames));
  return least;
}

TEST(BroadcastAllocations, DoNotGrowWithTheNumberOfServers) {
  constexpr std::size_t servers = 16;
  // On a slow machine every run meets some figures. One allocation for each frame and further server would be
  // twice as many.
  constexpr std::size_t figures = frames * (servers - 1) / 2;
  EXPECT_LE(leastAllocations(servers), leastAllocations(1) + figures);
}

// The least again: a picture may meet the timers.
std::size_t leastTasks(std::size_t servers) {
  constexpr int pictures = 60;
  Broadcasting broadcasting(servers);
  std::size_t least = SIZE_MAX;
  for (int i = 0; i < pictures; ++i) least = std::min(least, broadcasting.tasksOfTwoFrames());
  return least;
}

TEST(BroadcastTasks, AreOneForFramesThatComeTogetherHoweverManyServers) {
  EXPECT_EQ(leastTasks(1), 1);
  EXPECT_EQ(leastTasks(16), 1);
}

}  // namespace
}  // namespace multiconn::test
