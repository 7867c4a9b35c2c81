#include "balance/network.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <string>

namespace multiconn::balance {
namespace {

constexpr unsigned ipv4_prefix_bits = 96;

}  // namespace

std::optional<IpAddress> parseIpAddress(std::string_view text) {
  text = text.substr(0, text.find('%'));
  if (text.size() >= INET6_ADDRSTRLEN) return {};
  const std::string terminated(text);
  IpAddress address;
  if (inet_pton(AF_INET6, terminated.c_str(), address.bytes.data()) == 1) return address;
  if (inet_pton(AF_INET, terminated.c_str(), address.bytes.data() + 12) != 1) return {};
  std::fill(address.bytes.begin(), address.bytes.begin() + 10, std::uint8_t{0});
  address.bytes[10] = address.bytes[11] = 0xFF;
  return address;
}

bool Network::contains(const IpAddress& other) const {
  for (unsigned i = 0; i < prefix_bits; i += 8) {
    const unsigned bits = std::min(8U, prefix_bits - i);
    const unsigned mask = 0xFF00U >> bits & 0xFFU;
    if (((address.bytes[i / 8] ^ other.bytes[i / 8]) & mask) != 0) return false;
  }
  return true;
}

std::optional<Network> parseNetwork(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto address = parseIpAddress(text.substr(0, slash));
  if (!address) return {};
  if (slash == std::string_view::npos) return Network{*address, 128};
  const std::string_view digits = text.substr(slash + 1);
  unsigned prefix = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), prefix);
  if (error != std::errc() || end != digits.data() + digits.size()) return {};
  const bool ipv4 = text.substr(0, slash).find(':') == std::string_view::npos;
  if (prefix > (ipv4 ? 32U : 128U)) return {};
  return Network{*address, ipv4 ? prefix + ipv4_prefix_bits : prefix};
}

}  // namespace multiconn::balance
