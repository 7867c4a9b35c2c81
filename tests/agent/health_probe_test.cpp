#include "agent/health_probe.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <multiconn/origin.hpp>

#include "agent/local_thread.hpp"
#include "agent/tcp_server.hpp"
#include "agent/waiting.hpp"

namespace multiconn::agent {
namespace {

using namespace std::chrono_literals;
using test::TcpServer;
using testing::HasSubstr;

struct Verdict {
  bool answers;
  std::string why;
};

class HealthProbeTest : public testing::Test {
 protected:
  void ask(std::uint16_t port, const std::string& host = "127.0.0.1") {
    thread_.run([&] {
      HealthProbeEvents events;
      events.probing = [this](std::uint16_t local_port) { probing_.put(local_port); };
      events.probed = [this](std::uint16_t local_port, bool taken) { probed_.put({local_port, taken}); };
      events.verdict = [this](bool answers, const std::string& why) { verdicts_.put({answers, why}); };
      probe_.emplace(thread_.scheduler(), HealthProbeOptions{host, port, 10ms, 300ms}, std::move(events));
    });
  }
  void TearDown() override {
    thread_.run([this] { probe_.reset(); });
  }

  test::LocalThread thread_;
  test::Inbox<std::uint16_t> probing_;
  test::Inbox<std::pair<std::uint16_t, bool>> probed_;
  test::Inbox<Verdict> verdicts_;
  std::optional<HealthProbe> probe_;
};

TEST_F(HealthProbeTest, AServerAnswers) {
  OriginOptions options;
  options.address = "127.0.0.1";
  options.port = 0;
  const OriginServer server(options);
  ask(server.port());
  const auto verdict = verdicts_.take();
  ASSERT_TRUE(verdict);
  EXPECT_TRUE(verdict->answers) << verdict->why;
  EXPECT_EQ(probed_.take(), std::pair(*probing_.take(), true)) << "told before and after";
  EXPECT_EQ(server.load().connections, 0U) << "a probe is no client";
}

TEST_F(HealthProbeTest, NobodyListens) {
  std::uint16_t port = 0;
  {
    const TcpServer gone;
    port = gone.port();
  }
  ask(port);
  const auto verdict = verdicts_.take();
  ASSERT_TRUE(verdict);
  EXPECT_FALSE(verdict->answers);
  EXPECT_THAT(verdict->why, HasSubstr("refuses connections"));
  EXPECT_EQ(probed_.take(), std::pair(*probing_.take(), false));
}

TEST_F(HealthProbeTest, AServerThatHangsIsMute) {
  // Its kernel takes the connection, as that of a stopped process does.
  const TcpServer mute;
  ask(mute.port());
  const auto verdict = verdicts_.take();
  ASSERT_TRUE(verdict);
  EXPECT_FALSE(verdict->answers);
  EXPECT_THAT(verdict->why, HasSubstr("does not answer an RTMP handshake within 300 ms"));
}

TEST_F(HealthProbeTest, AServerThatCloses) {
  const TcpServer server;
  ask(server.port());
  server.accept();
  const auto verdict = verdicts_.take();
  ASSERT_TRUE(verdict);
  EXPECT_FALSE(verdict->answers);
}

TEST_F(HealthProbeTest, SomethingElseThanRtmp) {
  const TcpServer server;
  ask(server.port());
  const net::Socket socket = server.accept();
  const std::string text = "220 mail.example.com\r\n";
  ::send(socket.descriptor(), text.data(), text.size(), MSG_NOSIGNAL);
  const auto verdict = verdicts_.take();
  ASSERT_TRUE(verdict);
  EXPECT_FALSE(verdict->answers);
  EXPECT_THAT(verdict->why, HasSubstr("no RTMP handshake"));
}

TEST_F(HealthProbeTest, LooksAgainAndAgain) {
  const TcpServer server;
  ask(server.port());
  for (int i = 0; i < 3; ++i) {
    server.accept();
    EXPECT_TRUE(verdicts_.take());
  }
}

}  // namespace
}  // namespace multiconn::agent
