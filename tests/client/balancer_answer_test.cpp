#include "client/balancer_answer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace multiconn::client {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

BalancerAnswer read(const std::string& body, const std::string& scheme = "", unsigned status = 200) {
  net::FetchResult result;
  result.status = status;
  result.body = body;
  return readBalancerAnswer(result, scheme);
}

std::vector<std::string> urls(const BalancerAnswer& answer) {
  std::vector<std::string> urls;
  for (const FoundServer& server : answer.servers) urls.push_back(server.url("live"));
  return urls;
}

TEST(BalancerAnswerTest, ReadsTheOriginalsText) {
  const BalancerAnswer answer = read("redirect=10.0.0.5");
  EXPECT_THAT(urls(answer), ElementsAre("rtmp://10.0.0.5/live"));
  EXPECT_FALSE(answer.counts);
  EXPECT_THAT(urls(read(" redirect=edge.example\r\n")), ElementsAre("rtmp://edge.example/live"));
}

TEST(BalancerAnswerTest, ReadsSeveralInText) {
  EXPECT_THAT(urls(read("redirect=a&redirect=b:1936&redirect=[2001:db8::1]:1936&redirect=2001:db8::2")),
              ElementsAre("rtmp://a/live", "rtmp://b:1936/live", "rtmp://[2001:db8::1]:1936/live",
                          "rtmp://[2001:db8::2]/live"));
}

TEST(BalancerAnswerTest, ReadsJson) {
  const BalancerAnswer answer = read(R"({"servers":[
      {"host":"10.0.0.5","port":1936,"scheme":"rtmp","serverId":"GUID-1","load":0.31},
      {"host":"2001:db8::1","port":0,"scheme":"rtmps"},
      {"host":"b","load":"high","extra":[1]}]})");
  EXPECT_THAT(urls(answer),
              ElementsAre("rtmp://10.0.0.5:1936/live", "rtmps://[2001:db8::1]/live", "rtmp://b/live"));
  EXPECT_TRUE(answer.counts);
  EXPECT_EQ(answer.servers[0].server_id, "GUID-1");
  EXPECT_EQ(answer.servers[0].load, 0.31);
  EXPECT_FALSE(answer.servers[2].load);
  EXPECT_EQ(answer.servers[1].port, 443);
}

TEST(BalancerAnswerTest, GivesServersOfTheWantedSchemeOnly) {
  const std::string both = R"({"servers":[{"host":"a","scheme":"rtmp"},{"host":"b","scheme":"rtmps"}]})";
  EXPECT_THAT(urls(read(both, "rtmps")), ElementsAre("rtmps://b/live"));
  EXPECT_THAT(urls(read(both, "rtmp")), ElementsAre("rtmp://a/live"));
  EXPECT_THAT(urls(read(both, "rtmpe")), ElementsAre("rtmpe://a/live"));
  EXPECT_THAT(urls(read("redirect=a", "rtmps")), ElementsAre("rtmps://a/live"));
  EXPECT_EQ(read(R"({"servers":[{"host":"a","scheme":"rtmp"}]})", "rtmps").problem,
            "What it names is no server for rtmps.");
}

TEST(BalancerAnswerTest, SaysThatThereIsNone) {
  EXPECT_EQ(read("redirect=unknown").problem, "It knows no server that can take a client.");
  EXPECT_EQ(read(R"({"servers":[]})").problem, "It knows no server that can take a client.");
  EXPECT_EQ(read(R"({"reason":"starting"})", "", 503).problem, "It has no server to name: starting.");
  EXPECT_EQ(read(R"({"error":"all_full"})", "", 503).problem, "It has no server to name: all full.");
  EXPECT_EQ(read("", "", 503).problem, "It answered with HTTP status 503.");
  EXPECT_EQ(read("redirect=10.0.0.5", "", 404).problem, "It answered with HTTP status 404.");
  EXPECT_EQ(read("", "", 204).problem, "It answered with HTTP status 204.");
}

