// Asking balancers over real sockets.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <chrono>
#include <functional>
#include <future>
#include <optional>
#include <thread>

#include <multiconn/asio.hpp>
#include <multiconn/multiconn.hpp>

#include "support/certificates.hpp"
#include "support/end_in_time.hpp"
#include "support/loop.hpp"
#include "support/own_namespace.hpp"
#include "support/rtmp_answerer.hpp"
#include "support/sockets.hpp"
#include "support/web_server.hpp"

namespace multiconn::test {
namespace {

using namespace std::chrono_literals;
using net::test::webAnswer;
using net::test::WebServer;
using testing::ElementsAre;
using testing::HasSubstr;
using Clock = std::chrono::steady_clock;

// Of the question's own time-outs none shall be what ends it.
constexpr std::chrono::milliseconds distant = 60s;

WebServer::Script saying(std::string bytes) {
  return [bytes = std::move(bytes)](const std::string&) { return bytes; };
}
WebServer::Script silent() {
  return [](const std::string&) { return std::nullopt; };
}

/// For what happens on other threads, of which the loop hears nothing.
bool runServersUntil(net::test::Loop& loop, const std::function<bool()>& condition) {
  const auto deadline = Clock::now() + 20s;
  while (!condition() && Clock::now() < deadline) loop.runFor(1ms);
  return condition();
}

class BalancerReal : public testing::Test {
 protected:
  BalancerReply ask(BalancerQuestion question) {
    BalancerClient client(runtime);
    std::promise<BalancerReply> promise;
    auto answer = promise.get_future();
    client.find(std::move(question), [&](const BalancerReply& reply) { promise.set_value(reply); });
    return waitFor(answer);
  }
  /// The servers of the test run meanwhile.
  template <typename Value>
  Value waitFor(std::future<Value>& future) {
    EXPECT_TRUE(runServersUntil(loop, [&] { return future.wait_for(0ms) == std::future_status::ready; }));
    return future.get();
  }
  BalancerReply ask(const std::vector<std::string>& urls) {
    BalancerQuestion question;
    question.balancers = urls;
    question.timeout = 20s;
    return ask(std::move(question));
  }
  static std::string json(const std::string& host, std::uint16_t port) {
    return R"({"servers":[{"host":")" + host + R"(","port":)" + std::to_string(port) + "}]}";
  }

