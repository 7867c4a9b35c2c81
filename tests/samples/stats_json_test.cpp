#include "publish/stats_json.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <sstream>

namespace publish {
namespace {

using namespace std::chrono_literals;
namespace json = boost::json;

multiconn::ServerStats exampleServer() {
  multiconn::ServerStats server;
  server.id = multiconn::ServerId{1};
  server.url = "rtmp://one/live";
  server.state = multiconn::ServerState::publishing;
  server.connect_time = 12ms;
  server.bytes_sent = 4'000'000'000;
  server.frames_sent = 250;
  server.frames_dropped = 3;
  server.dropped = {.disposable = 0, .inter = 2, .key = 0, .audio = 1};
  server.rtt = 1500us;
  return server;
}

json::object onlyLine(const std::ostringstream& out) {
  const auto text = out.str();
  EXPECT_EQ(text.find('\n'), text.size() - 1) << text;
  return json::parse(text).as_object();
}

TEST(JsonReporter, AStatusIsOneObjectALine) {
  std::ostringstream out;
  JsonReporter reporter(out);
  reporter.status(
      {"NetStream.Publish.Start", "status", "says \"yes\"\n", multiconn::ServerId{1}, "rtmp://one/live", {}});
  const auto line = onlyLine(out);
  EXPECT_EQ(line.at("event"), "status");
  EXPECT_EQ(line.at("server"), "rtmp://one/live");
  EXPECT_EQ(line.at("id"), 1);
  EXPECT_EQ(line.at("code"), "NetStream.Publish.Start");
  EXPECT_EQ(line.at("level"), "status");
}

TEST(JsonReporter, AStatusOfAllServersNamesNone) {
  std::ostringstream out;
  JsonReporter reporter(out);
  reporter.status({"NetConnection.Setup.Success", "status", "", std::nullopt, "", {}});
  EXPECT_TRUE(onlyLine(out).at("server").is_null());
}

TEST(JsonReporter, TheSummaryHasTheDocumentedFields) {
  std::ostringstream out;
  JsonReporter reporter(out);
  reporter.summary({exampleServer()});
  const auto line = onlyLine(out);
  EXPECT_EQ(line.at("event"), "summary");
  const auto& server = line.at("servers").as_array().at(0).as_object();
  EXPECT_EQ(server.at("url"), "rtmp://one/live");
  EXPECT_EQ(server.at("connect_ms"), 12);
  EXPECT_TRUE(server.at("publish_ms").is_null());
  EXPECT_EQ(server.at("bytes"), 4'000'000'000U);
  EXPECT_EQ(server.at("frames_sent"), 250U);
  EXPECT_EQ(server.at("frames_dropped"), 3U);
  EXPECT_EQ(json::serialize(server.at("dropped")), R"({"disposable":0,"inter":2,"key":0,"audio":1})");
  EXPECT_EQ(server.at("reconnects"), 0U);
  EXPECT_EQ(server.at("standby"), false);
  EXPECT_EQ(server.at("state"), "publishing");
  EXPECT_FALSE(server.contains("error"));
}

TEST(JsonReporter, StatsTellQueueAndRoundTrip) {
  std::ostringstream out;
  JsonReporter reporter(out);
  auto server = exampleServer();
  server.error = "connection reset";
  server.queue_bytes = 7;
  reporter.stats({server});
  const auto line = onlyLine(out);
  EXPECT_EQ(line.at("event"), "stats");
  const auto& row = line.at("servers").as_array().at(0).as_object();
  EXPECT_EQ(row.at("queue_bytes"), 7U);
  EXPECT_EQ(row.at("rtt_us"), 1500);
  EXPECT_EQ(row.at("error"), "connection reset");
}

TEST(JsonReporter, StatsTellOfTheWayAndOfReconnecting) {
  std::ostringstream out;
  JsonReporter reporter(out);
  auto servers = std::vector{exampleServer(), exampleServer()};
  servers[0].bandwidth = 5'000'000'000U;
  servers[1].state = multiconn::ServerState::reconnecting;
  servers[1].attempts = 3;
  servers[1].retry_in = 2100ms;
  servers[1].standby = true;
  reporter.stats(servers);
  const auto line = onlyLine(out);
  const auto& steady = line.at("servers").as_array().at(0).as_object();
  EXPECT_EQ(steady.at("bandwidth_bps"), 5'000'000'000U);
  EXPECT_EQ(steady.at("attempts"), 0U);
  EXPECT_TRUE(steady.at("retry_in_ms").is_null());
  const auto& away = line.at("servers").as_array().at(1).as_object();
  EXPECT_TRUE(away.at("bandwidth_bps").is_null());
  EXPECT_EQ(away.at("state"), "reconnecting");
  EXPECT_EQ(away.at("attempts"), 3U);
  EXPECT_EQ(away.at("retry_in_ms"), 2100);
  EXPECT_EQ(away.at("standby"), true);
}

}  // namespace
}  // namespace publish
