#pragma once

#include <string_view>

namespace multiconn::net {

/// Whether a machine can be called that: a numeric address (IPv6 without brackets), or a name of letters,
/// digits, "-" and "_" in labels of 63 at most (RFC 1123 2.1), 253 in all. For names that a peer sent.
bool isHost(std::string_view text);

}  // namespace multiconn::net
