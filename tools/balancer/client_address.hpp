#pragma once

#include <string>

#include "net/socket.hpp"

namespace multiconn::balancer {

/// The numeric address of a client; of one that came by IPv4 to a socket that takes both, the IPv4 address.
std::string hostOf(const net::Address& peer);

/// What connections are counted by: the bytes of an IPv4 address, or of an IPv6 address's first half, which
/// is what one customer has.
std::string networkOf(const net::Address& peer);

}  // namespace multiconn::balancer
