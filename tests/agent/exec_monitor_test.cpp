#include "agent/monitors/exec_monitor.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <thread>

#include "agent/waiting.hpp"
#include "support/error_of.hpp"
#include "support/temporary_folder.hpp"

namespace multiconn::agent {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

std::string failureOf(AgentMonitor& monitor) {
  return test::errorOf([&] { monitor.load(); });
}

ExecOptions shell(const std::string& script, std::chrono::milliseconds timeout = 5s) {
  return {{"sh", "-c", script}, timeout, {}};
}

TEST(ExecOutput, HasEveryField) {
  const auto [load, unknown] = parseExecOutput(
      R"({"connections":7,"capacity":50,"accepts":90,"acceptsEstimated":true,"inBits":1e6,"outBits":2000000,)"
      R"("cpu":0.5,"healthy":false})");
  EXPECT_EQ(load.connections, 7U);
  EXPECT_EQ(load.capacity, 50U);
  EXPECT_EQ(load.accepts, 90U);
  EXPECT_TRUE(load.accepts_estimated);
  EXPECT_EQ(load.in_bits, 1000000U);
  EXPECT_EQ(load.out_bits, 2000000U);
  EXPECT_EQ(load.cpu, 0.5);
  EXPECT_FALSE(load.healthy);
  EXPECT_THAT(unknown, testing::IsEmpty());
}

TEST(ExecOutput, NamesFieldsThatNobodyKnows) {
  EXPECT_THAT(parseExecOutput(R"({"connections":7,"in_bits":1,"Cpu":0})").unknown,
              testing::ElementsAre("in_bits", "Cpu"));
}

TEST(ExecMonitor, TellsOfAnUnknownFieldOnce) {
  std::vector<std::string> told;
  ExecOptions options = shell(R"(echo '{"connections":4,"in\u001bbits":1}')");
  options.log = [&](const std::string& line) { told.push_back(line); };
  ExecMonitor monitor(std::move(options));
  EXPECT_EQ(monitor.load().connections, 4U);
  EXPECT_EQ(monitor.load().connections, 4U);
  EXPECT_THAT(told,
              testing::ElementsAre(testing::AllOf(HasSubstr("\"in?bits\""), HasSubstr("inBits, outBits"))));
}

TEST(ExecOutput, NeedsConnectionsOnly) {
  const AgentLoad load = parseExecOutput(R"({"connections":0})").load;
  EXPECT_TRUE(load.healthy);
  EXPECT_FALSE(load.accepts);
  EXPECT_FALSE(load.capacity);
  for (const char* text : {"", "7", "{}", R"({"connections":-1})", R"({"connections":"7"})"})
    EXPECT_THROW(parseExecOutput(text), std::runtime_error) << text;
}

TEST(ExecMonitor, RunsWithoutAShellAndTellsTheFirstLineOfStderr) {
  std::string told;
  ExecMonitor monitor(
      {{"sh", "-c", "printf 'half of \\033 it\\nmore' >&2; printf '{\"connections\":%s}' \"$1\"", "sh",
        "3; true"},
       5s,
       [&](const std::string& line) { told = line; }});
  EXPECT_THAT(failureOf(monitor), HasSubstr("no JSON"));
  EXPECT_EQ(told, "sh says: half of ? it");
}

TEST(ExecMonitor, IsGivenItsTimeOnly) {
  ExecMonitor monitor(shell("sleep 60 & sleep 60", 100ms));
  EXPECT_THAT(failureOf(monitor), HasSubstr("within 100 ms"));
}

TEST(ExecMonitor, KillsTheWholeGroup) {
  const test::TemporaryFolder folder;
  const std::string file = folder.file("pid");
  ExecMonitor monitor(shell("sleep 60 & echo $! > " + file + "; wait", 300ms));
  failureOf(monitor);
  const int pid = std::stoi(folder.read("pid"));
  // A zombie until its new parent looks.
  const auto deadline = std::chrono::steady_clock::now() + test::patience;
  const auto gone = [&] {
    if (::kill(pid, 0) != 0) return true;
    return test::textOf("/proc/" + std::to_string(pid) + "/stat").find(") Z") != std::string::npos;
  };
  while (!gone() && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  EXPECT_TRUE(gone());
}

TEST(ExecMonitor, IsStoppedInTheMiddle) {
  ExecMonitor monitor(shell("sleep 60", 60s));
  std::thread other([&] { monitor.cancel(); });
  EXPECT_THAT(failureOf(monitor), HasSubstr("stopped"));
  other.join();
}

TEST(ExecMonitor, RefusesToReadWithoutEnd) {
  ExecMonitor monitor(shell("yes"));
  EXPECT_THAT(failureOf(monitor), HasSubstr("prints too much"));
}

TEST(ExecMonitor, SaysWhyItFailed) {
  ExecMonitor missing({{"/nowhere/at-all"}, 5s, {}});
  EXPECT_THAT(failureOf(missing), HasSubstr("cannot run /nowhere/at-all"));
  ExecMonitor failing(shell("echo no such server >&2; exit 3"));
  EXPECT_THAT(failureOf(failing), HasSubstr("no such server"));
}

TEST(ExecMonitor, AHelperThatStaysBehindDoesNotHoldItUp) {
  ExecMonitor monitor(shell("sleep 60 >/dev/null & echo '{\"connections\":4}'"));
  EXPECT_EQ(monitor.load().connections, 4U);
}

}  // namespace
}  // namespace multiconn::agent
