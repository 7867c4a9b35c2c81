#include "client/secret_mask.hpp"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace multiconn::client
