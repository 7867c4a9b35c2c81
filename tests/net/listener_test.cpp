#include "net/listener.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <system_error>

#include "net/connector.hpp"
#include "support/loop.hpp"
#include "support/sockets.hpp"

namespace multiconn::net::test {
namespace {

TEST(Listener, AcceptsOverBothFamilies) {
  Loop loop;
  Listener listener(loop.scheduler(), "::", 0);
  std::vector<std::string> peers;
  listener.start([&](Socket, const Address& peer) { peers.push_back(peer.host()); });
  const auto ignore = [](const ConnectResult&) {};
  const Connector v4(loop.scheduler(), "v4", {*Address::numeric("127.0.0.1", listener.port())}, ignore);
  ASSERT_TRUE(loop.until([&] { return peers.size() == 1; }));
  EXPECT_EQ(peers[0], "::ffff:127.0.0.1");
  const Connector v6(loop.scheduler(), "v6", {*Address::numeric("::1", listener.port())}, ignore);
  ASSERT_TRUE(loop.until([&] { return peers.size() == 2; }));
  EXPECT_EQ(peers[1], "::1");
}

TEST(Listener, SaysWhatItCannotListenOn) {
  Loop loop;
  const Listener first(loop.scheduler(), "127.0.0.1", 0);
  try {
    const Listener second(loop.scheduler(), "127.0.0.1", first.port());
    FAIL() << "two listeners on one port";
  } catch (const std::system_error& error) {
    EXPECT_EQ(error.code(), std::errc::address_in_use);
    EXPECT_NE(std::string(error.what()).find("127.0.0.1 port " + std::to_string(first.port())),
              std::string::npos);
  }
  EXPECT_THROW(Listener(loop.scheduler(), "localhost", 0), std::system_error);
}

TEST(Listener, MayBeDestroyedByItsOwnHandler) {
  Loop loop;
  auto listener = std::make_unique<Listener>(loop.scheduler(), "127.0.0.1", 0);
  const Address address = *Address::numeric("127.0.0.1", listener->port());
  listener->start([&](Socket, const Address&) { listener.reset(); });
  const Connector connector(loop.scheduler(), "host", {address}, [](const ConnectResult&) {});
  EXPECT_TRUE(loop.until([&] { return listener == nullptr; }));
}

}  // namespace
}  // namespace multiconn::net::test
