// Many servers that come back together take turns, so that what is live waits no longer than a turn takes.
#include <algorithm>

#include "resume_fixture.hpp"

namespace multiconn::test {
namespace {

constexpr std::size_t picture = 100'000;
constexpr std::size_t turn = 1024 * 1024;

class ResumeTurns : public ResumeStream {
 protected:
  ResumeTurns() {
    for (int i = 0; i < 16; ++i) bad.push_back("bad" + std::to_string(i));
    std::vector<std::string> hosts = bad;
    hosts.emplace_back("good");
    // Kernels that take everything at once: nothing but the turns is in anybody's way.
    for (const std::string& host : hosts) world.server(host, {.kernel_bytes = 1U << 30U});
    publishTo(hosts);
    begin();
    play(0, 50, 25, picture);
  }
  bool allAreBack() {
    return std::all_of(bad.begin(), bad.end(),
                       [this](const auto& host) { return world.server(host).publications.size() == 2; });
  }
  /// All are away for 3 s, and then back at one moment.
  void awayAndBack() {
    for (const std::string& host : bad) goAway(host);
    play(50, 75, 25, picture);
    for (const std::string& host : bad) comeBack(host);
    for (std::uint32_t i = 0; !allAreBack(); ++i) {
      ASSERT_LT(i, 5000U);
      if (i % 40 == 0) writeFrame(125 + i / 40, FrameKind::inter, picture);
      world.loop.runFor(1ms);
    }
    ASSERT_TRUE(world.loop.runUntil([this] { return countOf("NetStream.Publish.Resumed") == bad.size(); }));
    world.loop.settle();
  }
  /// When something came to a server, and how much, behind what it was begun with: each server's beginning is
  /// an event of its own.
  std::map<net::TimePoint, std::size_t> turnsOf(const std::string& host) {
    const SimulatedServer& server = world.server(host);
    std::map<net::TimePoint, std::size_t> turns;
    for (std::size_t i = 0; i < server.media.size(); ++i)
      if (server.arrivals[i] > *server.publish_started) turns[server.arrivals[i]] += sizeOf(server.media[i]);
    return turns;
  }
  static std::size_t sizeOf(const rtmp::Message& message) {
    if (const auto* const sound = std::get_if<rtmp::Audio>(&message.body)) return sound->body->size();
    const auto* const shown = std::get_if<rtmp::Video>(&message.body);
    return shown ? shown->body->size() : 0;
  }

  std::vector<std::string> bad;
};

TEST_F(ResumeTurns, NoMomentIsLongerThanOne) {
  ASSERT_NO_FATAL_FAILURE(awayAndBack());
  std::map<net::TimePoint, std::size_t> all;
  for (const std::string& host : bad)
    for (const auto& [moment, bytes] : turnsOf(host)) all[moment] += bytes;
  ASSERT_GT(all.size(), 24U) << "16 servers are more than 1.5 MB behind what they begin with";
  for (const auto& [moment, bytes] : all) EXPECT_LT(bytes, turn + 2 * picture) << "the last may go over it";
  const std::set<Frame> good = everything("good");
  for (const std::string& host : bad) EXPECT_EQ(everything(host).size(), good.size()) << host;
}

TEST_F(ResumeTurns, WhoeverHadNoneIsTheNext) {
  ASSERT_NO_FATAL_FAILURE(awayAndBack());
  net::TimePoint all_had_one{};
  for (const std::string& host : bad) {
    const auto turns = turnsOf(host);
    ASSERT_FALSE(turns.empty()) << host;
    all_had_one = std::max(all_had_one, turns.begin()->first);
  }
  for (const std::string& host : bad) {
    const auto turns = turnsOf(host);
    EXPECT_LE(std::distance(turns.begin(), turns.upper_bound(all_had_one)), 2) << host;
  }
}

}  // namespace
}  // namespace multiconn::test
