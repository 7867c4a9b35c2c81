#include "program/program.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <stdexcept>
#include <system_error>

#include "support/temporary_folder.hpp"

namespace multiconn::tools {
namespace {

struct ParsedOnce {
  int status;
  std::string out, err;
};

ParsedOnce parse(std::vector<std::string> arguments, std::string* log_level = nullptr) {
  std::string level = "info";
  std::string& value = log_level == nullptr ? level : *log_level;
  CLI::App app("Does something.", "multiconn-something");
  addCommonOptions(app, value);
  int number = 0;
  app.add_option("--number", number, "A number");
  std::reverse(arguments.begin(), arguments.end());
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  int status = 0;
  try {
    app.parse(arguments);
  } catch (const CLI::ParseError& error) {
    status = explain(app, error);
  }
  const std::string out = testing::internal::GetCapturedStdout();
  return {status, out, testing::internal::GetCapturedStderr()};
}

TEST(Program, ExplainsAMistakeInOneLine) {
  const ParsedOnce run = parse({"--number", "x"});
  EXPECT_EQ(run.status, 1);
  EXPECT_EQ(run.out, "");
  EXPECT_EQ(run.err.rfind("multiconn-something: ", 0), 0U) << run.err;
  EXPECT_EQ(run.err.find('\n'), run.err.size() - 1) << run.err;
}

TEST(Program, TellsItsVersionAndItsOptions) {
  const ParsedOnce version = parse({"--version"});
  EXPECT_EQ(version.status, 0);
  EXPECT_EQ(version.out, "multiconn-something " MULTICONN_VERSION "\n");
  const ParsedOnce help = parse({"--help"});
  EXPECT_EQ(help.status, 0);
  for (const char* const option : {"--number", "--config", "--log-level", "--version"})
    EXPECT_NE(help.out.find(option), std::string::npos) << option;
  for (const char* const said :
       {"Read options by their long names from this file: name=\"value\" on each line",
        "--log-level LEVEL=info ", "How much standard error tells: trace, debug, info, warn, error, off"})
    EXPECT_NE(help.out.find(said), std::string::npos) << said;
}

TEST(Program, TakesALogLevel) {
  std::string level = "info";
  EXPECT_EQ(parse({"--log-level", "debug"}, &level).status, 0);
  EXPECT_EQ(level, "debug");
  EXPECT_EQ(parse({"--log-level", "loud"}).status, 1);
  EXPECT_EQ(parse({"--config", "/nowhere/x.conf"}).status, 1);
}

TEST(Program, RefusesAFileOfOptionsItDoesNotKnow) {
  const test::TemporaryFolder folder;
  EXPECT_EQ(parse({"--config", folder.write("good.conf", "number=3\nlog-level=\"debug\"\n")}).status, 0);
  const ParsedOnce run = parse({"--config", folder.write("old.conf", "numbre=3\n")});
  EXPECT_EQ(run.status, 1);
  EXPECT_NE(run.err.find("numbre"), std::string::npos) << run.err;
}

TEST(Program, TurnsAnExceptionIntoOneLine) {
  testing::internal::CaptureStderr();
  EXPECT_EQ(runProgram("multiconn-something", []() -> int { throw std::runtime_error("two\nlines"); }), 1);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "multiconn-something: two lines\n");
  EXPECT_EQ(runProgram("multiconn-something", [] { return 7; }), 7);
}

TEST(Program, SaysWhatToDoAboutAPortThatIsTaken) {
  testing::internal::CaptureStderr();
  const auto body = []() -> int {
    throw std::system_error(std::make_error_code(std::errc::address_in_use), "cannot listen on :: port 1935");
  };
  EXPECT_EQ(runProgram("multiconn-something", body), 1);
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            "multiconn-something: cannot listen on :: port 1935: Address already in use: --help names the "
            "option for another port\n");
}

TEST(Program, RaisesTheDescriptorLimit) {
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit low = before;
  low.rlim_cur = std::min<rlim_t>(256, before.rlim_max);
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &low), 0);
  raiseDescriptorLimit();
  rlimit after{};
  getrlimit(RLIMIT_NOFILE, &after);
  EXPECT_EQ(after.rlim_cur, before.rlim_max);
  setrlimit(RLIMIT_NOFILE, &before);
}

TEST(Program, TakesSignalsFromOnePlace) {
  sigset_t before;
  pthread_sigmask(SIG_SETMASK, nullptr, &before);
  const sigset_t signals = blockSignals({SIGUSR1});
  raise(SIGUSR1);
  int received = 0;
  EXPECT_EQ(sigwait(&signals, &received), 0);
  EXPECT_EQ(received, SIGUSR1);
  EXPECT_TRUE(sigismember(&signals, SIGTERM) == 1 && sigismember(&signals, SIGINT) == 1);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

}  // namespace
}  // namespace multiconn::tools