  net::test::Loop loop;
  Runtime runtime;
};

TEST_F(BalancerReal, FindsAServerPastEverythingThatIsNoBalancer) {
  auto& scheduler = loop.scheduler();
  const net::test::ClosedPort refused;
  const WebServer missing(scheduler, saying(webAnswer(404, "no")));
  const WebServer broken(scheduler, saying(webAnswer(500, "no")));
  const WebServer unknown(scheduler, saying(webAnswer(200, "redirect=unknown")));
  const WebServer garbage(scheduler, saying(std::string(300, '\x03')));
  const WebServer large(scheduler, saying(webAnswer(200, "redirect=" + std::string(1024 * 1024, 'a'))));
  const WebServer circle(scheduler, saying(webAnswer(302, "", "Location: /loadbalancer\r\n")));
  const WebServer good(scheduler, saying(webAnswer(200, json("10.0.0.5", 1936))));
  const BalancerReply reply =
      ask({"http://127.0.0.1:" + std::to_string(refused.port()), missing.url(), broken.url(), unknown.url(),
           garbage.url(), large.url(), circle.url(), good.url()});
  ASSERT_TRUE(reply.ok()) << reply.error;
  EXPECT_EQ(reply.servers[0].url("live"), "rtmp://10.0.0.5:1936/live");
  const std::vector<std::string> expected{"Connection refused by 127.0.0.1",
                                          "HTTP status 404",
                                          "HTTP status 500",
                                          "no server that can take",
                                          "does not speak HTTP",
                                          "more than 64 KiB",
                                          "led in a circle"};
  for (std::size_t i = 0; i < expected.size(); ++i)
    EXPECT_THAT(reply.balancers[i].error, HasSubstr(expected[i]));
}

TEST_F(BalancerReal, DoesNotWaitForOneThatHangsOrTrickles) {
  const WebServer hanging(loop.scheduler(), silent());
  WebServer slow(loop.scheduler(), saying(webAnswer(200, "redirect=late" + std::string(1000, ' '))));
  slow.trickle(50ms);
  const net::test::MutePort mute;
  const WebServer good(loop.scheduler(), saying(webAnswer(200, "redirect=edge")));
  const auto before = Clock::now();
  const BalancerReply reply =
      ask({hanging.url(), slow.url(), "http://127.0.0.1:" + std::to_string(mute.port()), good.url()});
  ASSERT_TRUE(reply.ok()) << reply.error;
  EXPECT_EQ(reply.servers[0].host, "edge");
  EXPECT_GE(Clock::now() - before, 1200ms);
  EXPECT_LT(Clock::now() - before, 5s);
  EXPECT_TRUE(loop.until([&] { return hanging.present() + slow.present() == 0; })) << "left behind";
}

TEST_F(BalancerReal, TrustsNoWrongCertificate) {
  const TestAuthority authority;
  const auto certificate = [&](const std::string& names) {
    const auto files = authority.issue("balancer", names);
    return net::TlsContext::server(files.certificate, files.key).context;
  };
  const WebServer wrong(loop.scheduler(), saying(webAnswer(200, "redirect=evil")),
                        certificate("DNS:other.example"));
  const WebServer right(loop.scheduler(), saying(webAnswer(200, "redirect=edge")),
                        certificate("IP:127.0.0.1"));
  BalancerQuestion question{{wrong.url()}};
  question.tls.ca_file = authority.caFile();
  EXPECT_THAT(ask(question).balancers.at(0).error, HasSubstr("certificate"));
  EXPECT_TRUE(wrong.requests().empty());
  question.balancers.push_back(right.url());
  EXPECT_EQ(ask(question).servers.at(0).host, "edge");
}

TEST_F(BalancerReal, EndsInTimeWhereverTheBalancerStands) {
  const net::test::MutePort mute;
  const WebServer hanging(loop.scheduler(), silent());
  for (const std::string& url : {"http://127.0.0.1:" + std::to_string(mute.port()), hanging.url()}) {
    std::optional<Runtime> own(std::in_place);
    std::optional<BalancerClient> client(std::in_place, *own);
    BalancerQuestion question{{url}};
    question.timeout = distant;
    client->find(question, [](const BalancerReply&) { ADD_FAILURE() << "called after the destructor"; });
    loop.runFor(20ms);
    expectToEndInTime([&] {
      client.reset();
      own.reset();
    });
  }
  EXPECT_TRUE(loop.until([&] { return hanging.present() == 0; })) << "left behind";
}

TEST_F(BalancerReal, CallsBackFromTheRuntimesThreadAndOneAtATime) {
  const WebServer server(loop.scheduler(), saying(webAnswer(200, "redirect=edge")));
  BalancerClient client(runtime);
  std::atomic<int> calls = 0, inside = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 5; ++n) {
        client.find({{server.url()}}, [&](const BalancerReply& reply) {
          EXPECT_EQ(++inside, 1);
          EXPECT_TRUE(reply.ok()) << reply.error;
          --inside;
          ++calls;
        });
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_TRUE(runServersUntil(loop, [&] { return calls == 20; }));
}

TEST_F(BalancerReal, SpeaksFuturesAndCoroutines) {
  namespace asio = boost::asio;
  const WebServer server(loop.scheduler(), saying(webAnswer(200, "redirect=edge")));
  // Outlives the client, whose thread posts to it.
  asio::io_context context;
  BalancerClient client(runtime);
  const BalancerQuestion question{{server.url()}};
  auto future = asyncFind(client, question, asio::use_future);
  EXPECT_EQ(waitFor(future).servers.at(0).host, "edge");

  std::promise<std::string> host;
  auto found = host.get_future();
  asio::co_spawn(
      context,
      [&]() -> asio::awaitable<void> {
        const BalancerReply reply = co_await asyncFind(client, question, asio::use_awaitable);
        host.set_value(reply.servers.at(0).host);
      },
      asio::detached);
  std::thread thread([&] { context.run(); });
  EXPECT_EQ(waitFor(found), "edge");
  thread.join();
}

TEST_F(BalancerReal, PublishesWhereItIsSentTo) {
  const net::test::RtmpAnswerer one(loop.scheduler()), two(loop.scheduler());
  const WebServer balancer(
      loop.scheduler(),
      saying(webAnswer(200, R"({"servers":[{"host":"127.0.0.1","port":)" + std::to_string(one.port()) +
                                R"(},{"host":"127.0.0.1","port":)" + std::to_string(two.port()) + "}]}")));
  MultiConnection connection(runtime);
  connection.publish("key");
  std::promise<SetupOutcome> promise;
  auto answer = promise.get_future();
  Destination destination;
  destination.url = balancer.url();
  destination.servers = {"live", 2};
  connection.connect({destination}, [&](const SetupOutcome& outcome) { promise.set_value(outcome); });
  const SetupOutcome outcome = waitFor(answer);
  EXPECT_TRUE(outcome.success);
  EXPECT_EQ(outcome.servers.at(1).url, "rtmp://127.0.0.1:" + std::to_string(two.port()) + "/live");
  EXPECT_TRUE(runServersUntil(loop, [&] {
    const auto rows = connection.stats();
    return std::all_of(rows.begin(), rows.end(),
                       [](const ServerStats& row) { return row.state == ServerState::publishing; });
  }));
}

// The resolver would hang for a minute.
TEST(BalancerMuteDns, DelaysNeitherAnotherBalancerNorTheEnd) {
  if (!inOwnNamespace()) return;
  MuteNameServer dns;
  net::test::Loop loop;
  const WebServer good(loop.scheduler(), saying(webAnswer(200, "redirect=edge")));
  std::atomic<bool> found = false;
  std::optional<Runtime> runtime(std::in_place);
  std::optional<BalancerClient> client(std::in_place, *runtime);
  BalancerQuestion question{{"http://balancer9.example"}};
  question.timeout = distant;
  client->find(question, [](const BalancerReply&) { ADD_FAILURE() << "called after the destructor"; });
  question.balancers.push_back(good.url());
  client->find(question, [&](const BalancerReply& reply) { found = reply.ok(); });
  ASSERT_TRUE(dns.waitAsked(20s));
  ASSERT_TRUE(runServersUntil(loop, [&] { return found.load(); }));
  expectToEndInTime([&] {
    client.reset();
    runtime.reset();
  });
}

}  // namespace
}  // namespace multiconn::test
