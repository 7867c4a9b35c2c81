#include "balancer/http_request.hpp"

#include <gmock/gmock.h>

namespace multiconn::balancer {
namespace {

using Result = HttpParse::Result;
constexpr std::size_t limit = 1024;

unsigned statusOf(std::string_view bytes) {
  const HttpParse parse = parseHttpRequest(bytes, limit);
  return parse.result == Result::refused ? parse.status : 0;
}

TEST(HttpRequest, IsTakenFromTheFrontOfWhatHasCome) {
  const std::string first = "GET /loadbalancer?a=b HTTP/1.1\r\nHost: x\r\n\r\n";
  const std::string bytes = first + "GET / HTTP/1.1\r\n";
  const HttpParse parse = parseHttpRequest(bytes, limit);
  ASSERT_EQ(parse.result, Result::complete);
  EXPECT_EQ(parse.request.method, "GET");
  EXPECT_EQ(parse.request.target, "/loadbalancer?a=b");
  EXPECT_TRUE(parse.request.keep_alive);
  EXPECT_EQ(parse.consumed, first.size());
}

TEST(HttpRequest, IsIncompleteUntilTheEmptyLine) {
  const std::string whole = "HEAD / HTTP/1.0\r\nA: b\r\n\r\n";
  for (std::size_t size = 1; size < whole.size(); ++size) {
    EXPECT_EQ(parseHttpRequest(whole.substr(0, size), limit).result, Result::incomplete) << size;
  }
  EXPECT_EQ(parseHttpRequest(whole, limit).result, Result::complete);
}

TEST(HttpRequest, TellsWhetherTheConnectionStays) {
  const auto stays = [](const char* text) { return parseHttpRequest(text, limit).request.keep_alive; };
  EXPECT_TRUE(stays("GET / HTTP/1.1\r\n\r\n"));
  EXPECT_FALSE(stays("GET / HTTP/1.1\r\nConnection: close\r\n\r\n"));
  EXPECT_FALSE(stays("GET / HTTP/1.0\r\n\r\n"));
  EXPECT_TRUE(stays("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
}

TEST(HttpRequest, RefusesWhatIsTooLongOrNoRequest) {
  EXPECT_EQ(statusOf("GET /" + std::string(limit, 'x')), 414u);
  EXPECT_EQ(statusOf("GET / HTTP/1.1\r\nA: " + std::string(limit, 'x')), 431u);
  EXPECT_EQ(statusOf("POST /loadbalancer HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello"), 413u);
  EXPECT_EQ(statusOf("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"), 413u);
  EXPECT_EQ(statusOf("GET / HTTP/1.1\r\nContent-Length: 5\r\n\r\n"), 413u);
  for (const char* const text :
       {"GARBAGE\r\n\r\n", "GET\r\n\r\n", "GET / RTMP/1.0\r\n\r\n", "G\x01T / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nno colon\r\n\r\n", "GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n"}) {
    EXPECT_EQ(statusOf(text), 400u) << text;
  }
}

TEST(HttpRequest, ResponsesAreComplete) {
  HttpReply reply;
  reply.plain(404, "no\n");
  reply.fields = "X: y\r\n";
  std::string out = "before";
  appendResponse(out, reply, "DATE", false, true);
  EXPECT_EQ(out,
            "beforeHTTP/1.1 404 Not Found\r\nServer: multiconn-balancer\r\nDate: DATE\r\n"
            "Content-Type: text/plain; charset=utf-8\r\nContent-Length: 3\r\nConnection: keep-alive\r\n"
            "Cache-Control: no-store\r\nX: y\r\n\r\nno\n");
  out.clear();
  appendResponse(out, reply, "DATE", true, false);
  EXPECT_THAT(out, testing::HasSubstr("Content-Length: 3\r\nConnection: close\r\n"));
  EXPECT_TRUE(out.ends_with("\r\n\r\n"));
}

}  // namespace
}  // namespace multiconn::balancer
