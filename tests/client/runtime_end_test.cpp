// Ending MultiConnection and Runtime over real sockets, wherever the servers stand still.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <optional>

#include <multiconn/multiconn.hpp>

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

// The resolver would hang for a minute.
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
