// Hours of a broadcast whose servers go and come back in turn: all have the same frames, and each of them at
// its own time to the millisecond.
#include "resume_fixture.hpp"

namespace multiconn::test {
namespace {

constexpr std::chrono::microseconds first_dts = 1h;
// Half a millisecond is left over by every second one.
constexpr std::chrono::microseconds interval = 1'000'500us;
constexpr std::chrono::microseconds sound_behind = 7ms;
constexpr std::uint32_t per_round = 600;  // ten minutes
constexpr std::uint32_t rounds = 28;
constexpr std::uint32_t beyond_24_bits = 1U << 24U;

class ResumeAlignment : public ResumeStream {
 protected:
  /// In the middle of it `away` is away for 4 s.
  void playRound(std::uint32_t round, const std::string& away) {
    for (std::uint32_t i = 0; i < per_round; ++i) {
      if (i == per_round / 2) goAway(away);
      if (i == per_round / 2 + 4) comeBack(away);
      const std::uint32_t number = round * per_round + i;
      const std::chrono::microseconds dts = first_dts + number * interval;
      stream.writeVideo(video(number % 5 == 0 ? FrameKind::key : FrameKind::inter, number, dts));
      stream.writeAudio(audio(number, dts + sound_behind));
      world.loop.runFor(1s);
    }
  }
  static std::uint32_t roundedMs(std::chrono::microseconds time) {
    return static_cast<std::uint32_t>((time.count() + 500) / 1000);
  }
  /// By the number that it carries.
  static std::uint32_t expectedTime(const rtmp::Bytes& body) {
    constexpr std::byte aac{0xAF};
    const bool sound = body[0] == aac;
    const std::uint32_t number = rtmp::ByteReader(rtmp::BytesView(body).subspan(sound ? 3 : 10)).u32();
    return roundedMs(number * interval + (sound ? sound_behind : 0us));
  }
  void expectRound(std::uint32_t round) {
    const std::set<Frame> all = everything("a");
    ASSERT_EQ(all.size(), 2 * per_round) << round;
    for (const auto& [timestamp, body] : all) ASSERT_EQ(timestamp, expectedTime(body));
    ASSERT_EQ(everything("b"), all) << round;
    ASSERT_EQ(everything("c"), all) << round;
    newest = all.rbegin()->first;
    for (const char* host : {"a", "b", "c"}) forget(host);
  }
  /// Hours of it would be much.
  void forget(const std::string& host) {
    SimulatedServer& server = world.server(host);
    for (Publication& each : server.publications) each.media.clear();
    server.media.clear();
    server.arrivals.clear();
  }

  std::uint32_t newest = 0;
};

TEST_F(ResumeAlignment, EveryServerHasEveryFrameAtItsTimeForHours) {
  publishTo({"a", "b", "c"});
  begin();
  for (std::uint32_t round = 0; round < rounds; ++round) {
    playRound(round, std::vector<std::string>{"a", "b", "c"}[round % 3]);
    ASSERT_NO_FATAL_FAILURE(expectRound(round));
  }
  EXPECT_GT(newest, beyond_24_bits);
  std::uint32_t reconnected = 0;
  for (const ServerStats& server : connection->stats()) {
    reconnected += server.reconnects;
    EXPECT_EQ(server.frames_dropped, 0U);
    EXPECT_EQ(server.state, ServerState::publishing);
  }
  EXPECT_EQ(reconnected, rounds);
}

}  // namespace
}  // namespace multiconn::test
