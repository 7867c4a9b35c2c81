#pragma once

#include <gtest/gtest.h>

#include <memory>

#include "net/fake_transport.hpp"
#include "net/manual_scheduler.hpp"
#include "net/message_pump.hpp"
#include "net/peer.hpp"

namespace multiconn::net::test {

// A client's pump over a transport that is the test, and a server's Connection at its other end.
class MessagePumpTest : public testing::Test {
 protected:
  MessagePumpTest() { make(); }

  void make(rtmp::Handshake::Role role = rtmp::Handshake::Role::client) {
    wire = std::make_shared<Wire>();
    pump = std::make_unique<MessagePump>(scheduler, std::make_unique<FakeTransport>(wire), role,
                                         rtmp::Limits{}, static_cast<PumpEvents&>(events));
  }

  /// Gives the peer what was written since the last time.
  void deliver() {
    const rtmp::Bytes written = wire->written();
    peer.take(rtmp::BytesView(written).subspan(delivered));
    delivered = written.size();
    EXPECT_EQ(peer.error, rtmp::Error::none);
  }

  void open() {
    pump->start();
    scheduler.run();
    deliver();
    wire->feed(peer.says());
    scheduler.run();
    deliver();
    ASSERT_TRUE(peer.connection.open());
    ASSERT_EQ(events.opens, 1);
    wire->writes.clear();
    delivered = 0;
  }

  LinkFailure failure() const { return events.failures.empty() ? LinkFailure{} : events.failures.front(); }

  ManualScheduler scheduler;
  PumpRecorder events;
  std::shared_ptr<Wire> wire;
  std::unique_ptr<MessagePump> pump;
  Peer peer;
  std::size_t delivered = 0;
};

}  // namespace multiconn::net::test
