#include "program/admin_access.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <stdexcept>

#include "support/error_of.hpp"
#include "support/temporary_folder.hpp"

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

class ReadAdmin : public testing::Test {
 protected:
  AdminListener read(const std::string& at, const std::string& token_file = {},
                     std::vector<std::string> names = {}) {
    const auto warn = [this](const std::string& sentence) { warnings_ += sentence; };
    return readAdmin({at, token_file, std::move(names)}, warn).value();
  }
  std::string refusal(const AdminLine& line) {
    return test::errorOf([&] { readAdmin(line, [](const std::string&) {}); });
  }

  const test::TemporaryFolder folder_;
  const std::string token_ = folder_.write("admin.token", "0123456789abcdef\n");
  std::string warnings_;
};

TEST_F(ReadAdmin, IsOnLoopbackUnlessTold) {
  EXPECT_FALSE(readAdmin({}, [](const std::string&) {}));
  for (const char* const local : {"1936", ":1936", "127.0.0.1:1936", "127.9.9.9:1936", "[::1]:1936"}) {
    EXPECT_TRUE(read(local).loopback()) << local;
    EXPECT_EQ(read(local).at.port, 1936) << local;
  }
  EXPECT_EQ(read("1936").at.host, "127.0.0.1");
  EXPECT_EQ(read(":1936").at.host, "127.0.0.1");
}

TEST_F(ReadAdmin, NeedsATokenEverywhereElse) {
  for (const char* const at :
       {"*:1936", "0.0.0.0:1936", "192.0.2.7:1936", "[::]:1936", "[2001:db8::1]:1936"}) {
    EXPECT_THAT(refusal({at, {}, {}}), testing::HasSubstr("not loopback, needs --admin-token-file")) << at;
    const AdminListener admin = read(at, token_, {"a.example", "b.example"});
    EXPECT_FALSE(admin.loopback()) << at;
    EXPECT_EQ(admin.token, "0123456789abcdef");
    EXPECT_THAT(admin.names, testing::ElementsAre("a.example", "b.example"));
  }
  EXPECT_THAT(refusal({"*:1936", {}, {}}), testing::HasSubstr("every address"));
  EXPECT_EQ(read("*:1936", token_).at.host, "") << "every address, also where there is no IPv6";
  EXPECT_EQ(warnings_, "");
}

TEST_F(ReadAdmin, RefusesWhatCannotBeMeant) {
  EXPECT_THAT(refusal({{}, token_, {}}), testing::HasSubstr("--admin, which is missing"));
  EXPECT_THAT(refusal({{}, {}, {"a.example"}}), testing::HasSubstr("--admin, which is missing"));
  EXPECT_THAT(refusal({"host.example:1936", {}, {}}), testing::HasSubstr("--admin: "));
  EXPECT_THAT(refusal({"127.0.0.1", {}, {}}), testing::HasSubstr("--admin: "));
  EXPECT_THAT(refusal({"0", "/nowhere/token", {}}), testing::HasSubstr("/nowhere/token"));
}

TEST_F(ReadAdmin, WarnsWhenOthersMayReadTheToken) {
  std::filesystem::permissions(token_, std::filesystem::perms::others_read,
                               std::filesystem::perm_options::add);
  EXPECT_TRUE(read("0", token_).loopback());
  EXPECT_THAT(warnings_, testing::HasSubstr("admin.token holds a token and may be read by everybody"));
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
