// librtmp's own rtmpsrv, which listens on port 1935 of every address: in a network namespace of its own.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>

#include "net/link_factory.hpp"
#include "net/link_recorder.hpp"
#include "net/socket.hpp"
#include "support/loop.hpp"
#include "support/own_namespace.hpp"

namespace multiconn::librtmp::test {
namespace {

/// Ends with this object. Its standard input is held open: it spins once that has ended.
class Rtmpsrv {
 public:
  Rtmpsrv() {
    std::array<int, 2> input{-1, -1};
    EXPECT_EQ(::pipe2(input.data(), O_CLOEXEC), 0);
    child_ = ::fork();
    if (child_ == 0) {
      ::dup2(input[0], STDIN_FILENO);
      ::execlp("rtmpsrv", "rtmpsrv", nullptr);
      ::_exit(127);
    }
    ::close(input[0]);
    input_.reset(input[1]);
  }
  ~Rtmpsrv() {
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
  }
  Rtmpsrv(const Rtmpsrv&) = delete;
  Rtmpsrv& operator=(const Rtmpsrv&) = delete;

  bool alive() const { return ::waitpid(child_, nullptr, WNOHANG) == 0; }

 private:
  pid_t child_;
  net::Socket input_;
};

int results(const net::test::LinkRecorder& events) {
  int count = 0;
  for (const rtmp::Message& message : events.messages) {
    const auto* command = std::get_if<rtmp::Command>(&message.body);
    if (command && command->name == "_result") ++count;
  }
  return count;
}

/// Connects, and again while nobody listens yet.
bool connectsAndCreatesAStream(const std::string& scheme, const Rtmpsrv& rtmpsrv) {
  net::test::Loop loop;
  for (int attempt = 0; attempt < 1000 && rtmpsrv.alive(); ++attempt) {
    net::test::LinkRecorder events;
    const auto link = net::makeLink(loop.scheduler(), net::test::target(scheme, "127.0.0.1", 1935));
    link->open(net::test::openingMessages(), events);
    if (!loop.until([&] { return events.ended() || results(events) == 2; })) return false;
    if (results(events) == 2) return true;
    if (events.failures[0].code != std::errc::connection_refused) {
      ADD_FAILURE() << events.failures[0].text;
      return false;
    }
    loop.runFor(std::chrono::milliseconds(10));
  }
  ADD_FAILURE() << "rtmpsrv (Debian's rtmpdump) does not run";
  return false;
}

TEST(Rtmpsrv, AcceptsConnectAndCreateStream) {
  if (!multiconn::test::inOwnNamespace()) return;
  const Rtmpsrv rtmpsrv;
  for (const char* scheme : {"rtmp", "rtmpe"}) EXPECT_TRUE(connectsAndCreatesAStream(scheme, rtmpsrv));
}

}  // namespace
}  // namespace multiconn::librtmp::test
