#include "client/destinations.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "client_test.hpp"
#include "destination_pairs.hpp"

namespace multiconn::client {
namespace {

using namespace std::chrono_literals;
using test::at;
using testing::HasSubstr;
using testing::Not;
using testing::UnorderedElementsAre;

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

bool secondIsRefused(const test::UrlPair& urls) {
  const auto targets =
      check({Destination::fromPublishUrl(urls.one), Destination::fromPublishUrl(urls.other)});
  EXPECT_EQ(targets[0].error, "");
  EXPECT_EQ(targets[1].error, targets[1].error.empty() ? "" : "The same destination is in the list twice.");
  return !targets[1].error.empty();
}

bool areOnePlace(const test::UrlPair& urls) {
  const auto one = Destination::fromPublishUrl(urls.one), other = Destination::fromPublishUrl(urls.other);
  EXPECT_EQ(samePlace(one, other), samePlace(other, one));
  return samePlace(one, other);
}

TEST(Destinations, OnePlaceHasManySpellings) {
  for (const auto& urls : test::same_places) {
    EXPECT_TRUE(areOnePlace(urls)) << urls.other;
    EXPECT_TRUE(secondIsRefused(urls)) << urls.other;
  }
  for (const auto& urls : test::different_places) {
    EXPECT_FALSE(areOnePlace(urls)) << urls.other;
    EXPECT_FALSE(secondIsRefused(urls)) << urls.other;
  }
}

TEST(Destinations, WithoutAStreamHaveThatOfPublish) {
  EXPECT_TRUE(samePlace(at("a"), at("a")));
  EXPECT_TRUE(samePlace(at("a"), at("a", "key"), "key"));
  EXPECT_TRUE(samePlace(at("a", "key"), at("a"), "key"));
  EXPECT_FALSE(samePlace(at("a"), at("a", "key")));
  EXPECT_FALSE(samePlace(at("a"), at("a", "key"), "other"));
}

TEST(Destinations, ThatLeadNowhereKnownAreNoPlace) {
  for (const char* url : {"rtmp://h:0/live", "h/live", "", "http://h/loadbalancer"})
    EXPECT_FALSE(samePlace(Destination{url}, Destination{url})) << url;
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

class SameDestination : public test::ClientTest {
 protected:
  /// Ids of the servers that could not be connected to.
  std::vector<unsigned> failed() const {
    std::vector<unsigned> ids;
    for (const Status& status : statuses)
      if (status.code == "NetConnection.Connect.Failed") ids.push_back(static_cast<unsigned>(*status.server));
    return ids;
  }
};

TEST_F(SameDestination, ByTheNameOfPublish) {
  world.server("a");
  make();
  stream.publish("key");
  connect({at("a"), at("a", "key"), at("a", "other")});
  world.loop.runFor(1s);
  EXPECT_THAT(failed(), UnorderedElementsAre(1U));
  EXPECT_THAT(world.server("a").published, UnorderedElementsAre("key live", "other live"));
}

TEST_F(SameDestination, ByTheNameOfPublishWhenItIsAdded) {
  publishTo({"a"});
  connection->add(at("a", "key"));
  connection->add(at("a", "other"));
  world.loop.runFor(1s);
  EXPECT_THAT(failed(), UnorderedElementsAre(1U));
  EXPECT_THAT(world.server("a").published, UnorderedElementsAre("key live", "other live"));
}

TEST_F(SameDestination, ByTheNameOfPublishWhenABalancerNamesIt) {
  world.web.serve("b", [](const net::HttpUrl&, int) { return test::jsonServers({"a", "free"}); });
  for (const char* host : {"a", "free"}) world.server(host);
  Destination balanced{"http://b/loadbalancer", "key"};
  balanced.servers.app = "live";
  make();
  stream.publish("key");
  connect({at("a"), balanced});
  world.loop.runFor(1s);
  EXPECT_THAT(failed(), UnorderedElementsAre());
  for (const char* host : {"a", "free"})
    EXPECT_THAT(world.server(host).published, UnorderedElementsAre("key live")) << host;
}

}  // namespace
}  // namespace multiconn::client
