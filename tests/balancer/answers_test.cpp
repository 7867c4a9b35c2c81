#include "balancer/answers.hpp"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <pugixml.hpp>

#include "balancer/directory_fixture.hpp"

namespace multiconn::balancer {
namespace {

using test::guidOf;
using test::TestDirectory;

balance::Answer chosen(std::vector<balance::RedirectAddress> addresses) {
  balance::Answer answer;
  for (unsigned i = 0; i < addresses.size(); ++i) {
    answer.chosen.push_back({i, guidOf(i + 1), std::move(addresses[i]), 0.25});
  }
  return answer;
}

balance::Answer none(balance::NoEdge reason, balance::milliseconds retry = {}) {
  balance::Answer answer;
  answer.reason = reason;
  answer.retry_after = retry;
  return answer;
}

std::string text(const balance::Answer& answer) {
  std::string out;
  appendText(out, answer);
  return out;
}

TEST(Answers, TextNamesHosts) {
  EXPECT_EQ(text(chosen({{"rtmp", "10.0.0.5", 0, ""}})), "redirect=10.0.0.5");
  EXPECT_EQ(text(chosen({{"rtmp", "10.0.0.5", 1935, ""}})), "redirect=10.0.0.5");
  EXPECT_EQ(text(chosen({{"rtmp", "a.example", 1936, ""}, {"rtmp", "b.example", 0, ""}})),
            "redirect=a.example:1936&redirect=b.example");
  EXPECT_EQ(text(chosen({{"rtmps", "2001:db8::5", 443, ""}})), "redirect=[2001:db8::5]");
  EXPECT_EQ(text(none(balance::NoEdge::all_full)), "redirect=unknown");
}

TEST(Answers, JsonHasTheBestAndAll) {
  const auto document =
      boost::json::parse(toJson(chosen({{"rtmp", "10.0.0.5", 0, ""}, {"rtmp", "2001:db8::5", 1936, ""}})))
          .as_object();
  EXPECT_EQ(document.at("host"), "10.0.0.5");
  EXPECT_EQ(document.at("port"), 1935);
  EXPECT_EQ(document.at("scheme"), "rtmp");
  EXPECT_EQ(document.at("serverId").as_string().c_str(), guidOf(1).text());
  EXPECT_EQ(document.at("load"), 0.25);
  const auto& servers = document.at("servers").as_array();
  ASSERT_EQ(servers.size(), 2u);
  EXPECT_EQ(servers[1].at("host"), "2001:db8::5");
  EXPECT_EQ(servers[1].at("port"), 1936);
}

TEST(Answers, JsonTellsWhyThereIsNone) {
  EXPECT_EQ(toJson(none(balance::NoEdge::all_full)), R"({"reason":"all_full"})");
  EXPECT_EQ(toJson(none(balance::NoEdge::no_edges)), R"({"reason":"no_edges"})");
  EXPECT_EQ(toJson(none(balance::NoEdge::starting, balance::milliseconds(2100))),
            R"({"reason":"starting","retryAfterMs":2100})");
}

TEST(Answers, LocationIsAUrl) {
  LookUpQuery query;
  query.path = "/live/film.m3u8";
  EXPECT_EQ(locationOf(chosen({{"http", "10.0.0.5", 0, ""}}).chosen[0], query),
            "http://10.0.0.5/live/film.m3u8");
  query.query = "token=1";
  EXPECT_EQ(locationOf(chosen({{"http", "::1", 8080, ""}}).chosen[0], query),
            "http://[::1]:8080/live/film.m3u8?token=1");
}

TEST(Answers, ServerInfoHasWowzasElements) {
  TestDirectory directory;
  directory.report(5);
  (void)directory.edges.lookUp({}, LookUpForm::text, directory.now);
  directory.advance(balance::milliseconds(632));
  pugi::xml_document document;
  ASSERT_TRUE(document.load_string(serverInfoXml(directory.edges.pool(), directory.now).c_str()));
  const auto server = document.child("LoadBalancerServerInfo").child("LoadBalancerServer");
  EXPECT_EQ(server.child_value("serverId"), guidOf(5).text());
  EXPECT_STREQ(server.child_value("status"), "RUNNING");
  EXPECT_STREQ(server.child_value("redirect"), "10.0.0.5");
  EXPECT_STREQ(server.child_value("connectCount"), "17");
  EXPECT_STREQ(server.child_value("redirectCount"), "1");
  EXPECT_STREQ(server.child_value("lastMessage"), "632 milliseconds");
  directory.advance(balance::milliseconds(5000));
  EXPECT_NE(serverInfoXml(directory.edges.pool(), directory.now).find("<status>MSGTIMEOUT</status>"),
            std::string::npos);
}

TEST(Answers, ExplainTellsEachEdgesScoreOrWhyItIsOut) {
  TestDirectory directory;
  EXPECT_EQ(explain(directory.edges.pool(), directory.edges.policy(), directory.now),
            "no edge has reported\n");
  directory.report(1);
  directory.report(2, [](balance::LoadReport& report) { report.healthy = false; });
  directory.report(3);
  directory.edges.pause(guidOf(3).text(), true, directory.now);
  const std::string text = explain(directory.edges.pool(), directory.edges.policy(), directory.now);
  EXPECT_NE(text.find(guidOf(1).text() + " 10.0.0.1 load"), std::string::npos) << text;
  EXPECT_NE(text.find("10.0.0.2 out: its RTMP server does not answer\n"), std::string::npos) << text;
  EXPECT_NE(text.find("10.0.0.3 out: paused at this balancer\n"), std::string::npos) << text;
}

}  // namespace
}  // namespace multiconn::balancer
