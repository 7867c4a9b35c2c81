// What the ways to the servers carry, and an encoder that goes by it.
#include "client/bandwidth_estimate.hpp"
#include "client/bandwidth_watch.hpp"
#include "client_test.hpp"

namespace multiconn::test {
namespace {

using client::BandwidthEstimate;
using client::BandwidthSample;
using client::BandwidthWatch;

constexpr double full = 750'000;  // bytes a second: 6 Mbit/s

/// A way that carries `capacity` bytes a second of what is offered, and an encoder.
class Way {
 public:
  void run(net::Duration time, double offered, double capacity) {
    for (net::Duration passed{}; passed < time; passed += 100ms) {
      now += 100ms;
      sample.offered += static_cast<std::uint64_t>(offered / 10);
      const std::uint64_t queued = sample.offered - sample.acknowledged;
      const std::uint64_t taken = std::min(queued, static_cast<std::uint64_t>(capacity / 10));
      sample.acknowledged += taken;
      sample.waiting = static_cast<std::size_t>(queued - taken);
      sample.age = std::chrono::milliseconds(1000 * (queued - taken) / std::uint64_t{750'000});
      sample.now = now;
      estimate.sample(sample);
    }
  }
  double bytesPerSecond() const { return static_cast<double>(estimate.bitsPerSecond().value_or(0)) / 8; }

  net::TimePoint now{1h};
  BandwidthSample sample;
  BandwidthEstimate estimate;
};

TEST(BandwidthEstimate, KnowsNothingAtFirst) {
  EXPECT_FALSE(BandwidthEstimate().bitsPerSecond());
}

TEST(BandwidthEstimate, IsWhatIsSentWhileNothingWaits) {
  Way way;
  way.run(3s, full, 10 * full);
  EXPECT_NEAR(way.bytesPerSecond(), full, 0.05 * full);
  EXPECT_FALSE(way.estimate.congested());
  EXPECT_FALSE(way.estimate.narrow());
}

TEST(BandwidthEstimate, IsWhatTheKernelHasSeenWhileNothingWaits) {
  Way way;
  way.sample.delivery_rate = 5 * static_cast<std::uint64_t>(full);
  way.run(3s, full, 10 * full);
  EXPECT_NEAR(way.bytesPerSecond(), 5 * full, full);
}

TEST(BandwidthEstimate, IsWhatIsAcknowledgedWhileFramesWait) {
  Way way;
  way.run(3s, full, 10 * full);
  way.sample.delivery_rate = 100 * static_cast<std::uint64_t>(full);  // of a proxy's buffers
  way.run(2s, full, full / 2);
  EXPECT_TRUE(way.estimate.congested());
  EXPECT_TRUE(way.estimate.narrow());
  EXPECT_NEAR(way.bytesPerSecond(), full / 2, 0.05 * full);
}

TEST(BandwidthEstimate, IsZeroWhereNothingIsTaken) {
  Way way;
  way.run(3s, full, 10 * full);
  way.run(3s, full, 0);
  EXPECT_TRUE(way.estimate.congested());
  EXPECT_EQ(way.bytesPerSecond(), 0);
}

TEST(BandwidthEstimate, AFrameThatWaitsIsNoCongestion) {
  Way way;
  way.run(3s, full, 10 * full);
  way.run(200ms, full, 0);
  way.run(1s, full, 10 * full);
  EXPECT_FALSE(way.estimate.narrow());
}

TEST(BandwidthEstimate, StaysAndThenGrowsWhileLessIsSent) {
  Way way;
  way.run(3s, full, 10 * full);
  way.run(2s, full, full / 2);
  way.run(5s, 0.2 * full, full / 2);
  EXPECT_FALSE(way.estimate.congested());
  EXPECT_TRUE(way.estimate.narrow());
  EXPECT_NEAR(way.bytesPerSecond(), full / 2, 0.05 * full);
  way.run(5s, 0.2 * full, full / 2);
  EXPECT_GT(way.bytesPerSecond(), 0.6 * full);
}

TEST(BandwidthEstimate, IsFreeOnceItHasGrownBeyondWhatWasWanted) {
  Way way;
  way.run(3s, full, 10 * full);
  way.run(2s, full, full / 2);
  way.run(25s, full / 5, 10 * full);
  EXPECT_FALSE(way.estimate.narrow());
  EXPECT_NEAR(way.bytesPerSecond(), full / 5, 0.05 * full) << "what it has shown";
}

TEST(BandwidthEstimate, BeginsAnewWithAnotherConnection) {
  Way way;
  way.run(3s, full, 10 * full);
  way.sample = {};
  way.run(3s, full / 2, 10 * full);
  EXPECT_NEAR(way.bytesPerSecond(), full / 2, 0.05 * full);
}

TEST(BandwidthEstimate, DoesNotGrowWhileNobodyLooks) {
  Way way;
  way.run(3s, full, 10 * full);
  way.run(2s, full, full / 2);
  way.run(5s, 0.2 * full, full / 2);
  way.now += 1h;
  way.run(1s, 0.2 * full, full / 2);
  EXPECT_LT(way.bytesPerSecond(), full);
  EXPECT_GT(way.bytesPerSecond(), 0.4 * full);
}

class Watch : public testing::Test {
 protected:
  std::optional<Bandwidth> report(std::vector<BandwidthWatch::Server> servers) {
    return watch.report(servers);
  }
  static BandwidthWatch::Server server(std::uint32_t id, std::uint64_t bits, bool congested, bool narrow) {
    return {ServerId{id}, bits, congested, narrow};
  }
  BandwidthWatch watch;
};

TEST_F(Watch, IsDueOnceASecond) {
  const net::TimePoint now{1h};
  EXPECT_TRUE(watch.due(now));
  EXPECT_FALSE(watch.due(now + 900ms));
  EXPECT_TRUE(watch.due(now + 1s));
}

TEST_F(Watch, SaysNothingWhileAllKeepUp) {
  EXPECT_FALSE(report({server(0, 1000, false, false), server(1, 2000, false, false)}));
  EXPECT_FALSE(report({server(0, 5000, false, false)}));
}

TEST_F(Watch, TellsTheWeakestAndWhatIsSent) {
  const net::TimePoint now{1h};
  watch.due(now);
  watch.sent(500);
  watch.due(now + 1s);
  const auto told = report({server(0, 1000, true, true), server(1, 800, false, true),
                            server(2, 500, false, false), server(3, 0, true, true)});
  ASSERT_TRUE(told);
  EXPECT_EQ(told->weakest, 800U);
  EXPECT_EQ(told->broadcast, 4000U);
  ASSERT_EQ(told->servers.size(), 4U);
  EXPECT_TRUE(told->servers[0].congested);
  EXPECT_FALSE(told->servers[1].congested);
}

TEST_F(Watch, TellsChangesOfMoreThanATenth) {
  EXPECT_TRUE(report({server(0, 1000, true, true)}));
  EXPECT_FALSE(report({server(0, 1090, true, true)}));
  EXPECT_TRUE(report({server(0, 1110, true, true)}));
  EXPECT_TRUE(report({server(0, 1110, false, true)}));
  EXPECT_TRUE(report({server(0, 1110, false, false)}));
  EXPECT_FALSE(report({server(0, 5000, false, false)}));
}

/// An application whose encoder keeps four fifths of the weakest way.
class Encoder : public ClientTest {
 protected:
  static constexpr std::size_t frames_per_second = 25;

  void begin() {
    make();
    stream.onBandwidth([this](const Bandwidth& told) {
      bandwidth = told;
      ++calls;
    });
    publishTo({"good", "narrow"});
    stream.writeVideo(videoConfig());
    stream.writeAudio(audioConfig());
  }
  void run(std::chrono::seconds time) {
    for (const auto end = world.loop.now() + time; world.loop.now() < end; ++frame) {
      const double most = full / frames_per_second;
      const double now = bandwidth.weakest ? 0.8 * static_cast<double>(*bandwidth.weakest) / 8 : full;
      size = std::min(most, now / frames_per_second);
      writeFrame(frame, frame % 25 == 0 ? FrameKind::key : FrameKind::inter, static_cast<std::size_t>(size));
      world.loop.runFor(40ms);
    }
  }
  void carry(double bytes_per_second) {
    world.server("narrow").script.bytes_per_second = static_cast<std::size_t>(bytes_per_second);
  }
  std::uint64_t dropped() const { return connection->stats()[1].frames_dropped; }

  Bandwidth bandwidth;
  int calls = 0;
  std::uint32_t frame = 0;
  double size = 0;  // of a frame
};

TEST_F(Encoder, IsToldNothingWhileAllKeepUp) {
  begin();
  run(5s);
  EXPECT_EQ(calls, 0);
  EXPECT_NEAR(static_cast<double>(connection->stats()[1].bandwidth.value_or(0)), 8 * full, 0.1 * 8 * full);
}

TEST_F(Encoder, FindsTheRateThatANarrowWayCarries) {
  begin();
  run(5s);
  carry(full / 2);
  run(6s);
  const std::uint64_t dropped_at_first = dropped();
  double sum = 0;
  for (int second = 0; second < 60; ++second) {
    run(1s);
    sum += size * frames_per_second;
  }
  EXPECT_EQ(dropped(), dropped_at_first) << "trying whether there is more room costs no frame";
  EXPECT_GT(sum / 60, 0.35 * full);
  EXPECT_EQ(connection->stats()[0].frames_dropped, 0U);
  EXPECT_LE(calls, 72);
}

TEST_F(Encoder, IsBackAtItsFullRateWhenTheWayIsWideAgain) {
  begin();
  run(5s);
  carry(full / 2);
  run(20s);
  EXPECT_LT(size * frames_per_second, 0.7 * full);
  carry(0);
  run(30s);
  EXPECT_FALSE(bandwidth.weakest);
  EXPECT_GT(size * frames_per_second, 0.99 * full);
}

TEST_F(Encoder, IsNotHeldDownByAServerThatHangs) {
  begin();
  run(5s);
  world.server("narrow").stopReading();
  run(10s);
  EXPECT_FALSE(bandwidth.weakest);
}

// The queue's age is what keeps a live broadcast live.
TEST_F(Encoder, NoFrameOlderThanTheBoundAndAGroupIsSentAfterACongestion) {
  begin();
  carry(full / 3);
  for (int second = 0; second < 20; ++second) {
    bandwidth = {};  // the encoder does not care
    run(1s);
    EXPECT_LE(connection->stats()[1].queue_age, 2s + 1s);
  }
  EXPECT_GT(dropped(), 0U);
}

}  // namespace
}  // namespace multiconn::test
