#include "agent/http/http_client.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <thread>

#include "agent/local_thread.hpp"
#include "agent/tcp_server.hpp"
#include "support/error_of.hpp"

namespace multiconn::tools {
namespace {

using namespace std::chrono_literals;
using test::errorOf;
using test::TcpServer;
using testing::HasSubstr;

/// One answer to one connection, byte by byte as given.
class OneAnswer {
 public:
  explicit OneAnswer(std::string answer)
      : thread_([this, answer = std::move(answer)] {
          const net::Socket socket = server_.accept();
          std::array<char, 4096> request{};
          ::recv(socket.descriptor(), request.data(), request.size(), 0);
          for (const char byte : answer) ::send(socket.descriptor(), &byte, 1, MSG_NOSIGNAL);
        }) {}
  ~OneAnswer() { thread_.join(); }
  HttpUrl url() const { return {"127.0.0.1", server_.port(), "/", {}}; }

 private:
  TcpServer server_;
  std::thread thread_;
};

TEST(HttpUrl, IsTakenApart) {
  const HttpUrl url = parseHttpUrl("http://user:pass@[::1]:8080/stat?x=1");
  EXPECT_EQ(url.host, "::1");
  EXPECT_EQ(url.port, 8080);
  EXPECT_EQ(url.target, "/stat?x=1");
  EXPECT_EQ(url.authorization, "Basic dXNlcjpwYXNz");
  EXPECT_EQ(url.origin(), "http://[::1]:8080");
  EXPECT_EQ(url.shown(), "http://[::1]:8080/stat");
  EXPECT_EQ(parseHttpUrl("http://example.com").target, "/");
  EXPECT_EQ(parseHttpUrl("http://example.com").origin(), "http://example.com");
}

TEST(HttpUrl, RefusesOthersWithoutRepeatingThem) {
  for (const char* text :
       {"", "https://host/", "http://", "host:80", "http://user:secret@ho st/", "http://h:99999/"}) {
    const std::string failure = errorOf([&] { parseHttpUrl(text); });
    EXPECT_THAT(failure, HasSubstr("http://host[:port]")) << text;
    EXPECT_THAT(failure, testing::Not(HasSubstr("secret")));
  }
}

TEST(HttpExchange, AsksAndIsAnswered) {
  const test::LocalWeb web([](const http::HttpRequest& request) {
    return http::HttpResponse{
        201,
        "text/plain",
        request.method + " " + request.path + "?" + request.query + " " + request.authorization,
        {}};
  });
  HttpAsk ask;
  ask.method = "POST";
  ask.authorization = "Bearer x";
  const HttpReply reply = httpExchange(parseHttpUrl(web.url("/a?b=c")), ask);
  EXPECT_EQ(reply.status, 201U);
  EXPECT_EQ(reply.body, "POST /a?b=c Bearer x");
}

TEST(HttpExchange, TakesEveryFormOfAnAnswersEnd) {
  for (const char* text :
       {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n",
        "HTTP/1.0 200 OK\r\n\r\nhello"}) {
    const OneAnswer server(text);
    EXPECT_EQ(httpExchange(server.url(), {}).body, "hello") << text;
  }
}

TEST(HttpExchange, RefusesHalfAnswersAndNonsense) {
  for (const char* text :
       {"", "HTTP/1.1 200 OK\r\nContent-Le", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello",
        "220 mail.example.com\r\n\r\n"}) {
    const OneAnswer server(text);
    EXPECT_THAT(errorOf([&] { httpExchange(server.url(), {}); }), HasSubstr("http://127.0.0.1")) << text;
  }
}

TEST(HttpExchange, HasABoundForBodies) {
  const OneAnswer server("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n");
  HttpAsk ask;
  ask.max_body = 10;
  EXPECT_NE(errorOf([&] { httpExchange(server.url(), ask); }), "");
}

TEST(HttpExchange, DoesNotWaitLongerThanAsked) {
  const TcpServer mute;
  HttpAsk ask;
  ask.timeout = 50ms;
  EXPECT_THAT(errorOf([&] {
                httpExchange({"127.0.0.1", mute.port(), "/", {}}, ask);
              }),
              HasSubstr("within 50 ms"));
}

TEST(HttpExchange, CanBeInterrupted) {
  const TcpServer mute;
  Interrupt interrupt;
  std::thread other([&] {
    const net::Socket taken = mute.accept();
    interrupt.raise();
  });
  HttpAsk ask;
  ask.timeout = 1min;
  EXPECT_THAT(errorOf([&] {
                httpExchange({"127.0.0.1", mute.port(), "/", {}}, ask, &interrupt);
              }),
              HasSubstr("not waited for"));
  other.join();
}

TEST(HttpExchange, SaysWhoCannotBeReached) {
  std::uint16_t port = 0;
  {
    const TcpServer gone;
    port = gone.port();
  }
  EXPECT_THAT(errorOf([&] {
                httpExchange({"127.0.0.1", port, "/", {}}, {});
              }),
              HasSubstr("cannot be reached"));
  EXPECT_THAT(errorOf([&] {
                httpExchange({"nobody.invalid", 80, "/", {}}, {});
              }),
              HasSubstr("nobody.invalid"));
}

}  // namespace
}  // namespace multiconn::tools
