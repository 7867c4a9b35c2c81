#include "agent/monitors/tcp_monitor.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include "agent/tcp_server.hpp"

namespace multiconn::agent {
namespace {

using test::connectTo;
using test::TcpServer;

TEST(TcpMonitor, CountsConnectionsOfItsPortAlone) {
  const TcpServer server, other;
  const net::Socket elsewhere = connectTo(other.port());
  TcpMonitor monitor(server.port());
  EXPECT_EQ(monitor.load().connections, 0U);
  net::Socket first = connectTo(server.port()), second = connectTo(server.port());
  const net::Socket taken = server.accept();
  AgentLoad load = monitor.load();
  EXPECT_EQ(load.connections, 2U);
  EXPECT_EQ(load.accepts, 2U);
  EXPECT_TRUE(load.accepts_estimated);
  first.reset();
  const net::Socket third = connectTo(server.port());
  load = monitor.load();
  EXPECT_EQ(load.connections, 2U);
  EXPECT_EQ(load.accepts, 3U);
}

TEST(TcpMonitor, CountsIpv6) {
  const TcpServer server("::1");
  ASSERT_NE(server.port(), 0) << "needs IPv6 on loopback: sysctl -w net.ipv6.conf.lo.disable_ipv6=0";
  const net::Socket client = connectTo(server.port(), "::1");
  TcpMonitor monitor(server.port());
  EXPECT_EQ(monitor.load().connections, 1U);
}

TEST(TcpMonitor, CountsIpv4ClientsOfAnIpv6Socket) {
  const TcpServer server("::");
  ASSERT_NE(server.port(), 0) << "needs IPv6 on loopback: sysctl -w net.ipv6.conf.lo.disable_ipv6=0";
  const net::Socket client = connectTo(server.port());
  TcpMonitor monitor(server.port());
  EXPECT_EQ(monitor.load().connections, 1U);
}

TEST(TcpMonitor, LeavesItsProbesOut) {
  const TcpServer server;
  TcpMonitor monitor(server.port());
  const net::Socket client = connectTo(server.port()), probe = connectTo(server.port());
  monitor.probing(net::Address::ofSocket(probe.descriptor()).port());
  const AgentLoad load = monitor.load();
  EXPECT_EQ(load.connections, 1U);
  EXPECT_EQ(load.accepts, 1U);
}

TEST(SocketDiag, TellsBytes) {
  const TcpServer server;
  const net::Socket client = connectTo(server.port());
  const net::Socket taken = server.accept();
  const std::string text(1000, 'x');
  ::send(client.descriptor(), text.data(), text.size(), 0);
  std::string read(1000, '\0');
  ASSERT_EQ(::recv(taken.descriptor(), read.data(), read.size(), MSG_WAITALL), 1000);
  SocketDiag diag;
  const auto connections = diag.established(server.port(), true);
  ASSERT_EQ(connections.size(), 1U);
  EXPECT_EQ(connections.front().bytes_in, 1000U);
  EXPECT_EQ(connections.front().peer_port, net::Address::ofSocket(client.descriptor()).port());
}

TEST(DiagAnswer, IsNotReadBeyondItsEnd) {
  // Whatever length a header claims.
  for (std::size_t size = 0; size < 200; ++size) {
    for (const int fill : {0, 1, 20, 255}) {
      const std::vector<std::byte> bytes(size, static_cast<std::byte>(fill));
      DiagAnswer answer;
      parseDiag(bytes, answer);
      EXPECT_TRUE(answer.connections.empty());
    }
  }
}

}  // namespace
}  // namespace multiconn::agent
