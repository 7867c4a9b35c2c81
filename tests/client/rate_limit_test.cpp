#include "client/rate_limit.hpp"

#include <gtest/gtest.h>

namespace multiconn::client {
namespace {

using namespace std::chrono_literals;

TEST(RateLimit, TakesSoManyInASecondAndCountsTheOthers) {
  RateLimit limit(3);
  rtmp::TimePoint now = rtmp::TimePoint(1h);
  EXPECT_FALSE(limit.report(now));
  int taken = 0;
  for (int i = 0; i < 10; ++i) taken += limit.take(now) ? 1 : 0;
  EXPECT_EQ(taken, 3);
  EXPECT_EQ(limit.report(now), 7U);
  EXPECT_FALSE(limit.report(now)) << "told once";
  EXPECT_FALSE(limit.take(now + 999ms));
  EXPECT_FALSE(limit.report(now + 999ms)) << "once a second";
  EXPECT_TRUE(limit.take(now + 1s));
  EXPECT_EQ(limit.report(now + 1s), 1U);
}

}  // namespace
}  // namespace multiconn::client
