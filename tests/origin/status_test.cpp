// The status page and its JSON document.
#include <gmock/gmock.h>

#include <boost/json.hpp>

#include "origin/origin_fixture.hpp"
#include "origin/status_report.hpp"

namespace multiconn::test {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

TEST(Status, CountsEverythingAndHidesNames) {
  const OriginServer server(testOptions());
  RtmpTestClient publisher(server.port());
  RtmpTestClient player(server.port());
  ASSERT_TRUE(publisher.connect() && publisher.publish("secretkey?token=1") && player.connect());
  ASSERT_TRUE(player.play("secretkey"));
  ASSERT_TRUE(publisher.sendVideo(0, videoFrame(true, 1)) && publisher.sendAudio(0, audioRecord()));
  ASSERT_TRUE(nextFrame(player) && nextFrame(player));
  const std::string text = server.statusJson();
  EXPECT_THAT(text, Not(HasSubstr("secretkey")));
  EXPECT_THAT(text, Not(HasSubstr("token")));
  const auto status = statusOf(server);
  EXPECT_EQ(status.at("connections").to_number<int>(), 2);
  EXPECT_GT(status.at("bytes_in").to_number<int>(), 3000);
  EXPECT_GT(status.at("bytes_out").to_number<int>(), 3000);
  const auto& stream = status.at("streams").at(0).as_object();
  EXPECT_EQ(stream.at("app").as_string(), "live");
  EXPECT_EQ(stream.at("name").as_string(), "****");
  EXPECT_EQ(stream.at("id").as_string().size(), 8U);
  EXPECT_EQ(stream.at("players").to_number<int>(), 1);
  EXPECT_EQ(stream.at("waiting_players").to_number<int>(), 0);
  const auto& from = stream.at("publisher").as_object();
  EXPECT_THAT(std::string(from.at("address").as_string()), StartsWith("127.0.0.1:"));
  EXPECT_EQ(from.at("video_codec").as_string(), "h264");
  EXPECT_EQ(from.at("audio_codec").as_string(), "aac");
  EXPECT_GT(from.at("bytes").to_number<int>(), 0);
}

TEST(Status, NumbersInJsonArePlain) {
  origin::StatusReport report;
  for (const auto& [seconds, text] : std::vector<std::pair<double, const char*>>{
           {2.1, "2.1"}, {0, "0"}, {3, "3"}, {123456.789, "123456.789"}, {0.001, "0.001"}}) {
    report.uptime_s = seconds;
    EXPECT_THAT(origin::toJson(report), StartsWith("{\"uptime_s\":" + std::string(text) + ","));
  }
  origin::StreamStatus& stream = report.streams.emplace_back();
  stream.id = "\"x\\";
  stream.publisher.emplace().since_s = 1.5;
  EXPECT_THAT(origin::toJson(report), HasSubstr("\"since_s\":1.5,"));
  const auto parsed = boost::json::parse(origin::toJson(report));
  EXPECT_EQ(parsed.at("streams").at(0).at("id").as_string(), "\"x\\");
}

TEST(Status, TablesOfThePageScrollByThemselves) {
  origin::StatusReport report;
  report.streams.emplace_back();
  report.applications.push_back({"live", 1, {origin::SharedObjectStatus{}}});
  const std::string page = origin::toHtml(report);
  EXPECT_THAT(page, HasSubstr("div{overflow-x:auto}"));
  std::size_t tables = 0;
  for (auto at = page.find("<table>"); at != std::string::npos; at = page.find("<table>", at + 1)) {
    EXPECT_EQ(page.substr(at - 5, 5), "<div>");
    ++tables;
  }
  EXPECT_EQ(tables, 2U);
}

TEST(Status, IsServedOverHttp) {
  const OriginServer server(testOptions());
  ASSERT_TRUE(server.httpPort());
  const std::string page = get(*server.httpPort(), "/");
  EXPECT_THAT(page, StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(page, HasSubstr("text/html"));
  EXPECT_THAT(page, HasSubstr("http-equiv=\"refresh\""));
  EXPECT_THAT(get(*server.httpPort(), "/status.json?x=1"), HasSubstr("\"connections\":0"));
  EXPECT_THAT(get(*server.httpPort(), "/other"), StartsWith("HTTP/1.1 404"));
  EXPECT_THAT(get(*server.httpPort(), "/../etc/passwd"), StartsWith("HTTP/1.1 404"));
}

TEST(Status, IsNotReadByAPageWhoseNameLeadsHere) {
  auto options = testOptions();
  options.http_names = {"status.example.com"};
  const OriginServer server(options);
  const auto answer = [&](const std::string& path, const std::string& host) {
    RawClient client(*server.httpPort());
    client.send("GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n");
    return client.receiveAll();
  };
  for (const char* const path : {"/", "/status.json"}) {
    const std::string refusal = answer(path, "rebound.example.com");
    EXPECT_THAT(refusal, StartsWith("HTTP/1.1 421"));
    EXPECT_THAT(refusal, HasSubstr("--http-name"));
    EXPECT_THAT(refusal, Not(HasSubstr("connections")));
    EXPECT_THAT(answer(path, "localhost:8080"), StartsWith("HTTP/1.1 200"));
    EXPECT_THAT(answer(path, "Status.Example.com"), StartsWith("HTTP/1.1 200"));
  }
}

TEST(Status, WhatPeersNamedIsEscapedOnThePage) {
  auto options = testOptions();
  options.show_names = true;
  const OriginServer server(options);
  RtmpTestClient publisher(server.port(), {.app = "<script>alert(1)</script>"});
  ASSERT_TRUE(publisher.connect() && publisher.publish("\"'&<b>\xFF"));
  const std::string page = get(*server.httpPort(), "/");
  EXPECT_THAT(page, Not(HasSubstr("<script>")));
  EXPECT_THAT(page, HasSubstr("&lt;script&gt;"));
  EXPECT_THAT(page, HasSubstr("&quot;&#39;&amp;&lt;b&gt;?"));
  EXPECT_EQ(statusOf(server).at("streams").at(0).at("name").as_string(), "\"'&<b>?");
}

TEST(Status, OtherMethodsAndBodiesAreRefused) {
  const OriginServer server(testOptions());
  RawClient post(*server.httpPort());
  post.send("DELETE / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(post.receiveAll(), StartsWith("HTTP/1.1 405"));
  RawClient head(*server.httpPort());
  head.send("HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(head.receiveAll(), Not(HasSubstr("<html")));
  RawClient body(*server.httpPort());
  body.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\nabc");
  EXPECT_TRUE(body.waitClosed());
}

TEST(Status, HugeHeadersAndGarbageAreClosed) {
  const OriginServer server(testOptions());
  RawClient huge(*server.httpPort());
  huge.send("GET / HTTP/1.1\r\nX: " + std::string(100'000, 'x'));
  EXPECT_TRUE(huge.waitClosed());
  RawClient garbage(*server.httpPort());
  garbage.send(std::string(2000, '\x07'));
  EXPECT_TRUE(garbage.waitClosed());
  EXPECT_THAT(get(*server.httpPort(), "/"), StartsWith("HTTP/1.1 200"));
}

TEST(Status, OneConnectionMayAskAgain) {
  const OriginServer server(testOptions());
  RawClient client(*server.httpPort());
  for (int i = 0; i < 3; ++i) {
    client.send("GET /status.json HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
    const auto answer = client.receive();
    EXPECT_THAT(std::string(rtmp::asText(answer)), StartsWith("HTTP/1.1 200"));
  }
}

TEST(Status, LogNeverHoldsNamesOrQueries) {
  std::string log;
  {
    auto options = testOptions();
    options.log = [&](OriginLogLevel, const std::string& line) { log += line + "\n"; };
    const OriginServer server(options);
    RtmpTestClient publisher(server.port(), {.app = "live?pass=hidden"});
    RtmpTestClient player(server.port());
    ASSERT_TRUE(publisher.connect() && publisher.publish("secretkey?token=hidden"));
    ASSERT_TRUE(player.connect() && player.play("secretkey?token=hidden"));
    EXPECT_FALSE(player.publish("secretkey?token=hidden"));
  }
  EXPECT_THAT(log, HasSubstr("publishes live/**** ("));
  EXPECT_THAT(log, Not(HasSubstr("secretkey")));
  EXPECT_THAT(log, Not(HasSubstr("hidden")));
}

}  // namespace
}  // namespace multiconn::test
