#include "http/known_host.hpp"

#include <gtest/gtest.h>

namespace multiconn::http {
namespace {

TEST(KnownHost, IsAnAddressLocalhostOrAName) {
  const std::vector<std::string> names{"admin.example.com"};
  for (const char* const host :
       {"", "127.0.0.1", "127.0.0.1:1936", "10.0.0.5:80", "[::1]", "[::1]:1936", "[2001:db8::1]:80",
        "localhost", "LocalHost:1936", "admin.example.com", "Admin.Example.com:8080"}) {
    EXPECT_TRUE(isKnownHost(host, names)) << host;
  }
  for (const char* const host :
       {"rebound.example.com", "rebound.example.com:1936", "localhost.example.com", "127.0.0.1.example.com",
        "example.com", "[localhost.example.com]", "[", " ", "admin.example.com.evil.example"}) {
    EXPECT_FALSE(isKnownHost(host, names)) << host;
  }
  EXPECT_FALSE(isKnownHost(std::string_view("localhost\0.evil", 15), names));
}

TEST(RequireKnownHost, TurnsAwayWhoeverComesByAnotherName) {
  const auto handler = requireKnownHost(
      {"status.example.com"}, [](const HttpRequest&) { return HttpResponse{}; }, misdirected("Not here."));
  const auto answer = [&](const char* host) {
    HttpRequest request;
    request.host = host;
    return handler(request);
  };
  EXPECT_EQ(answer("127.0.0.1:8080").status, 200U);
  EXPECT_EQ(answer("status.example.com:8080").status, 200U);
  EXPECT_EQ(answer("rebound.example.com:8080").status, 421U);
  EXPECT_EQ(answer("rebound.example.com:8080").body, "Not here.\n");
}

}  // namespace
}  // namespace multiconn::http
