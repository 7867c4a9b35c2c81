// Ending a link to servers that do not go on, over real sockets.
#include <gtest/gtest.h>

#include <chrono>

#include "net/link_factory.hpp"
#include "net/link_recorder.hpp"
#include "net/peer.hpp"
#include "support/end_in_time.hpp"
#include "support/stuck_cases.hpp"

namespace multiconn::net::test {
namespace {

using namespace std::chrono_literals;
using multiconn::test::end_deadline;
using multiconn::test::everyStuckServer;
using multiconn::test::Stuck;
using multiconn::test::stuckName;

/// One link, on its way to where the server stands still.
struct Attempt {
  explicit Attempt(const Stuck& stuck) : server(stuck.point, stuck.tls) {
    link = makeLink(loop.scheduler(),
                    target(stuck.tls ? "rtmps" : "rtmp", "127.0.0.1", server.port(), server.trust()));
    link->open(openingMessages(), events);
    const bool opens = stuck.point == StuckAt::open;
    EXPECT_TRUE(until([&] { return server.arrived() && (events.opens == 1 || !opens); }));
    EXPECT_FALSE(events.ended());
    // The kernel takes some megabytes.
    const auto send = [this] { return link->trySend(video(100'000)); };
    while (stuck.sends && loop.until(send, 100ms)) {
    }
    EXPECT_TRUE(loop.until([&] { return (link->stats().unsent > 0) == stuck.sends; }));
  }

  bool until(const std::function<bool()>& condition) {
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (!condition() && std::chrono::steady_clock::now() < deadline) {
      server.run(1ms);
      loop.runFor(1ms);
    }
    return condition();
  }

  StuckServer server;
  Loop loop;
  LinkRecorder events;
  std::unique_ptr<Link> link;
};

class CloseFromState : public testing::TestWithParam<Stuck> {
 protected:
  void closeInTime(CloseMode mode, std::error_code expected) {
    Attempt attempt(GetParam());
    attempt.link->close(mode);
    EXPECT_FALSE(attempt.events.ended());  // not inside the call
    ASSERT_TRUE(attempt.loop.until([&] { return attempt.events.ended(); }, end_deadline));
    EXPECT_EQ(attempt.events.failures[0].code, expected);
    attempt.loop.runFor(20ms);
    EXPECT_EQ(attempt.events.failures.size(), 1u);
  }
};

TEST_P(CloseFromState, EndsInTime) {
  closeInTime(CloseMode::abort, {});
}

TEST_P(CloseFromState, EndsInGoodOrderInTime) {
  closeInTime(CloseMode::graceful,
              GetParam().sends ? std::make_error_code(std::errc::timed_out) : std::error_code());
}

TEST_P(CloseFromState, TellsNothingOnceDestroyed) {
  Attempt attempt(GetParam());
  const std::size_t messages = attempt.events.messages.size();
  attempt.link.reset();  // waiting for the server would never end: it has no thread
  attempt.loop.runFor(20ms);
  EXPECT_FALSE(attempt.events.ended());
  EXPECT_EQ(attempt.events.messages.size(), messages);
}

TEST_P(CloseFromState, TellsNothingWhenDestroyedAfterClose) {
  Attempt attempt(GetParam());
  attempt.link->close(CloseMode::graceful);
  attempt.link.reset();
  attempt.loop.runFor(20ms);
  EXPECT_FALSE(attempt.events.ended());
}

INSTANTIATE_TEST_SUITE_P(Link, CloseFromState, everyStuckServer(), stuckName);

// A name whose look-up has just begun; mute_dns_test.cpp has one that hangs.
TEST(LinkClose, InTheLookUp) {
  for (const CloseMode mode : {CloseMode::graceful, CloseMode::abort}) {
    Loop loop;
    LinkRecorder events;
    const auto link = makeLink(loop.scheduler(), target("rtmp", "localhost", 1935));
    link->open(openingMessages(), events);
    link->close(mode);
    EXPECT_FALSE(events.ended());
    ASSERT_TRUE(loop.until([&] { return events.ended(); }));
    EXPECT_FALSE(events.failures[0].code);
  }
}

/// A server that answers everything, and then sends this much of a message and no more.
struct HalfASentence {
  explicit HalfASentence(Loop& loop) : listener(loop.scheduler(), "127.0.0.1", 0) {
    listener.start([this](Socket accepted, const Address&) { socket = std::move(accepted); });
  }
  void step() {
    if (!socket) return;
    peer.take(rtmp::asBytes(receiveText(socket)));
    const rtmp::Bytes says = peer.says();
    if (!says.empty()) sendText(socket, std::string(rtmp::asText(says)));
  }
  void sendHalf() {
    const rtmp::Bytes whole = peer.composed(video(100));
    sendText(socket, std::string(rtmp::asText(whole)).substr(0, whole.size() / 2));
  }

  Listener listener;
  Socket socket;
  Peer peer;
};

TEST(LinkClose, InTheMiddleOfAChunk) {
  for (const CloseMode mode : {CloseMode::graceful, CloseMode::abort}) {
    Loop loop;
    HalfASentence server(loop);
    LinkRecorder events;
    auto link = makeLink(loop.scheduler(), target("rtmp", "127.0.0.1", server.listener.port()));
    link->open(openingMessages(), events);
    ASSERT_TRUE(loop.until([&] {
      loop.runFor(1ms);
      server.step();
      return events.opens == 1;
    }));
    const std::uint64_t before_half = link->stats().bytes_received;
    server.sendHalf();
    ASSERT_TRUE(loop.until([&] { return link->stats().bytes_received > before_half; }));
    loop.runFor(20ms);  // for whoever reads to be in the middle of it
    link->close(mode);
    ASSERT_TRUE(loop.until([&] { return events.ended(); }, end_deadline));
    link.reset();
    EXPECT_TRUE(events.messages.empty());
  }
}

}  // namespace
}  // namespace multiconn::net::test
