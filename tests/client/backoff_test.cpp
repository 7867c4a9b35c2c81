#include "client/backoff.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

namespace multiconn::client {
namespace {

using namespace std::chrono_literals;
constexpr std::uint32_t longest_wait = 0, shortest_wait = std::numeric_limits<std::uint32_t>::max();

ReconnectOptions within(std::optional<std::uint32_t> attempts,
                        std::optional<std::chrono::milliseconds> time) {
  ReconnectOptions options;
  options.max_attempts = attempts;
  options.give_up_after = time;
  return options;
}

ReconnectOptions waits(std::chrono::milliseconds first, std::chrono::milliseconds longest) {
  ReconnectOptions options;
  options.first_delay = first;
  options.longest_delay = longest;
  return options;
}

struct Tries {
  explicit Tries(ReconnectOptions options = {}) : backoff(options) {}
  std::optional<std::chrono::milliseconds> next(std::uint32_t random = longest_wait) {
    const auto delay = backoff.delay(now, random);
    if (!delay) return delay;
    now += *delay;
    backoff.begin();
    return delay;
  }
  Backoff backoff;
  rtmp::TimePoint now{1h};
};

TEST(Backoff, DoublesUpToTheLongest) {
  Tries tries;
  std::vector<std::int64_t> delays;
  for (int i = 0; i < 9; ++i) delays.push_back(tries.next()->count());
  EXPECT_EQ(delays, (std::vector<std::int64_t>{250, 500, 1000, 2000, 4000, 8000, 15000, 15000, 15000}));
}

TEST(Backoff, IsShortenedByUpToHalf) {
  for (std::uint32_t random = 1000; random < shortest_wait - 40'000'000; random += 40'000'000) {
    Tries tries;
    for (const auto longest : {250ms, 500ms, 1000ms}) {
      const auto delay = *tries.next(random);
      EXPECT_LE(delay, longest);
      EXPECT_GE(delay, longest / 2);
    }
  }
  EXPECT_EQ(*Tries().next(shortest_wait), 125ms);
}

TEST(Backoff, StartsOverWhenHealthy) {
  Tries tries;
  for (int i = 0; i < 5; ++i) tries.next();
  EXPECT_EQ(tries.backoff.attempts(), 5U);
  tries.backoff.healthy();
  EXPECT_EQ(tries.backoff.attempts(), 0U);
  EXPECT_EQ(*tries.next(), 250ms);
}

TEST(Backoff, AskedAgainBeforeTheAttemptItStaysTheSame) {
  Tries tries;
  EXPECT_EQ(*tries.backoff.delay(tries.now, longest_wait), 250ms);
  EXPECT_EQ(*tries.backoff.delay(tries.now, longest_wait), 250ms);
}

TEST(Backoff, EndsAfterSoManyAttempts) {
  Tries tries(within(3, {}));
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(tries.next());
  EXPECT_FALSE(tries.next());
  tries.backoff.healthy();
  EXPECT_TRUE(tries.next());
  EXPECT_FALSE(Tries(within(0, {})).next());
}

TEST(Backoff, EndsAfterSomeTimeWithALastAttemptNearTheEnd) {
  Tries tries(within({}, 10s));
  const rtmp::TimePoint lost = tries.now;
  while (tries.next()) EXPECT_LE(tries.backoff.patience(tries.now, 30s), lost + 10s - tries.now);
  EXPECT_EQ(tries.now - lost, 9s);
  EXPECT_EQ(tries.backoff.patience(tries.now, 30s), 1s);
  EXPECT_EQ(tries.backoff.patience(tries.now + 1min, 30s), 0s);
}

TEST(Backoff, KeepsCountingForYears) {
  Tries tries;
  for (int i = 0; i < 100'000; ++i) ASSERT_LE(*tries.next(), 15s);
  Tries odd(waits(0ms, -5ms));
  for (int i = 0; i < 100; ++i) EXPECT_EQ(*odd.next(shortest_wait), 1ms);
  Tries never(waits(1h, std::chrono::milliseconds::max()));
  for (int i = 0; i < 100; ++i) EXPECT_GE(*never.backoff.delay(rtmp::TimePoint(), longest_wait), 1h);
}

}  // namespace
}  // namespace multiconn::client
