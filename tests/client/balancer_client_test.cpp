// BalancerClient in simulated time: every way balancers can behave, alone and together.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <utility>

#include <multiconn/balancer_client.hpp>

#include "client/balancer_lookup.hpp"
#include "support/simulated_engine.hpp"

namespace multiconn::test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

class BalancerClientTest : public testing::Test {
 protected:
  BalancerClientTest() : runtime(world.makeEngine()), start(world.loop.now()) { client.emplace(runtime); }

  void serve(const std::string& host, WebReply always) {
    world.web.serve(host, [always](const net::HttpUrl&, int) { return always; });
  }
  void hang(const std::string& host) {
    world.web.serve(host, [](const net::HttpUrl&, int) { return std::nullopt; });
  }
  /// A balancer that looks up this and answers as the original does: one server, whatever it is asked.
  void serveInTurn(const std::string& host, std::vector<std::string> servers) {
    world.web.serve(host, [servers](const net::HttpUrl&, int nth) {
      return text("redirect=" + servers[static_cast<std::size_t>(nth - 1) % servers.size()]);
    });
  }
  void find(const std::vector<std::string>& hosts, std::size_t count = 1) {
    BalancerQuestion question;
    for (const std::string& host : hosts) question.balancers.push_back("http://" + host + "/loadbalancer");
    question.count = count;
    find(std::move(question));
  }
  void find(BalancerQuestion question) {
    client->find(std::move(question), [this](const BalancerReply& answer) {
      EXPECT_FALSE(reply) << "answered twice";
      reply = answer;
      answered_after = std::chrono::duration_cast<std::chrono::milliseconds>(world.loop.now() - start);
    });
    EXPECT_FALSE(reply) << "never from inside the call";
    world.loop.runFor(60s);
    ASSERT_TRUE(reply);
    EXPECT_EQ(world.web.pending(), 0);
  }
  std::vector<std::string> found() const {
    std::vector<std::string> hosts;
    for (const FoundServer& server : reply->servers) hosts.push_back(server.host);
    return hosts;
  }
  std::vector<std::string> errors() const {
    std::vector<std::string> errors;
    for (const BalancerOutcome& outcome : reply->balancers) errors.push_back(outcome.error);
    return errors;
  }
  std::vector<std::chrono::milliseconds> askedAt() const {
    std::vector<std::chrono::milliseconds> times;
    for (const auto& request : world.web.requests())
      times.push_back(std::chrono::duration_cast<std::chrono::milliseconds>(request.at - start));
    return times;
  }

  SimulatedWorld world;
  Runtime runtime;
  net::TimePoint start;
  std::optional<BalancerClient> client;
  std::optional<BalancerReply> reply;
  std::chrono::milliseconds answered_after{};
};

TEST_F(BalancerClientTest, FindsAServer) {
  serve("b",
        text(R"({"servers":[{"host":"10.0.0.5","port":1936,"scheme":"rtmp","serverId":"G","load":0.5}]})",
             30ms));
  find({"b"});
  EXPECT_TRUE(reply->ok());
  ASSERT_THAT(found(), ElementsAre("10.0.0.5"));
  EXPECT_EQ(reply->servers[0].port, 1936);
  EXPECT_EQ(reply->servers[0].server_id, "G");
  EXPECT_EQ(reply->servers[0].url("live/x?k=v"), "rtmp://10.0.0.5:1936/live/x?k=v");
  EXPECT_EQ(answered_after, 30ms);
  EXPECT_EQ(reply->elapsed, 30ms);
  ASSERT_EQ(reply->balancers.size(), 1U);
  EXPECT_EQ(reply->balancers[0].url, "http://b/loadbalancer");
  EXPECT_EQ(reply->balancers[0].error, "");
  EXPECT_EQ(reply->balancers[0].elapsed, 30ms);
  EXPECT_EQ(world.web.requests()[0].url.target, "/loadbalancer?count=1&format=json");
}

