#include <gtest/gtest.h>

#include "net/message_pump.hpp"
#include "net/peer.hpp"
#include "net/tcp_transport.hpp"
#include "support/loop.hpp"
#include "support/sockets.hpp"

namespace multiconn::net::test {
namespace {

using rtmp::Handshake;

// Two pumps over a real TCP connection with small buffers.
class PumpOverTcp : public testing::Test {
 protected:
  PumpOverTcp() {
    auto [near, far] = connectedPair(8 * 1024);
    far_descriptor = far.descriptor();
    client = pumpOver(std::move(near), Handshake::Role::client, client_events);
    server = pumpOver(std::move(far), Handshake::Role::server, server_events);
    client->start();
  }

  std::unique_ptr<MessagePump> pumpOver(Socket socket, Handshake::Role role, PumpEvents& events) {
    return std::make_unique<MessagePump>(loop.scheduler(),
                                         std::make_unique<TcpTransport>(loop.scheduler(), std::move(socket)),
                                         role, rtmp::Limits{}, events);
  }

  void open() {
    server->start();
    ASSERT_TRUE(loop.until([&] { return client_events.opens == 1 && server_events.opens == 1; }));
  }

  Loop loop;
  PumpRecorder client_events, server_events;
  std::unique_ptr<MessagePump> client, server;
  int far_descriptor = -1;
};

TEST_F(PumpOverTcp, CarriesLargeMessagesBothWaysThroughSmallBuffers) {
  open();
  client->connection().announceChunkSize(60000);
  const rtmp::OutMessage frame = video(1'500'000);
  int sent = 0;
  const auto send = [&] {
    while (sent < 5 && client->trySend(frame)) ++sent;
  };
  client_events.on_writable = send;
  send();
  EXPECT_TRUE(server->trySend(video(200'000)));
  ASSERT_TRUE(loop.until([&] { return server_events.messages.size() >= 6; }));  // Set Chunk Size, 5 frames
  for (std::size_t i = 1; i < 6; ++i)
    EXPECT_EQ(*std::get<rtmp::Video>(server_events.messages[i].body).body, *frame.payload);
  ASSERT_TRUE(loop.until([&] { return client_events.messages.size() == 1; }));
}

// A client's pump over a real connection to a peer that reads and answers only when told to.
class PumpAndSlowPeer : public testing::Test {
 protected:
  PumpAndSlowPeer() {
    auto [near, other] = connectedPair(8 * 1024);
    far = std::move(other);
    pump = std::make_unique<MessagePump>(
        loop.scheduler(), std::make_unique<TcpTransport>(loop.scheduler(), std::move(near)),
        Handshake::Role::client, rtmp::Limits{}, static_cast<PumpEvents&>(events));
    pump->start();
    EXPECT_TRUE(untilExchanged([&] { return events.opens == 1; }));
  }

  bool untilExchanged(const std::function<bool()>& condition) {
    return loop.until([&] {
      loop.settle();
      peer.take(rtmp::asBytes(receiveText(far)));
      const rtmp::Bytes says = peer.says();
      if (!says.empty()) sendText(far, std::string(rtmp::asText(says)));
      return condition();
    });
  }

  Loop loop;
  Peer peer;
  Socket far;
  PumpRecorder events;
  std::unique_ptr<MessagePump> pump;
};

TEST_F(PumpAndSlowPeer, RefusesWhileThePeerDoesNotReadAndTellsWhenItDoes) {
  const rtmp::OutMessage frame = video(100'000);
  std::size_t taken = 0;
  while (pump->trySend(frame)) ++taken;
  loop.settle();
  EXPECT_GT(taken, 0u);
  EXPECT_GT(pump->stats().unsent, 0u);
  EXPECT_GT(pump->stats().unacknowledged, 0u);
  EXPECT_TRUE(pump->stats().rtt.has_value());
  EXPECT_EQ(events.writables, 0);
  ASSERT_TRUE(untilExchanged([&] { return events.writables == 1; }));
  EXPECT_TRUE(pump->trySend(frame));
}

TEST_F(PumpAndSlowPeer, EndsInTimeThoughThePeerNeverCloses) {
  pump->close(CloseMode::graceful);
  ASSERT_TRUE(loop.until([&] { return events.failures.size() == 1; }));
  EXPECT_TRUE(atEnd(far));
}

TEST_F(PumpAndSlowPeer, EndsInTimeThoughThePeerNeverReads) {
  while (pump->trySend(video(100'000))) {
  }
  pump->close(CloseMode::graceful);
  ASSERT_TRUE(loop.until([&] { return events.failures.size() == 1; }));
  EXPECT_EQ(events.failures[0].code, std::errc::timed_out);
}

TEST_F(PumpOverTcp, TellsAResetFromAnEnd) {
  auto [near, far] = connectedPair();
  PumpRecorder events;
  const auto pump = pumpOver(std::move(near), Handshake::Role::client, events);
  pump->start();
  resetConnection(std::move(far));
  ASSERT_TRUE(loop.until([&] { return !events.failures.empty(); }));
  EXPECT_EQ(events.failures[0].code, std::errc::connection_reset);
  EXPECT_EQ(events.failures[0].text, "connection reset by the server");
  EXPECT_FALSE(events.failures[0].final);
}

TEST_F(PumpOverTcp, AGracefulCloseLosesNothingAndEndsInGoodOrder) {
  open();
  client->connection().announceChunkSize(60000);
  EXPECT_TRUE(client->trySend(video(300'000)));
  // Bytes the client never reads must not turn its FIN into a RST.
  EXPECT_TRUE(server->trySend(video(100)));
  client->close(CloseMode::graceful);
  ASSERT_TRUE(loop.until([&] { return !server_events.failures.empty() && !client_events.failures.empty(); }));
  EXPECT_EQ(server_events.messages.size(), 2u);
  EXPECT_FALSE(server_events.failures[0].code) << server_events.failures[0].text;
  EXPECT_FALSE(client_events.failures[0].code) << client_events.failures[0].text;
}

}  // namespace
}  // namespace multiconn::net::test
