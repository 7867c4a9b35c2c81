#include "origin/listening.hpp"

#include <stdexcept>
#include <string_view>
#include <system_error>
#include <utility>

namespace multiconn::origin {

namespace {

Listening bound(net::AsioScheduler& scheduler, const std::string& address, std::uint16_t port) {
  auto listener = std::make_unique<net::Listener>(scheduler, address, port);
  std::string text = textOf(*net::Address::numeric(address, listener->port()));
  return {std::move(listener), std::move(text)};
}

}  // namespace

Listening listenOn(net::AsioScheduler& scheduler, const std::string& address, std::uint16_t port) {
  if (!net::Address::numeric(address, port)) {
    throw std::runtime_error("'" + address + "' is not a numeric address to listen on");
  }
  try {
    return bound(scheduler, address, port);
  } catch (const std::system_error& error) {
    if (address != "::" || error.code() != std::errc::address_family_not_supported) throw;
  }
  return bound(scheduler, "0.0.0.0", port);
}

std::string textOf(const net::Address& peer) {
  std::string host = peer.host();
  // RFC 4291 2.5.5.2: an IPv4 peer of an IPv6 socket.
  constexpr std::string_view mapped = "::ffff:";
  if (host.starts_with(mapped) && host.find('.') != std::string::npos) {
    host.erase(0, mapped.size());
  } else if (peer.isIpv6()) {
    host = "[" + host + "]";
  }
  return host + ":" + std::to_string(peer.port());
}

}  // namespace multiconn::origin
