#include <gtest/gtest.h>

#include <ostream>

#include "net/link_factory.hpp"
#include "net/link_recorder.hpp"
#include "net/listener.hpp"
#include "net/loop.hpp"
#include "net/rtmp_answerer.hpp"
#include "net/sockets.hpp"

namespace multiconn::net::test {
namespace {

using namespace std::chrono_literals;

// A server that does not go on from some state of the link.
struct Stuck {
  std::string name;
  std::string scheme;
  std::string host;
  bool answers_tcp = true;
  bool answers_rtmp = false;
};
void PrintTo(const Stuck& stuck, std::ostream* out) {
  *out << stuck.name;
}

class CloseFromState : public testing::TestWithParam<Stuck> {
 protected:
  void SetUp() override {
    listener.start([this](Socket socket, const Address&) { accepted.push_back(std::move(socket)); });
    const Stuck& stuck = GetParam();
    const std::uint16_t port = !stuck.answers_tcp   ? mute.port()
                               : stuck.answers_rtmp ? server.port()
                                                    : listener.port();
    link = makeLink(loop.scheduler(), target(stuck.scheme, stuck.host, port));
    link->open(openingMessages(), events);
    if (stuck.host == "localhost") return;  // as far as the look-up
    loop.settle();
    if (stuck.answers_rtmp) {
      EXPECT_TRUE(loop.until([&] { return events.opens == 1; }));
    } else if (stuck.answers_tcp) {
      // Its first words have come: C0 and C1, or a TLS hello.
      EXPECT_TRUE(loop.until([&] { return !accepted.empty() && !receiveText(accepted[0]).empty(); }));
    }
  }

  Loop loop;
  LinkRecorder events;
  MutePort mute;
  Listener listener{loop.scheduler(), "127.0.0.1", 0};
  std::vector<Socket> accepted;
  RtmpAnswerer server{loop.scheduler()};
  std::unique_ptr<Link> link;
};

TEST_P(CloseFromState, EndsInTime) {
  for (const CloseMode mode : {CloseMode::graceful, CloseMode::abort}) {
    if (mode == CloseMode::abort) {
      events = {};
      accepted.clear();
      SetUp();
    }
    const auto before = std::chrono::steady_clock::now();
    link->close(mode);
    EXPECT_FALSE(events.ended());  // not inside the call
    ASSERT_TRUE(loop.until([&] { return events.ended(); }));
    // 250 ms is what is promised; the rest is the machine's.
    EXPECT_LT(std::chrono::steady_clock::now() - before, 2s);
    EXPECT_FALSE(events.failures[0].code);
    loop.runFor(20ms);
    EXPECT_EQ(events.failures.size(), 1u);
  }
}

TEST_P(CloseFromState, TellsNothingOnceDestroyed) {
  const std::size_t messages = events.messages.size();
  link.reset();
  loop.runFor(20ms);
  EXPECT_FALSE(events.ended());
  EXPECT_EQ(events.messages.size(), messages);
}

TEST_P(CloseFromState, TellsNothingWhenDestroyedAfterClose) {
  link->close(CloseMode::graceful);
  link.reset();
  loop.runFor(20ms);
  EXPECT_FALSE(events.ended());
}

INSTANTIATE_TEST_SUITE_P(NativeLink, CloseFromState,
                         testing::Values(Stuck{"lookup", "rtmp", "localhost"},
                                         Stuck{"tcp", "rtmp", "127.0.0.1", false},
                                         Stuck{"tls", "rtmps", "127.0.0.1"},
                                         Stuck{"rtmp_handshake", "rtmp", "127.0.0.1"},
                                         Stuck{"open", "rtmp", "127.0.0.1", true, true}),
                         [](const auto& stuck) { return stuck.param.name; });

}  // namespace
}  // namespace multiconn::net::test
