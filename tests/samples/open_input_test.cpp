// multiconn-publish as a process, with inputs that take for ever to open.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <csignal>
#include <memory>
#include <string>
#include <vector>

#include "net/socket.hpp"
#include "support/program_run.hpp"
#include "support/temporary_folder.hpp"

namespace multiconn::test {
namespace {

using testing::HasSubstr;

std::unique_ptr<ProgramRun> publish(const std::string& input) {
  return std::make_unique<ProgramRun>(std::vector<std::string>{
      MULTICONN_BIN "/multiconn-publish", "--stats", "json", input, "rtmp://127.0.0.1:9/live/canary"});
}

/// Interrupts a program that is opening its input.
void expectToEnd(ProgramRun& program, int signal) {
  program.signal(signal);
  EXPECT_EQ(program.errors(), "multiconn-publish: interrupted before the input was open\n");
  EXPECT_EQ(program.output(), "{\"event\":\"summary\",\"servers\":[]}\n");
  EXPECT_EQ(program.status(), 2);
}

TEST(OpenInput, OfASilentPipeIsInterrupted) {
  for (const int signal : {SIGINT, SIGTERM}) {
    const TemporaryFolder folder;
    const std::string pipe = folder.file("pipe");
    ASSERT_EQ(::mkfifo(pipe.c_str(), S_IRUSR | S_IWUSR), 0);
    const auto program = publish(pipe);
    const net::Socket writer(::open(pipe.c_str(), O_WRONLY | O_CLOEXEC));  // once the program reads
    expectToEnd(*program, signal);
  }
}

TEST(OpenInput, OfAMuteServerIsInterrupted) {
  const net::Socket listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ASSERT_EQ(::listen(listener.descriptor(), 1), 0);  // at a port of the kernel's choice
  const std::string port = std::to_string(net::Address::ofSocket(listener.descriptor()).port());
  const auto program = publish("tcp://127.0.0.1:" + port);
  const net::Socket connected(::accept4(listener.descriptor(), nullptr, nullptr, SOCK_CLOEXEC));
  expectToEnd(*program, SIGTERM);
}

TEST(OpenInput, ThatFailsIsTold) {
  const TemporaryFolder folder;
  const auto program = publish(folder.write("film.mp4", "this is no film"));
  EXPECT_THAT(program->errors(), HasSubstr("film.mp4\" is not media that FFmpeg recognises\n"));
  EXPECT_EQ(program->output(), "");
  EXPECT_EQ(program->status(), 1);
}

}  // namespace
}  // namespace multiconn::test
