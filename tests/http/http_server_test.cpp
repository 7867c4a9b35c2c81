#include "http/http_server.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <chrono>
#include <stdexcept>
#include <system_error>

#include "support/loop.hpp"
#include "support/sockets.hpp"

namespace multiconn::http {
namespace {

using net::Socket;
using net::test::Loop;
using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

MATCHER_P(HasStatus, status, "") {
  return std::string(arg).substr(0, 13) == "HTTP/1." + std::string(arg).substr(7, 1) + " " + status + " ";
}

class HttpServerTest : public testing::Test {
 protected:
  Socket dial() {
    const auto address = *net::Address::numeric("127.0.0.1", server_->port());
    Socket socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    EXPECT_EQ(::connect(socket.descriptor(), address.data(), address.size()), 0);
    ::fcntl(socket.descriptor(), F_SETFL, O_NONBLOCK);
    return socket;
  }
  /// Reads until `enough` says so or the peer has ended.
  std::string read(const Socket& socket, const std::function<bool(const std::string&)>& enough) {
    std::string text;
    for (bool ended = false; !ended && !enough(text);) {
      if (!step()) break;
      ended = net::test::atEnd(socket);
      text += net::test::receiveText(socket);
    }
    return text;
  }
  /// Runs the server for a moment. False when the test has taken too long.
  bool step() {
    loop_.runFor(std::chrono::milliseconds(1));
    return std::chrono::steady_clock::now() < deadline_;
  }
  std::string ask(const std::string& request) {
    const Socket socket = dial();
    net::test::sendText(socket, request);
    return read(socket, [](const std::string&) { return false; });
  }
  std::string get(const std::string& target, const std::string& headers = "") {
    return ask("GET " + target + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + headers + "\r\n");
  }
  void serve(HttpServer::Handler handler) {
    server_ = std::make_unique<HttpServer>(loop_.scheduler(), "127.0.0.1", 0, std::move(handler));
  }
  static HttpResponse echo(const HttpRequest& request) {
    HttpResponse response;
    response.body = request.method + "|" + request.path + "|" + request.query + "|" + request.authorization +
                    "|" + request.origin + "|" + request.body;
    return response;
  }

