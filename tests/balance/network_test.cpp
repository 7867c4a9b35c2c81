#include "balance/network.hpp"

#include <gtest/gtest.h>

#include <string>

namespace multiconn::balance::test {
namespace {

bool contains(const char* network, const char* address) {
  return parseNetwork(network).value().contains(parseIpAddress(address).value());
}

TEST(Network, knows_numeric_addresses_only) {
  EXPECT_TRUE(parseIpAddress("10.0.0.1"));
  EXPECT_TRUE(parseIpAddress("fd00::1"));
  EXPECT_TRUE(parseIpAddress("fe80::1%eth0"));
  EXPECT_FALSE(parseIpAddress(""));
  EXPECT_FALSE(parseIpAddress("edge.example.com"));
  EXPECT_FALSE(parseIpAddress("10.0.0"));
  EXPECT_FALSE(parseIpAddress("10.0.0.1:80"));
  EXPECT_FALSE(parseIpAddress("[::1]"));
  EXPECT_FALSE(parseIpAddress(std::string(1000, '1')));
}

TEST(Network, an_ipv4_address_is_the_same_in_either_form) {
  EXPECT_EQ(parseIpAddress("10.1.2.3"), parseIpAddress("::ffff:10.1.2.3"));
  EXPECT_TRUE(contains("10.0.0.0/8", "::ffff:10.1.2.3"));
  EXPECT_TRUE(contains("::ffff:10.0.0.0/104", "10.1.2.3"));
}

TEST(Network, contains_what_begins_alike) {
  EXPECT_TRUE(contains("10.0.0.0/8", "10.255.0.1"));
  EXPECT_FALSE(contains("10.0.0.0/8", "11.0.0.1"));
  EXPECT_TRUE(contains("192.168.4.0/22", "192.168.7.255"));
  EXPECT_FALSE(contains("192.168.4.0/22", "192.168.8.0"));
  EXPECT_TRUE(contains("10.1.2.3", "10.1.2.3"));
  EXPECT_FALSE(contains("10.1.2.3", "10.1.2.2"));
  EXPECT_TRUE(contains("10.99.99.99/8", "10.0.0.1")) << "bits beyond the prefix";
  EXPECT_TRUE(contains("fd00::/8", "fdff::1"));
  EXPECT_FALSE(contains("fd00::/8", "fe00::1"));
  EXPECT_FALSE(contains("0.0.0.0/0", "2001:db8::1")) << "of IPv4 addresses";
  EXPECT_TRUE(contains("::/0", "2001:db8::1"));
}

TEST(Network, refuses_what_is_no_network) {
  for (const char* text : {"", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8x", "10.0.0.0/ 8",
                           "fd00::/129", "lan/8", "10.0.0.0/8/8", "10.0.0.0/99999999999999999999"})
    EXPECT_FALSE(parseNetwork(text)) << text;
}

}  // namespace
}  // namespace multiconn::balance::test
