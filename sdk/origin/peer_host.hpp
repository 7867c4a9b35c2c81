#pragma once

#include <string>
#include <string_view>

namespace multiconn::origin {

/// Whom an address stands for where quotas are per address: "192.0.2.1" of "192.0.2.1:4711",
/// "2001:db8:0:1::/64" of "[2001:db8:0:1::5]:4711", as one IPv6 subscriber has at least a /64 (RFC 6177 2).
/// Anything else is given back as it is.
std::string peerHost(std::string_view address);

}  // namespace multiconn::origin
