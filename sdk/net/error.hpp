#pragma once

#include <system_error>

namespace multiconn::net {

/// What goes wrong between us and a server below RTMP; the kernel's own errors (refused, reset, unreachable)
/// stay std::system_category codes. One sentence each in error.cpp.
enum class Error {
  name_not_found = 1,
  name_lookup_failed,  ///< the resolver could not answer
  no_address_reachable,
  tls_certificate_unknown,  ///< no chain to a trusted authority
  tls_certificate_expired,
  tls_wrong_host,
  tls_failed,  ///< no common version or cipher, or the peer does not speak TLS
  ca_file_unreadable,
  tunnel_failed,  ///< rtmpt: HTTP answered with something that is no tunnel
  closed_in_handshake,
  closed_by_peer,
  protocol_violation,
  unsupported_scheme,
};

const std::error_category& errorCategory();
inline std::error_code make_error_code(Error error) {
  return {static_cast<int>(error), errorCategory()};
}

}  // namespace multiconn::net

template <>
struct std::is_error_code_enum<multiconn::net::Error> : std::true_type {};
