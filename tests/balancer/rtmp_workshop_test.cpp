#include <gtest/gtest.h>

#include "balancer/rtmp_workshop.hpp"

namespace multiconn::balancer {
namespace {

TEST(EdgeFailureLog, OneLineForEachEdgeAndNotAgainForAWhile) {
  EdgeFailureLog log;
  net::TimePoint now{std::chrono::hours(1)};
  EXPECT_EQ(log.line("a", "connection refused", now), "clients cannot be carried to a: connection refused");
  for (int i = 0; i < 5; ++i)
    EXPECT_EQ(log.line("a", "connection refused", now += std::chrono::seconds(1)), "");
  EXPECT_EQ(log.line("b", "no handshake", now), "clients cannot be carried to b: no handshake");
  now += EdgeFailureLog::period;
  EXPECT_EQ(log.line("a", "timed out", now),
            "clients cannot be carried to a: timed out (and 5 times before)");
}

TEST(PathText, IsTheSameHoweverAnIpv4AddressIsWritten) {
  const auto text = [](const char* from, const char* to) {
    return pathText(*net::Address::numeric(from, 40000), *net::Address::numeric(to, 1935));
  };
  EXPECT_EQ(text("127.0.0.1", "127.0.0.2"), "127.0.0.1 40000 127.0.0.2 1935");
  EXPECT_EQ(text("::ffff:127.0.0.1", "::ffff:127.0.0.2"), "127.0.0.1 40000 127.0.0.2 1935");
  EXPECT_EQ(text("::1", "::1"), "::1 40000 ::1 1935");
  // The kernel gives one port to connections to different servers.
  EXPECT_NE(text("127.0.0.1", "127.0.0.2"), text("127.0.0.1", "127.0.0.3"));
}

}  // namespace
}  // namespace multiconn::balancer
