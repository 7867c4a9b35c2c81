#include "client/progress.hpp"

#include <gtest/gtest.h>

namespace multiconn::client {
namespace {

using namespace std::chrono_literals;

constexpr rtmp::TimePoint start(1h);

net::LinkStats stood(std::uint64_t sent, std::size_t unacknowledged) {
  net::LinkStats figures;
  figures.bytes_sent = sent;
  figures.unacknowledged = unacknowledged;
  return figures;
}

TEST(Progress, IsWhatTheServerAcknowledges) {
  Progress progress;
  progress.restart(start);
  EXPECT_EQ(progress.without(start + 1s, stood(100, 40), 0), 0s);
  EXPECT_EQ(progress.without(start + 2s, stood(120, 60), 5), 1s) << "more was sent, and no more taken";
  EXPECT_EQ(progress.without(start + 3s, stood(120, 59), 5), 0s);
  EXPECT_EQ(progress.without(start + 9s, stood(120, 0), 0), 0s) << "there is nothing to take";
}

// The kernel may count bytes that nobody gave to it: they are no progress.
TEST(Progress, IsNoneWhereTheKernelHasMoreThanWasSent) {
  Progress progress;
  progress.restart(start);
  EXPECT_EQ(progress.without(start + 1s, stood(100, 101), 1), 1s);
  EXPECT_EQ(progress.without(start + 2s, stood(100, 130), 1), 2s);
}

}  // namespace
}  // namespace multiconn::client
