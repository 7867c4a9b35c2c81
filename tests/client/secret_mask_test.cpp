#include "client/secret_mask.hpp"

#include <gtest/gtest.h>

#include "client/login.hpp"

namespace multiconn::client {
namespace {

TEST(SecretMask, HidesTheKeyAndItsParts) {
  SecretMask mask;
  mask.addWithQuery("live_123456?token=abcdef&v=1", true);
  EXPECT_EQ(mask.text("stream live_123456?token=abcdef&v=1 is taken"), "stream **** is taken");
  EXPECT_EQ(mask.text("app/live_123456 is taken"), "app/**** is taken");
  EXPECT_EQ(mask.text("xabcdefx"), "x****x");
}

TEST(SecretMask, ShortSecretsAreOnlyHiddenWhereTheyStandAlone) {
  SecretMask mask;
  mask.add("1");
  EXPECT_EQ(mask.text("code 101, stream 1."), "code 101, stream ****.");
}

TEST(SecretMask, AnApplicationsNameIsNoSecret) {
  SecretMask mask;
  mask.addWithQuery("live?secretvalue", false);
  EXPECT_EQ(mask.text("live secretvalue"), "live ****");
}

TEST(SecretMask, ReachesIntoValues) {
  SecretMask mask;
  mask.add("canary");
  const AmfValue value = AmfObject{{"details", "canary"}, {"list", AmfArray{1, "a canary"}}, {"n", 2}};
  const AmfValue expected = AmfObject{{"details", "****"}, {"list", AmfArray{1, "a ****"}}, {"n", 2}};
  EXPECT_EQ(mask.value(value), expected);
}

TEST(SecretMask, NothingToHideChangesNothing) {
  SecretMask mask;
  mask.add("");
  EXPECT_EQ(mask.text("text"), "text");
}

TEST(SecretMask, KeepsTheLastFewThatAServerTold) {
  SecretMask mask;
  mask.add("our-own-secret");
  for (int i = 0; i < 1000; ++i) mask.addFromServer("rtmp://a/b?k=secret-" + std::to_string(i) + "x", false);
  EXPECT_EQ(mask.text("our-own-secret, secret-999x, secret-940x"), "****, ****, ****");
  EXPECT_EQ(mask.text("secret-0x"), "secret-0x");
}

// A login has an answer of its own each time, and a server may be connected to for ever.
TEST(SecretMask, LogsInAgainAndAgainWithoutGrowing) {
  SecretMask mask;
  Login login;
  const auto challenge = [](int i) {
    return rtmp::parseAuthChallenge("[ authmod=adobe ] : ?reason=needauth&user=alice&salt=S&challenge=C" +
                                    std::to_string(i));
  };
  std::string parameters;
  for (int i = 0; i < 1000; ++i, login = Login()) {
    ASSERT_TRUE(challenge(i));
    parameters = login.next(*challenge(i), {"alice", "canary-pass"}, "live", "0badcafe", mask).parameters;
  }
  EXPECT_LE(mask.size(), 10U);
  const std::string response = parameters.substr(parameters.find("response="));
  EXPECT_EQ(mask.text(response).find(response.substr(9, 10)), std::string::npos);
}

TEST(SecretMask, IsTheSameHoweverOftenItIsTold) {
  SecretMask mask;
  for (int i = 0; i < 100; ++i) mask.addWithQuery("key?token=abc", true);
  EXPECT_EQ(mask.size(), 3U);
}

}  // namespace
}  // namespace multiconn::client
