#include <gtest/gtest.h>

#include "net/counted_allocations.hpp"
#include "net/message_pump.hpp"
#include "net/peer.hpp"
#include "net/tcp_transport.hpp"
#include "support/loop.hpp"
#include "support/sockets.hpp"

namespace multiconn::net::test {
namespace {

TEST(MessagePumpAllocations, NoneToSendAMessage) {
  Loop loop;
  auto [near, far] = connectedPair();
  PumpRecorder client_events, server_events;
  MessagePump client(loop.scheduler(), std::make_unique<TcpTransport>(loop.scheduler(), std::move(near)),
                     rtmp::Handshake::Role::client, rtmp::Limits{}, client_events);
  MessagePump server(loop.scheduler(), std::make_unique<TcpTransport>(loop.scheduler(), std::move(far)),
                     rtmp::Handshake::Role::server, rtmp::Limits{}, server_events);
  client.start();
  server.start();
  ASSERT_TRUE(loop.until([&] { return client_events.opens == 1 && server_events.opens == 1; }));

  const rtmp::OutMessage frame = video(1000);
  ASSERT_TRUE(client.trySend(frame));  // its buffers take their size here
  const std::size_t before = allocationCount();
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(client.trySend(frame));
  EXPECT_EQ(allocationCount(), before);
}

}  // namespace
}  // namespace multiconn::net::test
