#include "balancer/http_door.hpp"

#include <gmock/gmock.h>

#include "balancer/client.hpp"
#include "balancer/client_port.hpp"
#include "balancer/ready_set.hpp"

namespace multiconn::balancer {
namespace {

using std::chrono::milliseconds;
using test::bodyOf;
using test::Client;
using test::responsesIn;
using test::statusOf;
using testing::HasSubstr;
using testing::StartsWith;

HttpLimits shortLimits() {
  HttpLimits limits;
  limits.request_timeout = limits.idle_timeout = milliseconds(100);
  return limits;
}

class HttpDoorTest : public testing::Test {
 protected:
  /// Each answer's body is the target, or as many bytes as /bytes/N says.
  void open(HttpLimits limits = {}) {
    door = std::make_unique<HttpDoor>(
        loop.scheduler(), ready, limits,
        [](const HttpRequestView& request, const std::string& client, balance::TimePoint, HttpReply& reply) {
          reply.plain(200, request.target);
          if (request.target.starts_with("/bytes/"))
            reply.body.assign(std::stoul(std::string(request.target.substr(7))), 'x');
          if (request.target == "/client") reply.body = client;
        });
    port = std::make_unique<ClientPort>(loop.scheduler(), ready, *net::Address::numeric("127.0.0.1", 0),
                                        ClientPort::Doors{*door});
  }
  Client client() { return Client(loop, port->address().port()); }

