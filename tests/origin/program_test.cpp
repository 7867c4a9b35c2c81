// The program multiconn-origin, as somebody at a terminal meets it.
#include <gmock/gmock.h>

#include <algorithm>
#include <csignal>
#include <fstream>

#include "origin/origin_fixture.hpp"
#include "origin/start_origin.hpp"

namespace multiconn::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::MatchesRegex;

TEST(OriginProgram, TellsItsPortsAndStopsOnASignal) {
  for (const int number : {SIGTERM, SIGINT}) {
    ProgramRun program = startOrigin({"--listen", "127.0.0.1:0", "--http", "0", "--log-level", "debug"});
    const std::uint16_t rtmp = listeningPort(program.line(), "rtmp");
    const std::uint16_t http = listeningPort(program.line(), "http");
    RtmpTestClient publisher(rtmp);
    ASSERT_TRUE(publisher.connect() && publisher.publish("secretkey"));
    EXPECT_THAT(get(http, "/status.json"), HasSubstr("\"connections\":1"));
    const auto begin = std::chrono::steady_clock::now();
    program.signal(number);
    EXPECT_EQ(program.status(), 0);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 5s) << "nobody waits longer for a program to stop";
    const std::string log = program.errors();
    EXPECT_THAT(log, HasSubstr("publishes live/****"));
    EXPECT_THAT(log, testing::Not(HasSubstr("secretkey")));
  }
}

TEST(OriginProgram, ListensWhereverItIsTold) {
  ProgramRun program =
      startOrigin({"--listen", "127.0.0.1:0", "--listen", "127.0.0.2:0", "--http", "127.0.0.3:0"});
  const std::string first = program.line(), second = program.line(), http = program.line();
  EXPECT_THAT(first, MatchesRegex("listening rtmp 127\\.0\\.0\\.1:[0-9]+"));
  EXPECT_THAT(second, MatchesRegex("listening rtmp 127\\.0\\.0\\.2:[0-9]+"));
  EXPECT_THAT(http, MatchesRegex("listening http 127\\.0\\.0\\.3:[0-9]+"));
  program.signal(SIGTERM);
  EXPECT_EQ(program.status(), 0);
}

TEST(OriginProgram, WithoutAnAddressTheStatusPageIsOnLoopback) {
  ProgramRun program = startOrigin({"--listen", "0", "--http", "0"});
  EXPECT_THAT(program.line(), MatchesRegex("listening rtmp (\\[::\\]|0\\.0\\.0\\.0):[0-9]+"));
  EXPECT_THAT(program.line(), MatchesRegex("listening http 127\\.0\\.0\\.1:[0-9]+"));
}

TEST(OriginProgram, AnswersAMistakeWithOneLineAndStatus1) {
  auto taken = testOptions();
  const TemporaryFolder folder;
  taken.data_dir = folder.path();
  const OriginServer other(taken);
  const std::string users = folder.path() / "users";
  std::ofstream(users) << "# who may publish\nalice:s3cret\nbob\n";
  const std::vector<std::vector<std::string>> mistakes{
      {"--listen", "65536"},
      {"--listen", "many"},
      {"--listen", "127.0.0.1"},
      {"--no-such-option"},
      {"surplus"},
      {"--play-wait", "soon"},
      {"--play-wait", "-5s"},
      {"--play-wait", "1000000000min"},
      {"--max-connections", "-1"},
      {"--max-connections", "0"},
      {"--listen", "127.0.0.1:0", "--http=-1"},
      {"--listen", "127.0.0.1:0", "--listen", "localhost:0"},
      {"--log-level", "loud"},
      {"--config", "/no/such/file"},
      {"--listen", "localhost:0"},
      {"--listen", "0", "--data-dir", "/proc/no"},
      {"--listen", "0", "--data-dir", folder.path()},
      {"--listen", "0", "--auth-file", "/no/such/file"},
      {"--listen", "0", "--auth-file", users},
      {"--max-value-size", "much"},
      {"--listen", "0", "--tls-cert", "/no/such/file"},
      {"--listen", "127.0.0.1:0", "--listen", "127.0.0.1:" + std::to_string(other.port())}};
  for (const auto& arguments : mistakes) {
    ProgramRun program = startOrigin(arguments);
    EXPECT_EQ(program.status(), 1) << arguments.back();
    const std::string text = program.errors();
    EXPECT_THAT(text, testing::StartsWith("multiconn-origin: "));
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1) << text;
    EXPECT_THAT(text, testing::Not(HasSubstr("s3cret")));
  }
}

TEST(OriginProgram, SendsClientsElsewhere) {
  ProgramRun program =
      startOrigin({"--listen", "127.0.0.1:0", "--app", "live", "--redirect", "rtmp://other.example/live"});
  const std::uint16_t port = listeningPort(program.line(), "rtmp");
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
  ProgramRun version = startOrigin({"--version"});
  EXPECT_THAT(version.line(), MatchesRegex("multiconn-origin [0-9]+\\.[0-9]+\\.[0-9]+"));
  EXPECT_EQ(version.status(), 0);
  ProgramRun help = startOrigin({"--help"});
  const std::string said = help.output();
  EXPECT_THAT(said, HasSubstr("RTMP server"));
  EXPECT_THAT(said, testing::Not(testing::ContainsRegex("INT|TEXT|SIZE|CLI11| in \\[")));
  for (const char* const line :
       {"--play-wait TIME=30s ", "; as 500ms, 30s or 2min, or in milliseconds", "--max-connections N=1024 ",
        "--max-object-size BYTES=1048576", "Example: multiconn-origin "})
    EXPECT_THAT(said, HasSubstr(line));
  EXPECT_EQ(help.status(), 0);
}

}  // namespace
}  // namespace multiconn::test
