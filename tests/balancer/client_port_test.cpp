#include "balancer/client_port.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "balancer/client.hpp"
#include "balancer/ready_set.hpp"

namespace multiconn::balancer {
namespace {

using test::Client;

/// Keeps what it is given, unread.
class KeepingDoor final : public Door {
 public:
  void take(net::Socket socket, const net::Address&) override { sockets.push_back(std::move(socket)); }
  std::size_t connections() const override { return sockets.size(); }
  std::vector<net::Socket> sockets;
};

class ClientPortTest : public testing::Test {
 protected:
  void open(ClientPortLimits limits = {}, bool with_rtmp = true) {
    port = std::make_unique<ClientPort>(loop.scheduler(), ready, *net::Address::numeric("127.0.0.1", 0),
                                        ClientPort::Doors{http, with_rtmp ? &rtmp : nullptr}, limits);
  }
  Client client() { return Client(loop, port->address().port()); }
  bool waiting(std::size_t count) {
    return loop.until([&] { return port->counts().waiting == count; });
  }

  net::test::Loop loop;
  ReadySet ready{loop.scheduler()};
  KeepingDoor http, rtmp;
  std::unique_ptr<ClientPort> port;
};

TEST_F(ClientPortTest, TheFirstByteTellsTheProtocolAndStaysUnread) {
  open();
  Client a = client(), b = client(), c = client();
  a.send("GET");
  b.send("\x03more");
  c.send("post");
  ASSERT_TRUE(loop.until([&] { return http.connections() == 2 && rtmp.connections() == 1; }));
  EXPECT_EQ(net::test::receiveText(rtmp.sockets[0]), "\x03more");
  EXPECT_EQ(port->counts().accepted, 3u);
}

TEST_F(ClientPortTest, WaitsForTheFirstByte) {
  open();
  Client late = client();
  ASSERT_TRUE(waiting(1));
  late.send("\x03");
  ASSERT_TRUE(loop.until([&] { return rtmp.connections() == 1; }));
  EXPECT_EQ(port->counts().waiting, 0u);
}

TEST_F(ClientPortTest, ClosesWhatSpeaksNeither) {
  open();
  for (const char* const bytes : {"\x16\x03\x01", "\x06", " GET", "\xff"}) {
    Client stranger = client();
    stranger.send(bytes);
    stranger.untilClosed();
  }
  EXPECT_EQ(port->counts().garbage, 4u);
}

TEST_F(ClientPortTest, ClosesRtmpWhereNobodySpeaksIt) {
  open({}, false);
  Client player = client();
  player.send("\x03");
  player.untilClosed();
  EXPECT_EQ(http.connections(), 0u);
}

TEST_F(ClientPortTest, ClosesAConnectionThatStaysSilent) {
  ClientPortLimits limits;
  limits.first_byte_timeout = std::chrono::milliseconds(50);
  open(limits);
  Client silent = client();
  silent.untilClosed();
  EXPECT_EQ(port->counts().silent, 1u);
}

TEST_F(ClientPortTest, ForgetsAConnectionThatEnds) {
  open();
  {
    Client brief = client();
    ASSERT_TRUE(waiting(1));
  }
  EXPECT_TRUE(waiting(0));
  EXPECT_EQ(port->counts().silent, 0u);
}

TEST_F(ClientPortTest, CrowdsOutWhoHasWaitedLongest) {
  ClientPortLimits limits;
  limits.max_waiting_per_network = 3;
  open(limits);
  std::vector<Client> silent;
  for (int i = 0; i < 3; ++i) {
    silent.push_back(client());
    ASSERT_TRUE(waiting(silent.size()));
  }
  Client late = client();
  EXPECT_EQ(silent[0].untilClosed(), "");
  EXPECT_EQ(port->counts().crowded, 1u);
  late.send("G");
  EXPECT_TRUE(loop.until([&] { return http.connections() == 1; }));
}

// A bound in total holds across networks too.
TEST_F(ClientPortTest, HoldsItsBoundInTotal) {
  ClientPortLimits limits;
  limits.max_waiting = 10;
  open(limits);
  std::vector<Client> silent;
  for (int i = 0; i < 200; ++i) silent.push_back(client());
  ASSERT_TRUE(loop.until([&] { return port->counts().accepted == 200; }));
  EXPECT_EQ(port->counts().waiting, 10u);
  EXPECT_EQ(port->counts().crowded, 190u);
}

}  // namespace
}  // namespace multiconn::balancer
