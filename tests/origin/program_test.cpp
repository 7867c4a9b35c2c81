// The program multiconn-origin, as somebody at a terminal meets it.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>

#include "origin/origin_fixture.hpp"

namespace multiconn::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::MatchesRegex;

/// A started program, whose output can be read.
class Program {
 public:
  explicit Program(std::vector<std::string> arguments) {
    int out[2];
    int err[2];
    if (::pipe2(out, O_CLOEXEC) != 0 || ::pipe2(err, O_CLOEXEC) != 0) return;
    arguments.insert(arguments.begin(), MULTICONN_ORIGIN);
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    child_ = ::fork();
    if (child_ == 0) {
      ::dup2(out[1], STDOUT_FILENO);
      ::dup2(err[1], STDERR_FILENO);
      ::execv(argv[0], argv.data());
      ::_exit(127);
    }
    ::close(out[1]);
    ::close(err[1]);
    out_ = ::fdopen(out[0], "r");
    err_ = ::fdopen(err[0], "r");
  }
  ~Program() {
    if (child_ > 0) ::kill(child_, SIGKILL), status();
    std::fclose(out_);
    std::fclose(err_);
  }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  std::string line() { return lineOf(out_); }
  std::string errors() {
    std::string all;
    for (std::string line = lineOf(err_); !line.empty(); line = lineOf(err_)) all += line;
    return all;
  }
  void signal(int number) const { ::kill(child_, number); }
  /// Waits for its end.
  int status() {
    int status = 0;
    ::waitpid(std::exchange(child_, -1), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

 private:
  static std::string lineOf(FILE* file) {
    std::array<char, 4096> text{};
    return std::fgets(text.data(), text.size(), file) != nullptr ? text.data() : "";
  }

  pid_t child_ = -1;
  FILE* out_ = nullptr;
  FILE* err_ = nullptr;
};

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
  const OriginServer other(testOptions());
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
      {"--port", "0", "--tls-cert", "/no/such/file"},
      {"--address", "127.0.0.1", "--port", std::to_string(other.port())}};
  for (const auto& arguments : mistakes) {
    Program program(arguments);
    EXPECT_EQ(program.status(), 1) << arguments.back();
    const std::string text = program.errors();
    EXPECT_THAT(text, testing::StartsWith("multiconn-origin: "));
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1) << text;
  }
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