TEST_F(BalancerClientTest, UnderstandsTheOriginal) {
  serve("b", text("redirect=10.0.0.5"));
  find({"b"});
  EXPECT_TRUE(reply->ok());
  EXPECT_EQ(reply->servers[0].url("live"), "rtmp://10.0.0.5/live");
}

TEST_F(BalancerClientTest, KeepsAQueryAndFillsAnEmptyPath) {
  serve("b", text("redirect=a"));
  BalancerQuestion question{{"http://b:1935?key=secret"}};
  question.scheme = "rtmps";
  find(std::move(question));
  EXPECT_EQ(world.web.requests()[0].url.target, "/?key=secret&count=1&format=json&scheme=rtmps");
  EXPECT_EQ(reply->balancers[0].url, "http://b:1935/?key=****");
  EXPECT_EQ(reply->servers[0].url("live"), "rtmps://a/live");
  reply.reset();
  find(BalancerQuestion{{"http://b"}});
  EXPECT_EQ(world.web.requests()[1].url.target, "/loadbalancer?count=1&format=json");
}

TEST_F(BalancerClientTest, AsksTheNextAtOnceOnAnyAnswerThatIsNoServer) {
  serve("unknown", text("redirect=unknown", 10ms));
  serve("missing", text("not here", 10ms, 404));
  serve("broken", text("", 10ms, 500));
  serve("starting", text(R"({"reason":"starting"})", 10ms, 503));
  serve("garbage", text("<html>Welcome to the hotel</html>", 10ms));
  serve("good", text("redirect=edge", 10ms));
  find({"unknown", "missing", "refused", "broken", "starting", "garbage", "good", "never"});
  EXPECT_THAT(found(), ElementsAre("edge"));
  EXPECT_EQ(answered_after, 60ms);
  EXPECT_THAT(errors(),
              ElementsAre("It knows no server that can take a client.", "It answered with HTTP status 404.",
                          "Connection refused by it.", "It answered with HTTP status 500.",
                          "It has no server to name: starting.", "It does not answer as a balancer does.", "",
                          "It was not asked."));
  EXPECT_EQ(reply->balancers[1].elapsed, 20ms);
}

TEST_F(BalancerClientTest, AsksTheNextAfter400MsAndKeepsTheEarlierOnesAsked) {
  hang("one");
  serve("two", text("redirect=late", 500ms));
  serve("three", text("redirect=later", 300ms));
  find({"one", "two", "three"});
  EXPECT_THAT(found(), ElementsAre("late"));
  EXPECT_EQ(answered_after, 900ms);
  EXPECT_THAT(askedAt(), ElementsAre(0ms, 400ms, 800ms));
  EXPECT_THAT(errors(), ElementsAre("It has not answered.", "", "It has not answered."));
}

TEST_F(BalancerClientTest, OneDeadAndOneHangingOfThreeCostsLessThanTheDeadline) {
  hang("hanging");
  serve("good", text("redirect=edge", 50ms));
  find({"hanging", "refused", "good"});
  EXPECT_TRUE(reply->ok());
  EXPECT_EQ(answered_after, 450ms);
}

TEST_F(BalancerClientTest, StartsOverWhileTimeRemains) {
  world.web.serve("b", [](const net::HttpUrl&, int nth) {
    return nth < 4 ? text(R"({"error":"starting","retryAfterMs":900})", 0ms, 503) : text("redirect=edge");
  });
  find({"b", "refused"});
  EXPECT_TRUE(reply->ok());
  EXPECT_EQ(answered_after, 1250ms);
  EXPECT_EQ(world.web.requestsTo("b"), 4U);
}

TEST_F(BalancerClientTest, DoesNotSpin) {
  find({"refused", "refused2"});
  EXPECT_EQ(answered_after, 3000ms);
  EXPECT_EQ(world.web.requests().size(), 14U);
  reply.reset();
  BalancerQuestion patient{{"http://refused"}};
  patient.timeout = 50s;
  find(std::move(patient));
  EXPECT_LT(world.web.requests().size(), 14U + 60U);
}

