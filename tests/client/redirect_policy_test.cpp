#include "client/redirect_policy.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace multiconn::client {
namespace {

using testing::HasSubstr;

Target targetAt(const std::string& url) {
  return checkDestinations({{url}}, {}).front();
}

Hop once(const std::string& from, const std::string& to, const std::string& full = {}) {
  return RedirectPolicy(true).follow(targetAt(from), {to, full});
}

TEST(RedirectPolicy, ResolvesWhatIsRelative) {
  EXPECT_EQ(once("rtmp://a/live", "rtmp://b:1936/other").target->link.url.tcUrl(), "rtmp://b:1936/other");
  EXPECT_EQ(once("rtmp://a:1936/live", "/other").target->link.url.tcUrl(), "rtmp://a:1936/other");
  EXPECT_EQ(once("rtmps://a/live", "//b/other").target->link.url.tcUrl(), "rtmps://b/other");
}

TEST(RedirectPolicy, NeverGivesUpEncryption) {
  for (const char* from : {"rtmps://a/live", "rtmpe://a/live", "rtmpte://a/live"}) {
    const Hop hop = once(from, "rtmp://a/other");
    EXPECT_FALSE(hop.target) << from;
    EXPECT_THAT(hop.refusal, HasSubstr("encryption"));
  }
  EXPECT_FALSE(once("rtmps://a/live", "rtmpe://a/other").target);
  EXPECT_TRUE(once("rtmp://a/live", "rtmps://a/other").target);
  EXPECT_TRUE(once("rtmpe://a/live", "rtmps://a/other").target);
}

TEST(RedirectPolicy, RefusesWhatIsNoUrlOfOurs) {
  for (const char* to : {"http://b/live", "rtmp://", "rtmp://b:99999/live", "rtmp://b/li ve"})
    EXPECT_FALSE(once("rtmp://a/live", to).target) << to;
  const Hop hop = once("rtmp://a/live", "rtmp://b/live?" + std::string(100'000, 'x'));
  EXPECT_THAT(hop.refusal, HasSubstr("4096"));
  EXPECT_LT(hop.masked_url.size(), 100U);
}

TEST(RedirectPolicy, FollowsFiveInARowAndNoCircle) {
  RedirectPolicy policy(true);
  Target at = targetAt("rtmp://a/live");
  for (int i = 1; i <= 5; ++i) {
    Hop hop = policy.follow(at, {"rtmp://s" + std::to_string(i) + "/live", ""});
    ASSERT_TRUE(hop.target) << i;
    at = *hop.target;
  }
  EXPECT_THAT(policy.follow(at, {"rtmp://s6/live", ""}).refusal, HasSubstr("sixth"));

  RedirectPolicy circle(true);
  const Hop there = circle.follow(targetAt("rtmp://a/live"), {"rtmp://b/live", ""});
  EXPECT_THAT(circle.follow(*there.target, {"rtmp://A/live", ""}).refusal, HasSubstr("circle"));
  EXPECT_THAT(once("rtmp://a/live", "rtmp://a/live").refusal, HasSubstr("circle"));
}

TEST(RedirectPolicy, TakesTheStreamsNameOnlyFromTheServerThatIsLedTo) {
  EXPECT_EQ(once("rtmp://a/live", "rtmp://b/live", "rtmp://b/live/here?x=1").target->redirected_stream,
            "here?x=1");
  EXPECT_FALSE(once("rtmp://a/live", "rtmp://b/live", "rtmp://c/live/here").target->redirected_stream);
  EXPECT_FALSE(once("rtmp://a/live", "rtmp://b/live", "rtmp://b/other/here").target->redirected_stream);
  EXPECT_FALSE(once("rtmp://a/live", "rtmp://b/live", "nonsense").target->redirected_stream);
}

TEST(RedirectPolicy, IgnoresCredentialsThatComeWithIt) {
  const Hop hop = once("rtmp://me:mine@a/live", "rtmp://you:yours@b/live");
  EXPECT_EQ(hop.target->link.url.user, "");
  EXPECT_EQ(hop.target->link.url.password, "");
  EXPECT_EQ(hop.target->credentials->user, "me");
  EXPECT_EQ(hop.target->login_host, "a");
}

TEST(RedirectPolicy, MayBeTurnedOff) {
  const Hop hop = RedirectPolicy(false).follow(targetAt("rtmp://a/live"), {"rtmp://b/live?k=canary", ""});
  EXPECT_FALSE(hop.target);
  EXPECT_EQ(hop.masked_url, "rtmp://b/live?k=****");
  EXPECT_TRUE(hop.final);
  EXPECT_TRUE(RedirectPolicy(false).follow(targetAt("rtmp://a/live"), {"nonsense", ""}).final);
  EXPECT_FALSE(once("rtmp://a/live", "nonsense").final);
}

}  // namespace
}  // namespace multiconn::client
