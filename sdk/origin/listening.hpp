#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "net/listener.hpp"

namespace multiconn::origin {

struct Listening {
  std::unique_ptr<net::Listener> listener;
  std::string text;  ///< "192.0.2.1:1935", "[::]:1935"
};

/// Throws std::runtime_error with one sentence when the address is not numeric or cannot be had. "::" takes
/// IPv4 too, and means all of IPv4 where there is no IPv6.
Listening listenOn(net::AsioScheduler& scheduler, const std::string& address, std::uint16_t port);

/// "192.0.2.1:4711", "[2001:db8::1]:4711".
std::string textOf(const net::Address& peer);

}  // namespace multiconn::origin