TEST(BalancerAnswerTest, TakesNothingElseForAnAnswer) {
  const std::string deep(60'000, '[');
  for (const std::string& body : {std::string(),
                                  std::string("<html>redirect=a</html>"),
                                  std::string("redirect"),
                                  std::string("redirect="),
                                  std::string("redirect=a&b=c"),
                                  std::string("redirect=a&"),
                                  std::string("redirect=a b"),
                                  std::string("redirect=a\nredirect=b"),
                                  std::string("redirect=a/live"),
                                  std::string("redirect=user:secret@a"),
                                  std::string("redirect=a:0"),
                                  std::string("redirect=a:65536"),
                                  std::string("redirect=a:x"),
                                  std::string("redirect=[a]"),
                                  std::string("redirect=[::1"),
                                  std::string("redirect=[::1]x"),
                                  std::string("redirect=10.0.0.300"),
                                  std::string("redirect=a\0b", 12),
                                  std::string(60'000, 'a'),
                                  "redirect=" + std::string(300, 'a'),
                                  std::string("{"),
                                  std::string("{}"),
                                  std::string("[]"),
                                  std::string(R"({"servers":{}})"),
                                  std::string(R"({"servers":[1,null,"a",[]]})"),
                                  std::string(R"({"servers":[{"host":1}]})"),
                                  std::string(R"({"servers":[{"host":"a b"}]})"),
                                  std::string(R"({"servers":[{"host":"a","port":65536}]})"),
                                  std::string(R"({"servers":[{"host":"a","port":-1}]})"),
                                  std::string(R"({"servers":[{"host":"a","port":"1935"}]})"),
                                  std::string(R"({"servers":[{"host":"a","scheme":"http"}]})"),
                                  std::string(R"({"servers":[{"host":"a","scheme":"javascript"}]})"),
                                  std::string(R"({"servers":[{"host":"a\u0000b"}]})"),
                                  std::string("{\"servers\":") + deep,
                                  deep}) {
    const BalancerAnswer answer = read(body);
    EXPECT_THAT(answer.servers, IsEmpty()) << body.substr(0, 80);
    EXPECT_FALSE(answer.problem.empty());
    EXPECT_LT(answer.problem.size(), 100U);
    EXPECT_EQ(answer.problem.find("secret"), std::string::npos);
  }
}

TEST(BalancerAnswerTest, IsBounded) {
  std::string text = "redirect=a0", json = R"({"servers":[{"host":"a0"})";
  for (int i = 1; i < 1000; ++i) {
    text += "&redirect=a" + std::to_string(i);
    json += R"(,{"host":"a)" + std::to_string(i) + R"("})";
  }
  EXPECT_EQ(read(text).servers.size(), 16U);
  EXPECT_EQ(read(json + "]}").servers.size(), 16U);
  const BalancerAnswer answer =
      read(R"({"servers":[{"host":"a","serverId":"x\u001b[2J)" + std::string(500, 'y') + R"("}]})");
  ASSERT_EQ(answer.servers.size(), 1U);
  EXPECT_EQ(answer.servers[0].server_id.size(), 64U);
  EXPECT_EQ(answer.servers[0].server_id.find('\x1b'), std::string::npos);
  EXPECT_LT(read(R"({"reason":")" + std::string(5000, 'y') + R"("})", "", 503).problem.size(), 120U);
}

TEST(BalancerAnswerTest, PassesOnWhyThereIsNone) {
  net::FetchResult result;
  result.failure = {std::make_error_code(std::errc::connection_refused), "connection refused by b", true};
  const BalancerAnswer answer = readBalancerAnswer(result, "");
  EXPECT_EQ(answer.problem, "Connection refused by b.");
  EXPECT_TRUE(answer.final);
}

TEST(BalancerAnswerTest, AsksForWhatItCanRead) {
  EXPECT_EQ(balancerParameters(2, ""), "count=2&format=json");
  EXPECT_EQ(balancerParameters(99, "rtmps"), "count=16&format=json&scheme=rtmps");
  EXPECT_EQ(balancerParameters(1, "rtmpe"), "count=1&format=json");
}

}  // namespace
}  // namespace multiconn::client