  net::test::Loop loop;
  ReadySet ready{loop.scheduler()};
  std::unique_ptr<HttpDoor> door;
  std::unique_ptr<ClientPort> port;
};

TEST_F(HttpDoorTest, KeepsAConnectionForMoreRequests) {
  open();
  Client client = this->client();
  EXPECT_EQ(bodyOf(client.get("/a")), "/a");
  EXPECT_EQ(bodyOf(client.get("/client")), "127.0.0.1");
  EXPECT_EQ(door->connections(), 1u);
  EXPECT_EQ(door->requests(), 2u);
  EXPECT_EQ(statusOf(client.get("/b", "Connection: close\r\n")), 200);
  EXPECT_EQ(client.untilClosed(), "");
  EXPECT_EQ(door->connections(), 0u);
}

TEST_F(HttpDoorTest, AnswersPipelinedRequestsInTheirOrder) {
  open();
  Client client = this->client();
  std::string requests;
  for (int i = 0; i < 1000; ++i) requests += "GET /" + std::to_string(i) + " HTTP/1.1\r\n\r\n";
  client.send(requests);
  const std::string text = client.responses(1000);
  EXPECT_EQ(responsesIn(text), 1000u);
  std::size_t at = 0;
  for (int i = 0; i < 1000; ++i) {
    at = text.find("\r\n\r\n/" + std::to_string(i) + "HTTP", at);
    if (i < 999) {
      ASSERT_NE(at, std::string::npos) << i;
    }
  }
}

TEST_F(HttpDoorTest, TakesARequestThatComesByteByByte) {
  open();
  Client client = this->client();
  for (const char byte : std::string("GET /slow HTTP/1.1\r\nA: b\r\n\r\nGET /next HTTP/1.1\r\n\r\n")) {
    client.send(std::string(1, byte));
    loop.settle();
  }
  const std::string text = client.responses(2);
  EXPECT_THAT(text, HasSubstr("/slow"));
  EXPECT_THAT(text, HasSubstr("/next"));
}

TEST_F(HttpDoorTest, AnswersHeadWithoutABody) {
  open();
  Client client = this->client();
  client.send("HEAD /head HTTP/1.1\r\nConnection: close\r\n\r\n");
  const std::string response = client.untilClosed();
  EXPECT_THAT(response, HasSubstr("Content-Length: 5\r\n"));
  EXPECT_EQ(bodyOf(response), "");
}

TEST_F(HttpDoorTest, WaitsForAClientThatReadsSlowly) {
  open();
  Client client = this->client();
  constexpr std::size_t size = 16 * 1024 * 1024;
  client.send("GET /bytes/" + std::to_string(size) + " HTTP/1.1\r\n\r\nGET /after HTTP/1.1\r\n\r\n");
  loop.settle();
  const std::string text = client.responses(2);
  EXPECT_EQ(responsesIn(text), 2u);
  EXPECT_THAT(text.substr(text.size() - 20), HasSubstr("/after"));
}

TEST_F(HttpDoorTest, GivesUpAClientThatDoesNotRead) {
  open(shortLimits());
  Client client = this->client();
  client.send("GET /bytes/50000000 HTTP/1.1\r\n\r\n");
  EXPECT_TRUE(loop.until([&] { return door->requests() == 1; }));
  EXPECT_TRUE(loop.until([&] { return door->connections() == 0; }));
}

TEST_F(HttpDoorTest, ToldAMegabyteOfRequestLineAnswers414) {
  open();
  Client client = this->client();
  client.send("GET /" + std::string(1024 * 1024, 'x') + " HTTP/1.1\r\n\r\n");
  ::shutdown(client.socket().descriptor(), SHUT_WR);
  EXPECT_THAT(client.untilClosed(), StartsWith("HTTP/1.1 414 "));
  EXPECT_TRUE(loop.until([&] { return door->connections() == 0; }));
}

TEST_F(HttpDoorTest, ClosesAfterGarbage) {
  open();
  Client client = this->client();
  client.send("GET / HTTP/1.1\r\n\r\nGARBAGE\x01\r\n\r\nGET / HTTP/1.1\r\n\r\n");
  const std::string text = client.responses(2);
  EXPECT_THAT(text, StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(text, HasSubstr("HTTP/1.1 400 "));
  EXPECT_EQ(responsesIn(text), 2u);
  EXPECT_EQ(door->requests(), 1u);
}

// Each line would start the deadline anew if it counted from the last byte, and all of them stay far below
// the bound on a head, which is answered with 431.
TEST_F(HttpDoorTest, ClosesARequestThatDripsInForTooLong) {
  open(shortLimits());
  Client client = this->client();
  client.send("GET / HTTP/1.1\r\n");
  std::size_t lines = 0;
  net::Timer drip;
  const std::function<void()> next = [&] {
    if (lines++ < 1000) ::send(client.socket().descriptor(), "A: b\r\n", 6, MSG_NOSIGNAL);
    drip = loop.scheduler().after(milliseconds(20), next);
  };
  next();
  EXPECT_EQ(client.untilClosed(), "");
  EXPECT_EQ(door->requests(), 0u);
  EXPECT_EQ(door->connections(), 0u);
  EXPECT_GT(lines, 1u);
}

TEST_F(HttpDoorTest, AnswersAHeadThatIsTooLong) {
  open();
  Client client = this->client();
  client.send("GET / HTTP/1.1\r\n" + std::string(64 * 1024, 'A') + ": b\r\n");
  ::shutdown(client.socket().descriptor(), SHUT_WR);
  EXPECT_THAT(client.untilClosed(), StartsWith("HTTP/1.1 431 "));
  EXPECT_TRUE(loop.until([&] { return door->connections() == 0; }));
}

TEST_F(HttpDoorTest, ClosesAnIdleConnection) {
  open(shortLimits());
  Client client = this->client();
  EXPECT_EQ(statusOf(client.get("/")), 200);
  EXPECT_EQ(client.untilClosed(), "");
}

TEST_F(HttpDoorTest, CrowdsOutWhoseLastAnswerLiesBackLongest) {
  HttpLimits limits;
  limits.max_per_network = 2;
  open(limits);
  Client slow = client();
  slow.send("GET / HTTP/1.1\r\n");
  ASSERT_TRUE(loop.until([&] { return door->connections() == 1; }));
  Client first = client();
  Client second = client();
  EXPECT_EQ(statusOf(first.get("/")), 200);
  EXPECT_EQ(statusOf(second.get("/")), 200);
  EXPECT_EQ(slow.untilClosed(), "");
  EXPECT_EQ(statusOf(first.get("/")), 200);
  Client third = client();
  EXPECT_EQ(statusOf(third.get("/")), 200);
  EXPECT_EQ(second.untilClosed(), "");
  EXPECT_EQ(statusOf(first.get("/")), 200);
  EXPECT_EQ(door->crowded(), 2u);
}

TEST_F(HttpDoorTest, HoldsItsBoundInTotal) {
  HttpLimits limits;
  limits.max_connections = 5;
  open(limits);
  std::vector<Client> slow;
  for (int i = 0; i < 50; ++i) {
    slow.push_back(client());
    slow.back().send("G");
  }
  ASSERT_TRUE(loop.until([&] { return port->counts().accepted == 50 && port->counts().waiting == 0; }));
  EXPECT_EQ(door->connections(), 5u);
}

}  // namespace
}  // namespace multiconn::balancer
