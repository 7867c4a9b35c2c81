#include "publish/stats_table.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <limits>
#include <sstream>
#include <string>

namespace publish {
namespace {

using testing::HasSubstr;
using testing::Not;

std::vector<multiconn::ServerStats> twoServers() {
  std::vector<multiconn::ServerStats> servers(2);
  servers[0].url = "rtmp://one/live";
  servers[0].state = multiconn::ServerState::publishing;
  servers[1].id = multiconn::ServerId{1};
  servers[1].url = "rtmp://a-longer-name/live";
  servers[1].state = multiconn::ServerState::failed;
  servers[1].frames_dropped = 42;
  return servers;
}

std::size_t lines(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

TEST(TableReporter, OnATerminalItIsRedrawnInPlace) {
  std::ostringstream out;
  TableReporter table(out, [] { return 80U; });
  table.stats(twoServers());
  EXPECT_EQ(lines(out.str()), 3U);
  EXPECT_THAT(out.str(), Not(HasSubstr("\x1b[")));
  out.str("");
  table.stats(twoServers());
  EXPECT_THAT(out.str(), HasSubstr("\x1b[1A\x1b[2K\r\x1b[1A\x1b[2K\r\x1b[1A\x1b[2K\r"));
}

TEST(TableReporter, HasNoSummaryOfNoServers) {
  std::ostringstream out;
  TableReporter(out, [] { return 80U; }).summary({});
  EXPECT_EQ(out.str(), "");
}

TEST(TableReporter, MakesRoomOnce) {
  std::ostringstream out;
  TableReporter table(out, [] { return 80U; });
  table.stats(twoServers());
  table.makeRoom();
  out.str("");
  table.makeRoom();
  EXPECT_EQ(out.str(), "");
}

TEST(TableReporter, ElsewhereItPrintsPlainLines) {
  std::ostringstream out;
  TableReporter table(out, [] { return 0U; });
  table.stats(twoServers());
  EXPECT_EQ(out.str(), "");
  table.status(
      {"NetStream.Publish.Start", "status", "on air", multiconn::ServerId{0}, "rtmp://one/live", {}});
  EXPECT_EQ(out.str(), "rtmp://one/live: NetStream.Publish.Start: on air\n");
  table.summary(twoServers());
  EXPECT_THAT(out.str(), Not(HasSubstr("\x1b[")));
}

TEST(TableReporter, ARowTellsStateAndDrops) {
  std::ostringstream out;
  TableReporter table(out, [] { return 0U; });
  table.summary(twoServers());
  EXPECT_THAT(out.str(), HasSubstr("0 rtmp://one/live/****           publishing"));
  EXPECT_THAT(out.str(), HasSubstr("1 rtmp://a-longer-name/live/**** failed"));
  EXPECT_THAT(out.str(), HasSubstr("42"));
}

TEST(TableReporter, NoLineIsWiderThanTheTerminal) {
  for (const std::size_t width : {1U, 40U, 67U, 68U, 80U, 81U, 300U}) {
    std::ostringstream out;
    TableReporter table(out, [&] { return width; });
    auto servers = twoServers();
    servers[0].url = "rtmp://" + std::string(100, 'x') + "/live";
    servers[1].bytes_sent = servers[1].queue_bytes = std::numeric_limits<std::uint64_t>::max();
    table.stats(servers);
    std::istringstream drawn(out.str());
    for (std::string line; std::getline(drawn, line);) EXPECT_LE(line.size(), width) << line;
    EXPECT_EQ(lines(out.str()), 3U);
  }
}

TEST(TableReporter, ALongUrlGivesWayToTheFigures) {
  std::ostringstream out;
  TableReporter table(out, [] { return 80U; });
  auto servers = twoServers();
  servers[0].url = "rtmp://" + std::string(100, 'x') + "/live";
  table.stats(servers);
  EXPECT_THAT(out.str(), HasSubstr("0 rtmp://xxxxxxxxxxxx... publishing"));
  EXPECT_THAT(out.str(), HasSubstr("reconnects\n"));
}

TEST(TableReporter, AServerThatIsTriedAgainTellsWhen) {
  auto servers = twoServers();
  servers[1].state = multiconn::ServerState::reconnecting;
  servers[1].attempts = 2;
  servers[1].retry_in = std::chrono::milliseconds(2140);
  const auto drawn = [&](std::size_t width) {
    std::ostringstream out;
    TableReporter table(out, [width] { return width; });
    table.stats(servers);
    return out.str();
  };
  EXPECT_THAT(drawn(120), HasSubstr("/**** reconnecting (3, in 2.1 s) "));
  EXPECT_THAT(drawn(80), HasSubstr(" retry 3 in 2.1 s "));
  EXPECT_THAT(drawn(80), HasSubstr("reconnects\n"));
  servers[1].retry_in.reset();
  EXPECT_THAT(drawn(120), HasSubstr("reconnecting (2, now)"));
}

TEST(TableReporter, ASilentSpareIsAStandby) {
  auto servers = twoServers();
  servers[0].standby = true;
  std::ostringstream out;
  TableReporter table(out, [] { return 80U; });
  table.stats(servers);
  EXPECT_THAT(out.str(), HasSubstr(" standby "));
  EXPECT_THAT(out.str(), Not(HasSubstr("publishing")));
}

}  // namespace
}  // namespace publish
