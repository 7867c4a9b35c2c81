#include "rtmp/publisher_auth.hpp"

#include <gtest/gtest.h>

namespace multiconn::rtmp {
namespace {

using Scheme = AuthChallenge::Scheme;
using Step = AuthChallenge::Step;

const PublisherCredentials alice{"alice", "s3cret"};
constexpr auto nonce = "0badcafe";

TEST(AdobeAuth, Vectors) {
  EXPECT_EQ(adobeResponse(alice, "SALT1234", "OPQ==", nonce), "iMf+2ixcKI8hRwXVTrsCEg==");
  // The inner hash of this one is "ICbruj1yNoAtrODdBhFTSQ==", as a users.dat of Flash Media Server has it.
  EXPECT_EQ(adobeResponse({"user2020", "123456"}, "8wsAAA==", "", ""), "NWMIXZvBAcn2TiHMbQgTUw==");
}

TEST(LlnwAuth, Vector) {
  const PublisherCredentials acme{"acme", "go!acme"};
  const std::string response = "e872ade9fa6ad137cdae85d35700d5a6";
  EXPECT_EQ(llnwResponse(acme, "acme", "n0nce", nonce), response);
  EXPECT_EQ(llnwResponse(acme, "acme?a=b/c", "n0nce", nonce), response);
  EXPECT_EQ(llnwResponse(acme, "acme/_definst_", "n0nce", nonce), response);
  EXPECT_NE(llnwResponse(acme, "acme/other", "n0nce", nonce), response);
}

AuthChallenge challenge(std::string_view description) {
  const auto parsed = parseAuthChallenge(description);
  EXPECT_TRUE(parsed) << description;
  return parsed.value_or(AuthChallenge{});
}

TEST(AuthChallenge, Announced) {
  for (const auto* text : {"[ AccessManager.Reject ] : [ code=403 need auth; authmod=adobe ] : ",
                           "code=403 need auth; authmod=adobe"}) {
    EXPECT_EQ(challenge(text).scheme, Scheme::adobe);
    EXPECT_EQ(challenge(text).step, Step::announced);
  }
  EXPECT_EQ(challenge("code=403 need auth; authmod=llnw").scheme, Scheme::llnw);
}

TEST(AuthChallenge, Needed) {
  const AuthChallenge adobe = challenge(
      "[ AccessManager.Reject ] : [ authmod=adobe ] : "
      "?reason=needauth&user=alice&salt=SALT1234&challenge=CH==&opaque=OPQ==");
  EXPECT_EQ(adobe.step, Step::needed);
  EXPECT_EQ(adobe.salt, "SALT1234");
  EXPECT_EQ(adobe.challenge, "CH==");
  EXPECT_EQ(adobe.opaque, "OPQ==");
  EXPECT_TRUE(adobe.has_opaque);
  const AuthChallenge llnw = challenge("authmod=llnw :?reason=needauth&user=acme&nonce=n0nce ]");
  EXPECT_EQ(llnw.scheme, Scheme::llnw);
  EXPECT_EQ(llnw.step, Step::needed);
  EXPECT_EQ(llnw.nonce, "n0nce");
  EXPECT_FALSE(llnw.has_opaque);
}

TEST(AuthChallenge, Refused) {
  for (const auto* reason : {"authfailed", "authfail", "nosuchuser", "authfailed&opaque=x", ""}) {
    const std::string text = std::string("[ authmod=adobe ] : ?reason=") + reason;
    EXPECT_EQ(challenge(text).step, Step::refused) << reason;
    EXPECT_EQ(authParameters(challenge(text), alice, "live", nonce), "");
  }
}

TEST(AuthChallenge, OtherDescriptionsAreNone) {
  for (const auto* text : {"", "no", "[ Server.Reject ] : (_defaultRoot_) : Application (x) is not defined.",
                           "code=403 need auth; authmod=other", "authmod=adobe", "?reason=needauth&salt=a"})
    EXPECT_FALSE(parseAuthChallenge(text)) << text;
}

TEST(AuthChallenge, HostileOnes) {
  const AuthChallenge odd =
      challenge("authmod=adobe ?reason=needauth&&=&salt&salt==x&challenge=&challenge=a=b\r\nx");
  EXPECT_EQ(odd.salt, "=x");
  EXPECT_EQ(odd.challenge, "a=b");
  EXPECT_EQ(challenge("authmod=adobe reason=").step, Step::refused);
}

TEST(AuthParameters, AdobeInThreeSteps) {
  AuthChallenge step = challenge("code=403 need auth; authmod=adobe");
  EXPECT_EQ(authParameters(step, alice, "live", nonce), "?authmod=adobe&user=alice");
  EXPECT_EQ(authParameters(step, alice, "live?token=x", nonce), "&authmod=adobe&user=alice");
  step = challenge("authmod=adobe ?reason=needauth&user=alice&salt=SALT1234&challenge=C&opaque=OPQ==");
  EXPECT_EQ(authParameters(step, alice, "live", nonce),
            "?authmod=adobe&user=alice&challenge=0badcafe&response=iMf+2ixcKI8hRwXVTrsCEg==&opaque=OPQ==");
  step = challenge("authmod=adobe ?reason=needauth&user=alice&salt=SALT1234&challenge=OPQ==");
  EXPECT_EQ(authParameters(step, alice, "live", nonce),
            "?authmod=adobe&user=alice&challenge=0badcafe&response=iMf+2ixcKI8hRwXVTrsCEg==");
}

TEST(AuthParameters, Llnw) {
  const PublisherCredentials acme{"acme", "go!acme"};
  AuthChallenge step = challenge("code=403 need auth; authmod=llnw");
  EXPECT_EQ(authParameters(step, acme, "acme", nonce), "?authmod=llnw&user=acme");
  step = challenge("authmod=llnw ?reason=needauth&user=acme&nonce=n0nce");
  EXPECT_EQ(authParameters(step, acme, "acme", nonce),
            "?authmod=llnw&user=acme&nonce=n0nce&cnonce=0badcafe&nc=00000001"
            "&response=e872ade9fa6ad137cdae85d35700d5a6");
}

}  // namespace
}  // namespace multiconn::rtmp
