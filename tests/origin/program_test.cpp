// The program multiconn-origin, as somebody at a terminal meets it.
#include <gmock/gmock.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <fstream>

#include "origin/origin_fixture.hpp"
#include "origin/program.hpp"

namespace multiconn::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::MatchesRegex;

TEST(OriginProgram, TellsItsPortsAndStopsOnASignal) {
  for (const int number : {SIGTERM, SIGINT}) {
    Program program({"--address", "127.0.0.1", "--port", "0", "--http-port", "0", "--log-level", "debug"});
    const std::string line = program.line();
    unsigned rtmp = 0;
    unsigned http = 0;
    ASSERT_EQ(std::sscanf(line.c_str(), "listening rtmp=%u http=%u", &rtmp, &http), 2) << line;
    RtmpTestClient publisher(static_cast<std::uint16_t>(rtmp));
    ASSERT_TRUE(publisher.connect() && publisher.publish("secretkey"));
    EXPECT_THAT(get(static_cast<std::uint16_t>(http), "/status.json"), HasSubstr("\"connections\":1"));
    const auto begin = std::chrono::steady_clock::now();
    program.signal(number);
    EXPECT_EQ(program.status(), 0);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 5s) << "nobody waits longer for a program to stop";
    const std::string log = program.errors();
    EXPECT_THAT(log, HasSubstr("publishes live/****"));
    EXPECT_THAT(log, testing::Not(HasSubstr("secretkey")));
  }
}

TEST(OriginProgram, AnswersAMistakeWithOneLineAndStatus1) {
  auto taken = testOptions();
  const TemporaryDirectory folder;
  taken.data_dir = folder.path();
  const OriginServer other(taken);
  const std::string users = folder.path() / "users";
  std::ofstream(users) << "# who may publish\nalice:s3cret\nbob\n";
  const std::vector<std::vector<std::string>> mistakes{
      {"--port", "65536"},
      {"--port", "many"},
      {"--no-such-option"},
      {"surplus"},
      {"--play-wait", "soon"},
      {"--play-wait", "-5s"},
      {"--play-wait", "1000000000min"},
      {"--max-connections", "-1"},
      {"--max-connections", "0"},
      {"--http-port", "-1"},
      {"--log-level", "loud"},
      {"--config", "/no/such/file"},
      {"--address", "localhost", "--port", "0"},
      {"--port", "0", "--data-dir", "/proc/no"},
      {"--port", "0", "--data-dir", folder.path()},
      {"--port", "0", "--auth-file", "/no/such/file"},
      {"--port", "0", "--auth-file", users},
      {"--max-value-size", "much"},
      {"--port", "0", "--tls-cert", "/no/such/file"},
      {"--address", "127.0.0.1", "--port", std::to_string(other.port())}};
  for (const auto& arguments : mistakes) {
    Program program(arguments);
    EXPECT_EQ(program.status(), 1) << arguments.back();
    const std::string text = program.errors();
    EXPECT_THAT(text, testing::StartsWith("multiconn-origin: "));
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1) << text;
    EXPECT_THAT(text, testing::Not(HasSubstr("s3cret")));
  }
}

TEST(OriginProgram, SendsClientsElsewhere) {
  Program program(
      {"--address", "127.0.0.1", "--port", "0", "--app", "live", "--redirect", "rtmp://other.example/live"});
  const auto port = portsOf(program).rtmp;
  RtmpTestClient stranger(port, {.app = "other"});
  EXPECT_FALSE(stranger.connect());
  ASSERT_TRUE(stranger.redirect());
  EXPECT_EQ(stranger.redirect()->url, "rtmp://other.example/live");
  RtmpTestClient client(port);
  ASSERT_TRUE(client.connect());
  program.signal(SIGUSR1);
  EXPECT_EQ(client.waitReconnectRequest(), "rtmp://other.example/live");
  ASSERT_TRUE(client.publish("stream")) << "the old connection goes on";
  program.signal(SIGTERM);
  EXPECT_EQ(program.status(), 0);
}

TEST(OriginProgram, HelpAndVersionAreOnStdout) {
  Program version({"--version"});
  EXPECT_THAT(version.line(), MatchesRegex("multiconn-origin [0-9]+\\.[0-9]+\\.[0-9]+\n"));
  EXPECT_EQ(version.status(), 0);
  Program help({"--help"});
  EXPECT_THAT(help.line(), HasSubstr("RTMP server"));
  EXPECT_EQ(help.status(), 0);
}

}  // namespace
}  // namespace multiconn::test
