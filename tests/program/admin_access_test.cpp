#include "program/admin_access.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

namespace multiconn::tools {
namespace {

using http::HttpRequest;
using http::HttpResponse;

TEST(RequireToken, LetsInWhoeverHasIt) {
  const auto handler = requireToken("0123456789abcdef", [](const HttpRequest&) { return HttpResponse{}; });
  const auto answer = [&](const std::string& authorization) {
    HttpRequest request;
    request.authorization = authorization;
    return handler(request);
  };
  EXPECT_EQ(answer("Bearer 0123456789abcdef").status, 200U);
  EXPECT_EQ(answer("bearer 0123456789abcdef").status, 200U);
  for (const char* const wrong : {"", "Bearer", "Bearer ", "Bearer 0123456789abcdeg",
                                  "Bearer 0123456789abcdef0", "Basic 0123456789abcdef", "0123456789abcdef"}) {
    const HttpResponse response = answer(wrong);
    EXPECT_EQ(response.status, 401U) << wrong;
    EXPECT_THAT(response.headers, testing::Contains(testing::Pair("WWW-Authenticate", "Bearer")));
    EXPECT_THAT(response.body, testing::Not(testing::HasSubstr("0123456789abcdef")));
  }
  EXPECT_THROW(requireToken("", handler), std::invalid_argument);
}

class RequireKnownHost : public testing::Test {
 protected:
  static unsigned statusOf(const std::string& token, const std::string& host, const std::string& given = {}) {
    HttpRequest request;
    request.host = host;
    if (!given.empty()) request.authorization = "Bearer " + given;
    return requireKnownHost({"admin.example.com"}, token,
                            [](const HttpRequest&) { return HttpResponse{}; })(request)
        .status;
  }
};

TEST_F(RequireKnownHost, TurnsAwayWhoeverComesByAnotherName) {
  EXPECT_EQ(statusOf("", "127.0.0.1:1936"), 200U);
  EXPECT_EQ(statusOf("", "admin.example.com"), 200U);
  EXPECT_EQ(statusOf("", "rebound.example.com:1936"), 421U);
}

TEST_F(RequireKnownHost, TheTokenOpensUnderEveryName) {
  const std::string token = "0123456789abcdef";
  EXPECT_EQ(statusOf(token, "localhost"), 200U);
  EXPECT_EQ(statusOf(token, "rebound.example.com"), 401U);
  EXPECT_EQ(statusOf(token, "rebound.example.com", "another token"), 401U);
  EXPECT_EQ(statusOf(token, "rebound.example.com", token), 200U);
}

}  // namespace
}  // namespace multiconn::tools