TEST_F(BalancerClientTest, SaysWhatEachAnsweredWhenTimeIsOver) {
  hang("hanging");
  serve("full", text("redirect=unknown"));
  find({"hanging", "full"});
  EXPECT_FALSE(reply->ok());
  EXPECT_EQ(answered_after, 3000ms);
  EXPECT_EQ(reply->error, "No balancer has named a server.");
  EXPECT_THAT(errors(), ElementsAre("It has not answered.", "It knows no server that can take a client."));
  EXPECT_EQ(reply->balancers[0].elapsed, 3000ms);
}

TEST_F(BalancerClientTest, AsksAHangingBalancerAnew) {
  world.web.serve("b", [](const net::HttpUrl&, int nth) -> std::optional<WebReply> {
    if (nth == 1) return std::nullopt;
    return text("redirect=edge");
  });
  BalancerQuestion question{{"http://b"}};
  question.timeout = 20s;
  find(std::move(question));
  EXPECT_TRUE(reply->ok());
  EXPECT_GE(answered_after, 5000ms);
  EXPECT_LE(answered_after, 6000ms);
}

TEST_F(BalancerClientTest, FindsSeveralInOneAnswer) {
  serve("b", jsonServers({"one", "two", "three"}));
  find({"b"}, 3);
  EXPECT_THAT(found(), ElementsAre("one", "two", "three"));
  EXPECT_TRUE(reply->ok());
  EXPECT_EQ(world.web.requests().size(), 1U);
}

TEST_F(BalancerClientTest, AsksTheOriginalOnceForEach) {
  serveInTurn("b", {"one", "two", "one", "three"});
  find({"b"}, 2);
  EXPECT_THAT(found(), ElementsAre("one", "two"));
  EXPECT_EQ(answered_after, 0ms);
}

TEST_F(BalancerClientTest, CountsNoServerTwice) {
  serve("b", jsonServers({"one", "ONE", "one", "two"}));
  find({"b"}, 2);
  EXPECT_THAT(found(), ElementsAre("one", "two"));
  reply.reset();
  serve("c", text("redirect=one&redirect=one:1935&redirect=one:1936"));
  find({"c"}, 2);
  EXPECT_EQ(reply->servers[1].port, 1936);
}

TEST_F(BalancerClientTest, GivesFewerWhereThereAreNoMore) {
  serve("b", jsonServers({"one"}));
  serve("c", jsonServers({"one"}, 20ms));
  find({"b", "c"}, 3);
  EXPECT_THAT(found(), ElementsAre("one"));
  EXPECT_EQ(reply->error, "The balancers named 1 server of the 3 that were asked for.");
  EXPECT_EQ(answered_after, 20ms);
  EXPECT_EQ(world.web.requests().size(), 2U);
}

TEST_F(BalancerClientTest, GivesFewerWhereTheOriginalRepeatsItself) {
  serve("b", text("redirect=one", 5ms));
  hang("hanging");
  find({"hanging", "b"}, 2);
  EXPECT_THAT(found(), ElementsAre("one"));
  EXPECT_EQ(answered_after, 410ms);
}

TEST_F(BalancerClientTest, AddsUpWhatSeveralBalancersKnow) {
  serve("b", jsonServers({"one"}));
  serve("c", jsonServers({"one", "two"}, 100ms));
  find({"b", "c"}, 2);
  EXPECT_THAT(found(), ElementsAre("one", "two"));
  EXPECT_TRUE(reply->ok());
}

