// Setup that is answered, and MultiConnection and Runtime that end, over real sockets, wherever the servers
// stand still.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <optional>

#include <multiconn/multiconn.hpp>

#include "client/local_server.hpp"
#include "support/end_in_time.hpp"
#include "support/media_frames.hpp"
#include "support/own_namespace.hpp"
#include "support/stuck_cases.hpp"

namespace multiconn::test {
namespace {

using namespace std::chrono_literals;
using net::test::StuckAt;
using net::test::StuckServer;

// Of the connection's own time-outs none shall be what ends it.
constexpr std::chrono::milliseconds distant = 60s;

// Built once for each engine.
Destination to(const std::string& url) {
  Destination destination;
  destination.url = url;
  destination.engine = LinkEngine::MULTICONN_TEST_ENGINE;
  return destination;
}

/// A broadcast on its way to where the server stands still.
struct Attempt {
  explicit Attempt(const Stuck& stuck) : server(stuck.point, stuck.tls) {
    ConnectOptions options;
    options.setup_timeout = distant;
    options.tls = server.trust();
    connection.emplace(*runtime, options);
    stream = connection->setNetStreams();
    stream.onStatus([this](const Status& status) {
      if (status.code == "NetStream.Publish.Start") publishing = true;
      server.wake();
    });
    stream.publish("key");
    connection->connect({to((stuck.tls ? "rtmps" : "rtmp") + std::string("://127.0.0.1:") +
                            std::to_string(server.port()) + "/live")});
    EXPECT_TRUE(
        server.until([&] { return server.arrived() && (publishing || stuck.point != StuckAt::open); }));
    if (!stuck.sends) return;
    // More than the kernel takes.
    stream.writeVideo(videoConfig());
    for (std::uint32_t i = 0; i < 200; ++i)
      EXPECT_TRUE(stream.writeVideo(video(FrameKind::key, i, 1ms * i, 100'000)));
    waitUntilTaken();
    EXPECT_GT(stream.queued(), 1'000'000U);
  }

  /// What was asked of the connection so far has been done.
  void waitUntilTaken() {
    std::promise<void> answered;
    connection->callRemote(
        "any", [&](const Reply&) { answered.set_value(); }, ServerId{77});
    EXPECT_EQ(answered.get_future().wait_for(20s), std::future_status::ready);
  }

  StuckServer server;
  std::atomic<bool> publishing = false;
  std::optional<Runtime> runtime{std::in_place};
  std::optional<MultiConnection> connection;
  NetStream stream;
};

class RuntimeEnd : public testing::TestWithParam<Stuck> {};

TEST_P(RuntimeEnd, TheDestructorsComeBackInTime) {
  Attempt attempt(GetParam());
  expectToEndInTime([&] {
    attempt.connection.reset();
    attempt.runtime.reset();
  });
}

TEST_P(RuntimeEnd, NcCloseAnswersInTime) {
  std::promise<void> closed;
  Attempt attempt(GetParam());
  attempt.connection->ncClose([&] { closed.set_value(); });
  EXPECT_EQ(closed.get_future().wait_for(end_deadline), std::future_status::ready);
}

INSTANTIATE_TEST_SUITE_P(Real, RuntimeEnd, everyStuckServer(), stuckName);

/// Connects to a good server and to another one, which does not answer.
class SetupBesideGood {
 public:
  explicit SetupBesideGood(
      const std::string& url, const TlsOptions& trust = {}, std::function<void()> answered = [] {})
      : told_(std::move(answered)) {
    ConnectOptions options;
    options.setup_timeout = setup_timeout;
    options.tls = trust;
    connection_.emplace(runtime_, options);
    connection_->onStatus([this](const Status& status) {
      if (status.code == "NetConnection.Connect.Success" && status.server == ServerId{0})
        connected_.set_value();
    });
    connection_->connect({to(good_.url()), to(url)}, [this](SetupOutcome outcome) {
      if (++answers_ == 1) answer_.set_value(std::move(outcome));
      told_();
    });
  }

  int answers() const { return answers_; }
  void expectTheAnswer() {
    auto answer = answer_.get_future();
    ASSERT_EQ(answer.wait_for(end_deadline), std::future_status::ready);
    const SetupOutcome outcome = answer.get();
    EXPECT_FALSE(outcome.success);
    ASSERT_EQ(outcome.servers.size(), 2U);
    EXPECT_EQ(outcome.servers[1].state, ServerOutcome::State::pending);
    EXPECT_EQ(outcome.servers[1].error, "The server has not answered yet.");
    EXPECT_GE(outcome.servers[1].elapsed, setup_timeout);
    // On a busy machine the good one may be late as well.
    auto connected = connected_.get_future();
    const bool in_time = outcome.servers[0].state == ServerOutcome::State::connected;
    EXPECT_EQ(connected.wait_for(in_time ? 0s : end_deadline), std::future_status::ready);
  }
  void expectNoOtherAnswer() {
    std::promise<void> closed;
    connection_->ncClose([&] { closed.set_value(); });
    EXPECT_EQ(closed.get_future().wait_for(end_deadline), std::future_status::ready);
    EXPECT_EQ(answers_, 1);
  }

 private:
  static constexpr std::chrono::milliseconds setup_timeout = 300ms;

  std::function<void()> told_;
  std::atomic<int> answers_ = 0;
  std::promise<SetupOutcome> answer_;
  std::promise<void> connected_;
  const LocalServer good_;
  Runtime runtime_;
  std::optional<MultiConnection> connection_;
};

class SetupDeadline : public testing::TestWithParam<Stuck> {};

TEST_P(SetupDeadline, HoldsWhereverAServerStandsStill) {
  StuckServer server(GetParam().point, GetParam().tls);
  SetupBesideGood setup((GetParam().tls ? "rtmps" : "rtmp") + std::string("://127.0.0.1:") +
                            std::to_string(server.port()) + "/live",
                        server.trust(), [&] { server.wake(); });
  EXPECT_TRUE(server.until([&] { return server.arrived() && setup.answers() > 0; }));
  setup.expectTheAnswer();
  setup.expectNoOtherAnswer();
}

// Of everyStuckServer(), those that have not answered connect.
INSTANTIATE_TEST_SUITE_P(Real, SetupDeadline,
                         testing::Values(Stuck{"tcp", StuckAt::tcp},
                                         Stuck{"rtmp_silent", StuckAt::first_bytes},
                                         Stuck{"rtmp_handshake", StuckAt::handshake},
                                         Stuck{"tls_silent", StuckAt::first_bytes, true},
                                         Stuck{"tls_handshake", StuckAt::handshake, true},
                                         Stuck{"rtmp_in_tls", StuckAt::rtmp_in_tls, true}),
                         stuckName);

// The resolver would hang for a minute.
TEST(SetupDeadlineMuteDns, HoldsWhileANameIsLookedUp) {
  if (!inOwnNamespace()) return;
  MuteNameServer dns;
  SetupBesideGood setup("rtmp://edge9.example/live");
  ASSERT_TRUE(dns.waitAsked(20s));
  setup.expectTheAnswer();
  setup.expectNoOtherAnswer();
}

TEST(RuntimeEndMuteDns, TheDestructorsDoNotWaitForIt) {
  if (!inOwnNamespace()) return;
  MuteNameServer dns;
  std::optional<Runtime> runtime(std::in_place);
  ConnectOptions options;
  options.setup_timeout = distant;
  std::optional<MultiConnection> connection(std::in_place, *runtime, options);
  connection->publish("key");
  connection->connect({to("rtmp://edge9.example/live")});
  ASSERT_TRUE(dns.waitAsked(20s));
  expectToEndInTime([&] {
    connection.reset();
    runtime.reset();
  });
}

}  // namespace
}  // namespace multiconn::test
