#include "net/socket_figures.hpp"

#include <gtest/gtest.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "net/link_factory.hpp"
#include "net/link_recorder.hpp"
#include "net/listener.hpp"
#include "net/message_pump_fixture.hpp"
#include "net/tcp_transport.hpp"
#include "net/tls_pair.hpp"
#include "support/loop.hpp"
#include "support/sockets.hpp"

namespace multiconn::net::test {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint start{1h};

/// Polls, since nothing in the loop tells of what the kernel does.
bool poll(Loop& loop, const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + 20s;
  while (!condition() && std::chrono::steady_clock::now() < deadline) loop.runFor(5ms);
  return condition();
}

TEST(LastHeard, IsNowWhileNothingHasToBeAnswered) {
  LastHeard heard;
  EXPECT_EQ(heard.sampled(start, 10s, false), start);
  EXPECT_EQ(heard.sampled(start + 1s, 11s, false), start + 1s);
}

TEST(LastHeard, IsTheLastSegmentWhileAnAnswerIsOwed) {
  LastHeard heard;
  heard.sampled(start, 0ms, true);
  EXPECT_EQ(heard.sampled(start + 1s, 200ms, true), start + 800ms);
  EXPECT_EQ(heard.sampled(start + 2s, 1200ms, true), start + 800ms);
  EXPECT_EQ(heard.sampled(start + 3s, 0ms, true), start + 3s);
}

TEST(LastHeard, CountsSilenceFromTheQuestionOn) {
  LastHeard heard;
  heard.sampled(start, 6s, false);
  EXPECT_EQ(heard.sampled(start + 20ms, 6020ms, true), start);
}

TEST(SocketFigures, ReadsAConnection) {
  Loop loop;
  auto [near, far] = connectedPair();
  TcpTransport transport(loop.scheduler(), std::move(near));
  const auto before = std::chrono::steady_clock::now();
  const rtmp::Bytes bytes(1000);
  const rtmp::BytesView slice(bytes);
  EXPECT_EQ(transport.write({&slice, 1}).bytes, 1000u);
  ASSERT_TRUE(poll(loop, [&] { return transport.figures().unacknowledged == 0; }));
  const TransportFigures figures = transport.figures();
  EXPECT_TRUE(figures.rtt);
  ASSERT_TRUE(figures.last_heard);
  // The kernel's clock ticks every 10 ms at worst.
  EXPECT_GE(*figures.last_heard, before - 10ms);
  EXPECT_TRUE(figures.delivery_rate);
  EXPECT_TRUE(figures.delivery_limited_by_us);
}

TEST(SocketFigures, AFullWindowIsNotSilence) {
  Loop loop;
  auto [near, far] = connectedPair(64 * 1024);
  TcpTransport transport(loop.scheduler(), std::move(near));
  const rtmp::Bytes bytes(1024 * 1024);
  const rtmp::BytesView slice(bytes);
  const auto heardAgain = [&, before = *transport.figures().last_heard] {
    const TransportFigures figures = transport.figures();
    return figures.unacknowledged > 0 && figures.last_heard > before + 300ms;
  };
  while (!transport.write({&slice, 1}).would_block) {
  }
  EXPECT_TRUE(poll(loop, heardAgain));
}

/// From now on nothing reaches the socket: the other side gets no answers, as from a machine that is off.
void swallow(int descriptor) {
  sock_filter nothing{BPF_RET | BPF_K, 0, 0, 0};
  const sock_fprog program{1, &nothing};
  ASSERT_EQ(::setsockopt(descriptor, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program), 0);
}

TEST(SocketFigures, ABlackHoleIsSilence) {
  Loop loop;
  auto [near, far] = connectedPair();
  swallow(far.descriptor());
  TcpTransport transport(loop.scheduler(), std::move(near));
  const rtmp::Bytes bytes(1000);
  const rtmp::BytesView slice(bytes);
  transport.write({&slice, 1});
  const TimePoint heard = *transport.figures().last_heard;
  ASSERT_TRUE(poll(loop, [&] { return std::chrono::steady_clock::now() > heard + 300ms; }));
  EXPECT_LE(*transport.figures().last_heard, heard + 10ms);
  EXPECT_EQ(transport.figures().unacknowledged, 1000u);
}

class TlsFigures : public TlsPair {};

TEST_F(TlsFigures, ABlackHoleIsSilence) {
  handshake();
  // What the server has sent would be sent again, and heard, when its acknowledgement is swallowed.
  ASSERT_TRUE(poll(
      loop, [&] { return client->figures().unacknowledged == 0 && server->figures().unacknowledged == 0; }));
  swallow(server_descriptor);
  const rtmp::Bytes bytes(1000);
  const rtmp::BytesView slice(bytes);
  EXPECT_EQ(client->write({&slice, 1}).bytes, 1000u);
  ASSERT_TRUE(client->figures().last_heard);
  const TimePoint heard = *client->figures().last_heard;
  ASSERT_TRUE(poll(loop, [&] { return std::chrono::steady_clock::now() > heard + 300ms; }));
  EXPECT_LE(*client->figures().last_heard, heard + 100ms);
  EXPECT_GT(client->figures().unacknowledged, 1000u) << "the record is larger than what is in it";
}

int optionOf(const Socket& socket, int name) {
  int value = 0;
  socklen_t size = sizeof value;
  EXPECT_EQ(::getsockopt(socket.descriptor(), IPPROTO_TCP, name, &value, &size), 0);
  return value;
}

TEST(SocketFigures, ProbesOfAnIdleConnectionAreRepeatedSoon) {
  Loop loop;
  auto [near, far] = connectedPair();
  keepAlive(near.descriptor(), 2500ms);
  swallow(far.descriptor());
  SocketFigures kernel;
  const TimePoint before = std::chrono::steady_clock::now();
  TransportFigures figures;
  ASSERT_TRUE(poll(loop, [&] {
    figures = kernel.ask(near.descriptor());
    return figures.probes >= 5;
  }));
  EXPECT_LE(*figures.last_heard, before + 10ms) << "nothing has come, though nothing was owed";
  // Its own 4, one for the round trips, and 3 repeats at least.
  EXPECT_GE(optionOf(near, TCP_KEEPCNT), 8) << "those that were asked for do not count";
  EXPECT_EQ(optionOf(near, TCP_KEEPIDLE), 1);
}

TEST(SocketFigures, AnAnsweredProbeIsForgotten) {
  Loop loop;
  auto [near, far] = connectedPair();
  keepAlive(near.descriptor(), 2500ms);
  swallow(far.descriptor());
  SocketFigures kernel;
  ASSERT_TRUE(poll(loop, [&] { return kernel.ask(near.descriptor()).probes >= 3; }));
  const int nothing = 0;
  ASSERT_EQ(::setsockopt(far.descriptor(), SOL_SOCKET, SO_DETACH_FILTER, &nothing, sizeof nothing), 0);
  ASSERT_TRUE(poll(loop, [&] { return kernel.ask(near.descriptor()).probes == 0; }));
  EXPECT_EQ(optionOf(near, TCP_KEEPCNT), 4);
}

TEST(KeepAlive, AFarPeerHasTimeForThreeRoundTrips) {
  EXPECT_EQ(probesAllowed(4, 2, 0ms), 6);
  EXPECT_EQ(probesAllowed(4, 2, 100ms), 7);
  EXPECT_EQ(probesAllowed(4, 0, 5s), 19);
  EXPECT_EQ(probesAllowed(4, 8, 10h), 127) << "more are refused";
}

TEST(KeepAlive, AnIdleLinkToABlackHoleEnds) {
  Loop loop;
  LinkRecorder events;
  Socket accepted;
  Listener listener(loop.scheduler(), "127.0.0.1", 0);
  listener.start([&](Socket socket, const Address&) { accepted = std::move(socket); });
  LinkTarget to = target("rtmp", "127.0.0.1", listener.port());
  to.dead_after = 2s;
  const auto link = makeLink(loop.scheduler(), to);
  link->open(openingMessages(), events);
  // C0 and C1 are there and acknowledged: nothing is on its way.
  ASSERT_TRUE(loop.until(
      [&] { return accepted && link->stats().bytes_sent > 0 && link->stats().unacknowledged == 0; }));
  swallow(accepted.descriptor());
  ASSERT_TRUE(loop.until([&] { return events.ended(); }));
  EXPECT_EQ(events.failures[0].code, std::errc::timed_out);
}

TEST(KeepAlive, TakesFiveProbesAndFiveSecondsAtLeast) {
  const auto probes = [](std::chrono::milliseconds dead_after) {
    const auto [near, far] = connectedPair();
    keepAlive(near.descriptor(), dead_after);
    const auto option = [&](int name) {
      int value = 0;
      socklen_t size = sizeof value;
      EXPECT_EQ(::getsockopt(near.descriptor(), IPPROTO_TCP, name, &value, &size), 0);
      return value;
    };
    return option(TCP_KEEPIDLE) + option(TCP_KEEPCNT) * option(TCP_KEEPINTVL);
  };
  EXPECT_EQ(probes(1ms), 5);
  EXPECT_EQ(probes(2500ms), 5);
  EXPECT_EQ(probes(9s), 15);
  EXPECT_EQ(probes(std::chrono::milliseconds::max()), 5 * 4800);
}

// What a link knew of its bytes when it ended says what has to be sent again.
class KeptFigures : public MessagePumpTest {
 protected:
  KeptFigures() {
    open();
    wire->figures.unacknowledged = 700;
  }
  void expectKept() {
    EXPECT_TRUE(wire->closed);
    EXPECT_EQ(pump->stats().unacknowledged, 700u);
  }
};

TEST_F(KeptFigures, WhenThePeerEnds) {
  wire->end();
  scheduler.run();
  expectKept();
}

TEST_F(KeptFigures, WhenReadingFails) {
  wire->read_error = std::make_error_code(std::errc::connection_reset);
  wire->end();
  scheduler.run();
  expectKept();
}

TEST_F(KeptFigures, WhenWritingFails) {
  wire->write_error = std::make_error_code(std::errc::broken_pipe);
  EXPECT_TRUE(pump->trySend(video(100)));
  scheduler.run();
  expectKept();
  EXPECT_GT(pump->stats().unsent, 100u);
}

TEST_F(KeptFigures, WhenAborted) {
  pump->close(CloseMode::abort);
  expectKept();
}

TEST_F(KeptFigures, WhenTheLastBytesAreNotTaken) {
  pump->close(CloseMode::graceful);
  scheduler.run();
  scheduler.advance(1s);
  expectKept();
}

TEST(SocketFigures, OutliveAReset) {
  Loop loop;
  auto [near, far] = connectedPair(64 * 1024);
  TcpTransport transport(loop.scheduler(), std::move(near));
  const rtmp::Bytes bytes(1024 * 1024);
  const rtmp::BytesView slice(bytes);
  while (!transport.write({&slice, 1}).would_block) {
  }
  resetConnection(std::move(far));
  std::array<std::byte, 16> buffer;
  ASSERT_TRUE(loop.until([&] { return static_cast<bool>(transport.read(buffer).error); }));
  EXPECT_GT(transport.figures().unacknowledged, 0u);
}

}  // namespace
}  // namespace multiconn::net::test
