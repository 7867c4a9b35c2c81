#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace multiconn::balance {

/// A numeric address; IPv4 as IPv6 writes it (::ffff:10.0.0.1), so that the two forms are equal.
struct IpAddress {
  std::array<std::uint8_t, 16> bytes{};
  bool operator==(const IpAddress&) const = default;
};

/// "10.0.0.1", "fd00::1", "fe80::1%eth0"; nothing when it is a name.
std::optional<IpAddress> parseIpAddress(std::string_view text);

/// Addresses that begin alike.
struct Network {
  IpAddress address;
  unsigned prefix_bits = 128;
  bool contains(const IpAddress& other) const;
};

/// CIDR: "10.0.0.0/8", "fd00::/8"; without a slash one address. Bits beyond the prefix do not matter.
std::optional<Network> parseNetwork(std::string_view text);

}  // namespace multiconn::balance
