#include "origin/peer_host.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>

namespace multiconn::origin {

std::string peerHost(std::string_view address) {
  if (!address.starts_with('[')) return std::string(address.substr(0, address.rfind(':')));
  // A zone ("%eth0") names an interface of ours, and link-local addresses differ behind the /64.
  const std::string host(address.substr(1, std::min(address.find_first_of("]%"), address.size()) - 1));
  in6_addr parsed{};
  if (::inet_pton(AF_INET6, host.c_str(), &parsed) != 1) return std::string(address);
  if (IN6_IS_ADDR_LINKLOCAL(&parsed) || IN6_IS_ADDR_LOOPBACK(&parsed)) return host;
  constexpr std::size_t prefix_bytes = 8;
  std::fill(std::begin(parsed.s6_addr) + prefix_bytes, std::end(parsed.s6_addr), std::uint8_t{0});
  std::array<char, INET6_ADDRSTRLEN> text{};
  ::inet_ntop(AF_INET6, &parsed, text.data(), text.size());
  return std::string(text.data()) + "/64";
}

}  // namespace multiconn::origin
