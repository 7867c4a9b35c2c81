#include "net/unsent_backlog.hpp"

#include <gtest/gtest.h>

namespace multiconn::net::test {
namespace {

using namespace std::chrono_literals;

/// A peer that takes `bytes_per_second` from a socket that is always full.
std::size_t backlogAt(std::size_t bytes_per_second, UnsentBacklog& backlog, TimePoint& now) {
  for (int i = 0; i < 20; ++i) {
    now += 10ms;
    backlog.wrote(bytes_per_second / 100, true, now);
  }
  return backlog.size();
}

TEST(UnsentBacklog, IsHalfASecondOfWhatThePeerTakes) {
  UnsentBacklog backlog;
  TimePoint now{};
  EXPECT_EQ(backlog.size(), 128u * 1024);
  EXPECT_EQ(backlogAt(1'000'000, backlog, now), 500'000u);
  EXPECT_EQ(backlogAt(100'000'000, backlog, now), UnsentBacklog::largest);
  EXPECT_EQ(backlogAt(0, backlog, now), UnsentBacklog::smallest);
}

TEST(UnsentBacklog, StaysSmallForASocketThatIsNeverFull) {
  UnsentBacklog backlog;
  TimePoint now{};
  for (int i = 0; i < 1000; ++i) EXPECT_FALSE(backlog.wrote(1'000'000, false, now += 1ms));
  EXPECT_FALSE(backlog.wrote(1'000'000, true, now += 1ms));  // the time before was not spent full
  EXPECT_EQ(backlog.size(), UnsentBacklog::smallest);
}

TEST(UnsentBacklog, DoesNotChangeForEveryWobble) {
  UnsentBacklog backlog;
  TimePoint now{};
  const std::size_t settled = backlogAt(2'000'000, backlog, now);
  EXPECT_EQ(backlogAt(2'200'000, backlog, now), settled);
  EXPECT_EQ(backlogAt(1'500'000, backlog, now), settled);
}

}  // namespace
}  // namespace multiconn::net::test
