#include "balancer/rtmp_options.hpp"

#include <gtest/gtest.h>

namespace multiconn::balancer {
namespace {

TEST(RtmpOptions, ServeEveryApplicationUnlessSomeAreNamed) {
  RtmpOptions options;
  EXPECT_TRUE(options.serves("live"));
  options.applications["stage"];
  EXPECT_FALSE(options.serves("live"));
  EXPECT_TRUE(options.serves("stage"));
  options.applications[""];
  EXPECT_TRUE(options.serves("live"));
}

TEST(RtmpOptions, CommonValuesFillWhatAnApplicationLeavesOpen) {
  RtmpOptions options;
  options.applications[""].port = 1936;
  options.applications[""].app = "live";
  options.applications["stage"].app = "play";
  EXPECT_EQ(options.redirectOf("stage").app, "play");
  EXPECT_EQ(options.redirectOf("stage").port, 1936);
  EXPECT_EQ(options.redirectOf("other").app, "live");
  EXPECT_EQ(options.redirectOf("other").scheme, std::nullopt);
}

}  // namespace
}  // namespace multiconn::balancer
