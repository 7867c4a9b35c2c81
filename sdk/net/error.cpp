#include "net/error.hpp"

#include <string>

namespace multiconn::net {
namespace {

const char* sentence(Error error) {
  switch (error) {
    case Error::name_not_found:
      return "the name was not found";
    case Error::name_lookup_failed:
      return "the name could not be looked up";
    case Error::no_address_reachable:
      return "no address of the server could be reached";
    case Error::tls_certificate_unknown:
      return "the certificate comes from no trusted authority";
    case Error::tls_certificate_expired:
      return "the certificate is not valid at this time";
    case Error::tls_wrong_host:
      return "the certificate is for another host";
    case Error::tls_failed:
      return "the TLS handshake failed";
    case Error::ca_file_unreadable:
      return "the file of certificates cannot be read";
    case Error::tunnel_failed:
      return "the HTTP server does not tunnel RTMP";
    case Error::closed_in_handshake:
      return "the connection was closed during the handshake";
    case Error::closed_by_peer:
      return "the peer closed the connection";
    case Error::protocol_violation:
      return "the peer broke the protocol";
    case Error::unsupported_scheme:
      return "no engine for this scheme";
  }
  return "unknown error";
}

class Category final : public std::error_category {
 public:
  const char* name() const noexcept override { return "multiconn.net"; }
  std::string message(int value) const override { return sentence(static_cast<Error>(value)); }
};

}  // namespace

const std::error_category& errorCategory() {
  static const Category category;
  return category;
}

}  // namespace multiconn::net