  Loop loop_;
  std::unique_ptr<HttpServer> server_;
  std::chrono::steady_clock::time_point deadline_ =
      std::chrono::steady_clock::now() + std::chrono::seconds(9);
};

TEST_F(HttpServerTest, HandsOverWhatWasAsked) {
  serve(echo);
  EXPECT_THAT(
      get("/metrics?a=%20b?c", "Authorization: Bearer x\r\nOrigin: http://o\r\n"),
      AllOf(StartsWith("HTTP/1.1 200 OK\r\n"), HasSubstr("Content-Type: text/plain; charset=utf-8\r\n"),
            HasSubstr("Cache-Control: no-store\r\n"), EndsWith("GET|/metrics|a=%20b?c|Bearer x|http://o|")));
  EXPECT_THAT(ask("POST /pause HTTP/1.0\r\nContent-Length: 4\r\n\r\nedge"), EndsWith("POST|/pause||||edge"));
  EXPECT_THAT(ask("POST /pause HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
                  "2\r\ned\r\n2\r\nge\r\n0\r\n\r\n"),
              EndsWith("POST|/pause||||edge"));
}

TEST_F(HttpServerTest, AnswersAsTheHandlerSays) {
  serve([](const HttpRequest&) {
    return HttpResponse{
        302, "text/html", "<p>", {{"Location", "/x"}, {"Content-Security-Policy", "default-src 'self'"}}};
  });
  EXPECT_THAT(get("/"), AllOf(StartsWith("HTTP/1.1 302 Found\r\n"), HasSubstr("Location: /x\r\n"),
                              HasSubstr("Content-Security-Policy: default-src 'self'\r\n"),
                              Not(HasSubstr("default-src 'none'")), EndsWith("\r\n\r\n<p>")));
}

TEST_F(HttpServerTest, LeavesTheBodyOfHeadOut) {
  serve(echo);
  EXPECT_THAT(ask("HEAD /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
              AllOf(HasSubstr("Content-Length: 11\r\n"), EndsWith("\r\n\r\n")));
}

TEST_F(HttpServerTest, KeepsAConnection) {
  serve(echo);
  const Socket socket = dial();
  for (const std::string path : {"/one", "/two", "/three"}) {
    net::test::sendText(socket, "GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n");
    const std::string end = "GET|" + path + "|||" + "|";
    EXPECT_THAT(read(socket, [&](const std::string& text) { return text.ends_with(end); }), EndsWith(end));
  }
  net::test::sendText(socket, "GET /a HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\n\r\n");
  EXPECT_THAT(read(socket, [](const std::string& text) { return text.ends_with("GET|/b||||"); }),
              HasSubstr("GET|/a||||"));
}

TEST_F(HttpServerTest, RefusesWhatItDoesNotAnswer) {
  serve(echo);
  EXPECT_THAT(ask("DELETE /x HTTP/1.0\r\n\r\n"),
              AllOf(HasStatus("405"), HasSubstr("Allow: GET, HEAD, POST")));
  EXPECT_THAT(ask("GET http://other/x HTTP/1.0\r\n\r\n"), HasStatus("400"));
  EXPECT_THAT(ask("garbage\r\n\r\n"), HasStatus("400"));
  EXPECT_THAT(ask(std::string("\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", 11)), HasStatus("400"));
}

TEST_F(HttpServerTest, BoundsRequests) {
  serve(echo);
  EXPECT_THAT(get("/" + std::string(9000, 'a')), HasStatus("431"));
  EXPECT_THAT(get("/", "X: " + std::string(9000, 'a') + "\r\n"), HasStatus("431"));
  EXPECT_THAT(ask("POST / HTTP/1.0\r\nContent-Length: 65537\r\n\r\n"), HasStatus("413"));
  EXPECT_THAT(ask("POST / HTTP/1.0\r\nContent-Length: 65536\r\n\r\n" + std::string(65536, 'b')),
              HasStatus("200"));
}

TEST_F(HttpServerTest, SurvivesARequestLineOfAMegabyte) {
  serve(echo);
  const std::string line = "GET /" + std::string(1024 * 1024, 'a');
  const Socket socket = dial();
  std::size_t sent = 0;
  std::string answer;
  while (!answer.ends_with("8 KiB.\n") && step()) {
    const ssize_t count = ::send(socket.descriptor(), line.data() + sent, line.size() - sent, MSG_NOSIGNAL);
    if (count > 0) sent += static_cast<std::size_t>(count);
    answer += net::test::receiveText(socket);
  }
  EXPECT_THAT(answer, HasStatus("431"));
  EXPECT_THAT(get("/still"), EndsWith("GET|/still||||"));
}

TEST_F(HttpServerTest, TurnsAnExceptionIntoAnError) {
  serve([](const HttpRequest&) -> HttpResponse { throw std::runtime_error("the secret is x"); });
  EXPECT_THAT(get("/"), AllOf(HasStatus("500"), Not(HasSubstr("secret"))));
}

TEST_F(HttpServerTest, IdleConnectionsKeepNobodyOut) {
  serve(echo);
  std::vector<Socket> idle;
  for (int i = 0; i < 64; ++i) idle.push_back(dial());
  // The first has been served meanwhile, so that the second waits longest.
  net::test::sendText(idle[0], "GET /first HTTP/1.1\r\nHost: x\r\n\r\n");
  read(idle[0], [](const std::string& text) { return text.ends_with("GET|/first||||"); });
  for (int i = 0; i < 10; ++i) {
    net::test::sendText(idle[63], "GET /half");
    EXPECT_THAT(get("/" + std::to_string(i)), HasStatus("200"));
  }
  std::size_t closed = 0;
  for (std::size_t i = 1; i < idle.size(); ++i) {
    if (!net::test::atEnd(idle[i])) continue;
    ++closed;
    EXPECT_EQ(i, closed) << "in the order in which they became idle";
  }
  EXPECT_GE(closed, 1U);
  EXPECT_LE(closed, 10U);
  EXPECT_FALSE(net::test::atEnd(idle[0]));
  net::test::sendText(idle[0], "GET /again HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(read(idle[0], [](const std::string& text) { return text.ends_with("GET|/again||||"); }),
              HasStatus("200"));
}

TEST_F(HttpServerTest, ClosesItsConnectionsWhenItEnds) {
  serve(echo);
  const Socket socket = dial();
  net::test::sendText(socket, "GET / HTTP/1.1\r\n");
  step();
  server_.reset();
  EXPECT_EQ(read(socket, [](const std::string&) { return false; }), "");
  EXPECT_TRUE(net::test::atEnd(socket));
}

TEST_F(HttpServerTest, MayBeEndedByItsOwnHandler) {
  serve([this](const HttpRequest&) {
    server_.reset();
    return HttpResponse{};
  });
  EXPECT_EQ(get("/"), "");
}

TEST_F(HttpServerTest, SaysWhatItCannotListenOn) {
  serve(echo);
  EXPECT_THROW(HttpServer(loop_.scheduler(), "127.0.0.1", server_->port(), echo), std::system_error);
}

}  // namespace
}  // namespace multiconn::http
