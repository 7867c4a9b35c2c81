#include "net/failure.hpp"

#include "net/error.hpp"
#include "rtmp/error.hpp"

namespace multiconn::net {
namespace {

bool isFinal(std::error_code code) {
  return code == Error::tls_certificate_unknown || code == Error::tls_certificate_expired ||
         code == Error::tls_wrong_host || code == Error::ca_file_unreadable ||
         code == Error::unsupported_scheme || code == rtmp::Error::not_rtmp ||
         code == rtmp::Error::unsupported_version;
}

}  // namespace

LinkFailure makeFailure(std::error_code code, std::string text) {
  return {code, std::move(text), isFinal(code)};
}

std::string describe(std::error_code code, const std::string& peer) {
  if (code == std::errc::connection_refused) return "connection refused by " + peer;
  if (code == std::errc::connection_reset || code == std::errc::broken_pipe)
    return "connection reset by " + peer;
  if (code == std::errc::timed_out) return "no answer from " + peer;
  if (code == std::errc::network_unreachable || code == std::errc::host_unreachable)
    return "no route to " + peer;
  return "no connection to " + peer + ": " + code.message();
}

}  // namespace multiconn::net
