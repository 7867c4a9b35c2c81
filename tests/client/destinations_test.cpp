#include "client/destinations.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

namespace multiconn::client {
namespace {

using testing::HasSubstr;
using testing::Not;

std::vector<Target> check(const std::vector<Destination>& destinations, const TlsOptions& tls = {}) {
  return checkDestinations(destinations, tls);
}

TEST(Destinations, OneServerMayTakeTwoStreams) {
  const auto targets =
      check({{"rtmp://a/live", "one", {}}, {"rtmp://a/live", "two", {}}, {"rtmp://a:1935/live", "one", {}}});
  EXPECT_EQ(targets[0].error, "");
  EXPECT_EQ(targets[1].error, "");
  EXPECT_THAT(targets[2].error, HasSubstr("twice"));
}

TEST(Destinations, TlsIsTheDestinationsOwnOrTheDefault) {
  const TlsOptions fallback{"default.pem", false};
  const auto targets =
      check({{"rtmps://a/live", {}, {}}, {"rtmps://b/live", {}, TlsOptions{"", true}}}, fallback);
  EXPECT_EQ(targets[0].link.tls.ca_file, "default.pem");
  EXPECT_TRUE(targets[1].link.tls.insecure);
}

TEST(Destinations, ErrorsCarryNoSecrets) {
  for (const char* url : {"rtmp://user:canary@host:port/live?x=canary", "", "rtmp:///live?t=canary"}) {
    const Target target = check({{url, "canary", {}}}).front();
    EXPECT_FALSE(target.error.empty()) << url;
    EXPECT_THAT(target.error, Not(HasSubstr("canary"))) << url;
    EXPECT_THAT(target.masked_url, Not(HasSubstr("canary"))) << url;
  }
}

TEST(Destinations, FromPublishUrlSplitsOffTheStream) {
  const auto split = [](const char* url) {
    const Destination destination = Destination::fromPublishUrl(url);
    return destination.url + " | " + destination.stream.value_or("(none)");
  };
  EXPECT_EQ(split("rtmp://host/app/key"), "rtmp://host/app | key");
  EXPECT_EQ(split("rtmps://u:p%40@host:444/app/instance/key?a=b/c"),
            "rtmps://u:p%40@host:444/app/instance | key?a=b/c");
}

TEST(Destinations, FromPublishUrlThrowsOneSentenceWithoutSecrets) {
  for (const char* url : {"rtmp://host/canary", "canary", "rtmp://host:0/app/canary", "rtmp://host/app/"}) {
    try {
      Destination::fromPublishUrl(url);
      ADD_FAILURE() << url;
    } catch (const std::invalid_argument& error) {
      EXPECT_THAT(error.what(), Not(HasSubstr("canary")));
      EXPECT_NE(std::string(error.what()), "");
    }
  }
}

TEST(Destinations, MaskedUrlHidesTheStream) {
  EXPECT_EQ(maskedUrl("rtmp://host/app/canary", true), "rtmp://host/app/****");
  EXPECT_EQ(maskedUrl("rtmp://host/app?t=canary", false), "rtmp://host/app?t=****");
}

}  // namespace
}  // namespace multiconn::client
