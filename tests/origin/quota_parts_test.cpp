// What quotas per address and bounds on log lines are made of.
#include <gtest/gtest.h>

#include "origin/creation_ledger.hpp"
#include "origin/log_limit.hpp"
#include "origin/peer_host.hpp"

namespace multiconn::test {
namespace {

using namespace origin;
using namespace std::chrono_literals;

TEST(PeerHost, IsAnIpv4AddressOrAnIpv6Network) {
  EXPECT_EQ(peerHost("192.0.2.1:4711"), "192.0.2.1");
  EXPECT_EQ(peerHost("[2001:db8:0:1::5]:4711"), "2001:db8:0:1::/64");
  EXPECT_EQ(peerHost("[2001:db8:0:1:ffff::7]:4712"), peerHost("[2001:db8:0:1::5]:4711"));
  EXPECT_NE(peerHost("[2001:db8:0:2::5]:4711"), peerHost("[2001:db8:0:1::5]:4711"));
  EXPECT_EQ(peerHost("[::1]:4711"), "::1");
  EXPECT_EQ(peerHost("[fe80::1]:4711"), "fe80::1");
  EXPECT_EQ(peerHost("[fe80::1%eth0]:4711"), "fe80::1");
  EXPECT_EQ(peerHost("[nonsense"), "[nonsense");
  EXPECT_EQ(peerHost(""), "");
}

TEST(LogLimit, CountsWhatItLeavesOut) {
  LogLimit limit(2);
  rtmp::TimePoint now{1h};
  EXPECT_EQ(limit.admit(now), 0U);
  EXPECT_EQ(limit.admit(now), 0U);
  EXPECT_EQ(limit.admit(now), std::nullopt);
  EXPECT_EQ(limit.admit(now + 999ms), std::nullopt);
  EXPECT_EQ(limit.admit(now + 1s), 2U);
  EXPECT_EQ(limit.admit(now + 1s), 0U);
}

TEST(CreationLedger, ChargesClientsAndTheirAddresses) {
  OriginQuotas quotas;
  quotas.client_new_objects = 2;
  quotas.address_new_objects = 3;
  CreationLedger ledger(quotas);
  const CreationLedger::Maker one{1, "a"};
  const CreationLedger::Maker two{2, "a"};
  const CreationLedger::Maker other{3, "b"};
  ledger.created("x", one);
  ledger.created("x", one);
  EXPECT_TRUE(ledger.mayCreate(one)) << "the same object counts once";
  ledger.created("y", one);
  EXPECT_FALSE(ledger.mayCreate(one));
  EXPECT_TRUE(ledger.mayCreate(two));
  ledger.created("z", two);
  EXPECT_FALSE(ledger.mayCreate(two));
  EXPECT_TRUE(ledger.mayCreate(other));
  ledger.left(1);
  ledger.gone("x");
  EXPECT_TRUE(ledger.mayCreate(two));
  ledger.gone("x");
  ledger.gone("never");
  ledger.gone("z");
  ledger.gone("y");
  EXPECT_TRUE(ledger.mayCreate(one));
}

}  // namespace
}  // namespace multiconn::test
