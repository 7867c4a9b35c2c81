// Ending MultiConnection and Runtime over real sockets, wherever the servers stand still.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <future>
#include <optional>
#include <ostream>
#include <thread>

#include <multiconn/multiconn.hpp>

#include "net/stuck_server.hpp"
#include "support/media_frames.hpp"
#include "support/own_namespace.hpp"

namespace multiconn::test {
namespace {

using namespace std::chrono_literals;
using net::test::StuckAt;
using net::test::StuckServer;
using Clock = std::chrono::steady_clock;

/// For closing, and for the destructors together: 250 ms, after which timers cut off what is left
/// (close_test.cpp has them in simulated time), and what a busy machine is late.
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
constexpr auto promised = 1000ms;
#else
constexpr auto promised = 500ms;
#endif

struct Stuck {
  std::string name;
  StuckAt point;
  bool tls = false;
  bool sends = false;  ///< frames, which the server reads no more
};
void PrintTo(const Stuck& stuck, std::ostream* out) {
  *out << stuck.name;
}

// Built once for each engine.
Destination to(const std::string& url) {
  Destination destination;
  destination.url = url;
  destination.engine = LinkEngine::MULTICONN_TEST_ENGINE;
  return destination;
}

bool waitFor(const std::function<bool()>& condition) {
  const auto deadline = Clock::now() + 20s;
  while (!condition() && Clock::now() < deadline) std::this_thread::sleep_for(1ms);
  return condition();
}

bool hasPublish(const StuckServer& server) {
  const auto& received = server.answerer().received();
  return std::any_of(received.begin(), received.end(), [](const rtmp::Message& message) {
    const auto* command = std::get_if<rtmp::Command>(&message.body);
    return command && command->name == "publish";
  });
}

/// A broadcast on its way to where the server stands still.
struct Attempt {
  explicit Attempt(const Stuck& stuck) : server(stuck.point, stuck.tls) {
    ConnectOptions options;
    options.setup_timeout = 60s;
    options.tls = server.trust();
    connection.emplace(*runtime, options);
    stream = connection->setNetStreams();
    stream.publish("key");
    connection->connect({to((stuck.tls ? "rtmps" : "rtmp") + std::string("://127.0.0.1:") +
                            std::to_string(server.port()) + "/live")});
    EXPECT_TRUE(waitFor([&] { return server.arrived() && (stuck.point != StuckAt::open || begun()); }));
    if (!stuck.sends) return;
    // More than the kernel takes.
    stream.writeVideo(videoConfig());
    for (std::uint32_t i = 0; i < 200; ++i)
      EXPECT_TRUE(stream.writeVideo(video(FrameKind::key, i, 1ms * i, 100'000)));
    EXPECT_TRUE(waitFor([&] { return stream.queued() > 1'000'000; }));
  }

  bool begun() { return connection->stats()[0].state == ServerState::publishing && hasPublish(server); }

  StuckServer server;
  std::optional<Runtime> runtime{std::in_place};
  std::optional<MultiConnection> connection;
  NetStream stream;
};

class RuntimeEnd : public testing::TestWithParam<Stuck> {
 protected:
  /// A busy machine is late now and then, but not five times in a row.
  template <typename Measured>
  void inTime(Measured measured) {
    auto quickest = Clock::duration::max();
    for (int i = 0; i < 5 && quickest > promised; ++i) {
      Attempt attempt(GetParam());
      const auto before = Clock::now();
      measured(attempt);
      quickest = std::min(quickest, Clock::now() - before);
    }
    EXPECT_LE(quickest, promised);
  }
};

TEST_P(RuntimeEnd, TheDestructorsComeBackInTime) {
  inTime([](Attempt& attempt) {
    attempt.connection.reset();
    attempt.runtime.reset();
  });
}

TEST_P(RuntimeEnd, NcCloseAnswersInTime) {
  inTime([](Attempt& attempt) {
    std::promise<void> closed;
    attempt.connection->ncClose([&] { closed.set_value(); });
    EXPECT_EQ(closed.get_future().wait_for(20s), std::future_status::ready);
  });
}

INSTANTIATE_TEST_SUITE_P(Real, RuntimeEnd,
                         testing::Values(Stuck{"tcp", StuckAt::tcp},
                                         Stuck{"rtmp_silent", StuckAt::first_bytes},
                                         Stuck{"rtmp_handshake", StuckAt::handshake},
                                         Stuck{"tls_silent", StuckAt::first_bytes, true},
                                         Stuck{"tls_handshake", StuckAt::handshake, true},
                                         Stuck{"rtmp_in_tls", StuckAt::rtmp_in_tls, true},
                                         Stuck{"publishing", StuckAt::open},
                                         Stuck{"publishing_tls", StuckAt::open, true},
                                         Stuck{"reads_nothing", StuckAt::open, false, true},
                                         Stuck{"reads_nothing_tls", StuckAt::open, true, true}),
                         [](const auto& stuck) { return stuck.param.name; });

// The resolver would hang for a minute.
TEST(RuntimeEndMuteDns, TheDestructorsDoNotWaitForIt) {
  if (!inOwnNamespace()) return;
  MuteNameServer dns;
  auto quickest = Clock::duration::max();
  for (int i = 0; i < 5 && quickest > promised; ++i) {
    std::optional<Runtime> runtime(std::in_place);
    std::optional<MultiConnection> connection(std::in_place, *runtime);
    connection->publish("key");
    connection->connect({to("rtmp://edge9.example/live")});
    ASSERT_TRUE(dns.waitAsked(20s));
    const auto before = Clock::now();
    connection.reset();
    runtime.reset();
    quickest = std::min(quickest, Clock::now() - before);
  }
  EXPECT_LE(quickest, promised);
}

}  // namespace
}  // namespace multiconn::test
