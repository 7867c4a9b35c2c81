#include "net/connector.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "net/error.hpp"
#include "net/listener.hpp"
#include "support/loop.hpp"
#include "support/sockets.hpp"

namespace multiconn::net::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class ConnectorTest : public testing::Test {
 protected:
  ConnectResult connect(std::vector<Address> addresses, std::chrono::milliseconds patience = {}) {
    std::optional<ConnectResult> result;
    const Connector connector(
        loop.scheduler(), "edge.example", std::move(addresses),
        [&](ConnectResult connected) { result = std::move(connected); }, patience);
    EXPECT_FALSE(result);  // nothing is told inside the call
    EXPECT_TRUE(loop.until([&] { return result.has_value(); }));
    return result ? std::move(*result) : ConnectResult{};
  }
  std::uint16_t listenV4(std::uint16_t port = 0) {
    listener = std::make_unique<Listener>(loop.scheduler(), "127.0.0.1", port);
    listener->start([](Socket, const Address&) {});
    return listener->port();
  }

  Loop loop;
  std::unique_ptr<Listener> listener;
};

TEST_F(ConnectorTest, ConnectsToTheOneAddress) {
  const ConnectResult result = connect({*Address::numeric("127.0.0.1", listenV4())});
  EXPECT_TRUE(result.socket);
  EXPECT_FALSE(result.failure.code);
}

TEST_F(ConnectorTest, NamesWhoRefused) {
  const ClosedPort closed;
  const ConnectResult result = connect({closed.address()});
  EXPECT_FALSE(result.socket);
  EXPECT_EQ(result.failure.code, std::errc::connection_refused);
  EXPECT_EQ(result.failure.text, "connection refused by 127.0.0.1 port " + std::to_string(closed.port()));
  EXPECT_FALSE(result.failure.final);
}

TEST_F(ConnectorTest, TakesIpv4WhenIpv6Refuses) {
  const ClosedPort closed("::1");
  const std::uint16_t port = listenV4();
  const ConnectResult result = connect({*Address::numeric("127.0.0.1", port), closed.address()});
  ASSERT_TRUE(result.socket);
  EXPECT_EQ(Address::ofSocket(result.socket.descriptor()).host(), "127.0.0.1");
}

TEST_F(ConnectorTest, TakesIpv4SoonWhenIpv6IsSilent) {
  const MutePort silent("::1");
  const std::uint16_t port = listenV4();
  const auto before = std::chrono::steady_clock::now();
  const ConnectResult result = connect({silent.address(), *Address::numeric("127.0.0.1", port)});
  ASSERT_TRUE(result.socket);
  EXPECT_EQ(Address::ofSocket(result.socket.descriptor()).host(), "127.0.0.1");
  EXPECT_GE(std::chrono::steady_clock::now() - before, 240ms);  // IPv6 had its chance first
}

TEST_F(ConnectorTest, TriesEveryAddressBehindSilentOnes) {
  const MutePort first("::1"), second("::1");
  const ClosedPort third;
  const std::uint16_t port = listenV4();
  const ConnectResult result =
      connect({first.address(), second.address(), third.address(), *Address::numeric("127.0.0.1", port)});
  EXPECT_TRUE(result.socket);
}

TEST_F(ConnectorTest, TellsWhenNobodyAnswered) {
  const ClosedPort v6("::1"), v4;
  const ConnectResult agreed = connect({v6.address(), v4.address()});
  EXPECT_EQ(agreed.failure.code, std::errc::connection_refused);
  EXPECT_THAT(agreed.failure.text, HasSubstr("none of the 2 addresses of edge.example"));

  // 255.255.255.255 fails in connect(2) itself.
  const ConnectResult mixed = connect({*Address::numeric("255.255.255.255", 1935), v4.address()});
  EXPECT_EQ(mixed.failure.code, Error::no_address_reachable);
}

TEST_F(ConnectorTest, ItsPatienceBeginsWithTheLastAddress) {
  const MutePort first, second;
  const std::uint16_t port = listenV4();
  const std::vector<Address> addresses{first.address(), second.address(),
                                       *Address::numeric("127.0.0.1", port)};
  EXPECT_TRUE(connect(addresses, 400ms).socket) << "it is tried after 500 ms";
}

TEST_F(ConnectorTest, GivesUpWhoIsSilent) {
  const MutePort first, second;
  const ConnectResult result = connect({first.address(), second.address()}, 1ms);
  EXPECT_EQ(result.failure.code, std::errc::timed_out);
  EXPECT_THAT(result.failure.text, HasSubstr("no answer from "));
  EXPECT_TRUE(result.failure.mute);
}

TEST_F(ConnectorTest, AnAnswerSaysMoreThanSilence) {
  const MutePort silent;
  const ClosedPort closed;
  for (const bool first : {true, false}) {
    const ConnectResult result = connect(
        {first ? silent.address() : closed.address(), first ? closed.address() : silent.address()}, 1ms);
    EXPECT_EQ(result.failure.code, std::errc::connection_refused);
    EXPECT_THAT(result.failure.text, HasSubstr("connection refused by "));
    EXPECT_FALSE(result.failure.mute) << "the server may be back soon";
  }
}

TEST_F(ConnectorTest, HavingNoRouteIsNoAnswer) {
  const MutePort silent;
  const Address routeless = *Address::numeric("255.255.255.255", 1935);  // fails in connect(2) itself
  for (const bool first : {true, false}) {
    const ConnectResult result =
        connect({first ? silent.address() : routeless, first ? routeless : silent.address()}, 1ms);
    EXPECT_EQ(result.failure.code, Error::no_address_reachable);
    EXPECT_THAT(result.failure.text, HasSubstr("no answer from 127.0.0.1 "));
    EXPECT_TRUE(result.failure.mute);
  }
}

TEST_F(ConnectorTest, TellsNothingAfterItsDestruction) {
  const MutePort silent;
  const ClosedPort closed;
  bool told = false;
  for (const Address& address : {silent.address(), closed.address()}) {
    const Connector connector(loop.scheduler(), "host", {address},
                              [&](const ConnectResult&) { told = true; });
  }
  {
    const Connector connector(loop.scheduler(), "host", {silent.address(), closed.address()},
                              [&](const ConnectResult&) { told = true; });
    loop.settle();
  }
  loop.runFor(300ms);
  EXPECT_FALSE(told);
}

}  // namespace
}  // namespace multiconn::net::test