TEST_F(BalancerClientTest, TellsAtOnceWhatCannotBeHelped) {
  const auto errorOf = [this](BalancerQuestion question) {
    const auto before = world.loop.now();
    client->find(std::move(question), [this](const BalancerReply& answer) { reply = answer; });
    EXPECT_TRUE(world.loop.runUntil([this] { return reply.has_value(); }));
    EXPECT_EQ(world.loop.now(), before);
    const BalancerReply answer = *std::exchange(reply, {});
    return answer.balancers.size() == 1 && answer.error == "No balancer has named a server."
               ? client::inDetail(answer)
               : answer.error;
  };
  WebReply wrong_certificate;
  wrong_certificate.result.failure = {{}, "the certificate of b is for another host", true};
  serve("b", wrong_certificate);
  EXPECT_THAT(errorOf({{"https://b/loadbalancer"}}), HasSubstr("The certificate of b is for another host."));
  EXPECT_THAT(errorOf({{"rtmp://secret/loadbalancer"}}), StartsWith("No balancer has named a server."));
  EXPECT_THAT(errorOf({{"http://user:secret@b/"}}), Not(HasSubstr("secret")));
  EXPECT_EQ(errorOf({{}}), "There is no balancer to ask.");
  EXPECT_EQ(errorOf({{"http://b"}, 0}), "A balancer can be asked for 1 to 16 servers.");
  EXPECT_EQ(errorOf({{"http://b"}, 17}), "A balancer can be asked for 1 to 16 servers.");
  EXPECT_EQ(errorOf({{"http://b"}, 1, "ftp"}),
            "The scheme wanted of a balancer's servers is not one of RTMP's.");
  EXPECT_EQ(errorOf({std::vector<std::string>(17, "http://b")}), "There are more than 16 balancers to ask.");
}

TEST_F(BalancerClientTest, AsksOnPastABadUrl) {
  serve("good", text("redirect=edge"));
  BalancerQuestion question{{"nonsense", "http://good"}};
  find(std::move(question));
  EXPECT_TRUE(reply->ok());
  EXPECT_EQ(reply->balancers[0].url, "****");
  EXPECT_FALSE(reply->balancers[0].error.empty());
}

TEST_F(BalancerClientTest, AnswersSeveralQuestionsAtATime) {
  serve("slow", text("redirect=one", 300ms));
  serve("quick", text("redirect=two", 10ms));
  std::vector<std::string> order;
  for (const char* host : {"slow", "quick", "slow"})
    client->find({{"http://" + std::string(host)}},
                 [&](const BalancerReply& answer) { order.push_back(answer.servers.at(0).host); });
  client->find({{"http://quick"}}, nullptr);
  world.loop.runFor(1s);
  EXPECT_THAT(order, ElementsAre("two", "one", "one"));
}

TEST_F(BalancerClientTest, IsSilentOnceItIsDestroyed) {
  hang("hanging");
  serve("slow", text("redirect=one", 300ms));
  for (const char* host : {"slow", "hanging"})
    client->find({{"http://" + std::string(host)}},
                 [](const BalancerReply&) { ADD_FAILURE() << "called after the destructor"; });
  world.loop.runFor(100ms);
  EXPECT_EQ(world.web.pending(), 2);
  client.reset();
  world.loop.settle();
  EXPECT_EQ(world.web.pending(), 0);
  world.loop.runFor(10s);
}

TEST_F(BalancerClientTest, SurvivesACallbackThatThrows) {
  serve("b", text("redirect=one"));
  client->find({{"http://b"}}, [](const BalancerReply&) { throw std::runtime_error("the application's"); });
  world.loop.runFor(1s);
  find({"b"});
  EXPECT_TRUE(reply->ok());
}

TEST_F(BalancerClientTest, MayBeDestroyedInsideItsCallback) {
  serve("b", text("redirect=one", 10ms));
  hang("hanging");
  client->find({{"http://hanging"}}, [](const BalancerReply&) { ADD_FAILURE(); });
  bool called = false;
  client->find({{"http://b"}}, [&](const BalancerReply&) {
    client.reset();
    called = true;
  });
  world.loop.runFor(10s);
  EXPECT_TRUE(called);
  EXPECT_EQ(world.web.pending(), 0);
}

}  // namespace
}  // namespace multiconn::test
