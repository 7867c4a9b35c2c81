#include "balancer/client_address.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

#include "rtmp/bytes.hpp"

namespace multiconn::balancer {
namespace {

// RFC 4291 2.5.5.2.
bool isMapped(rtmp::BytesView bytes) {
  constexpr std::array<unsigned char, 12> prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
  return bytes.size() == 16 && std::equal(prefix.begin(), prefix.end(), bytes.begin(),
                                          [](unsigned char a, std::byte b) { return std::byte{a} == b; });
}

}  // namespace

std::string hostOf(const net::Address& peer) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const rtmp::BytesView bytes = peer.bytes();
  const bool ipv6 = peer.isIpv6() && !isMapped(bytes);
  const std::byte* const address = isMapped(bytes) ? bytes.data() + 12 : bytes.data();
  if (!::inet_ntop(ipv6 ? AF_INET6 : AF_INET, address, text.data(), text.size())) return {};
  return text.data();
}

std::string networkOf(const net::Address& peer) {
  const rtmp::BytesView bytes = peer.bytes();
  if (isMapped(bytes)) return std::string(rtmp::asText(bytes.last(4)));
  return std::string(rtmp::asText(bytes.first(std::min<std::size_t>(bytes.size(), 8))));
}

}  // namespace multiconn::balancer
