#include "net/failure.hpp"

#include "net/error.hpp"
#include "rtmp/error.hpp"

namespace multiconn::net {
namespace {

// What only somebody's hand can mend. A server that does not speak RTMP may do so again: a proxy in front of
// it answers with a page while it restarts.
bool isFinal(std::error_code code) {
  return code == Error::tls_certificate_unknown || code == Error::tls_certificate_expired ||
         code == Error::tls_wrong_host || code == Error::ca_file_unreadable ||
         code == Error::unsupported_scheme;
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

LinkFailure peerEnded(const std::string& peer, const PeerState& state) {
  if (!state.open)
    return makeFailure(Error::closed_in_handshake, peer + " closed the connection during the RTMP handshake");
  if (state.unsent > 0)
    return makeFailure(Error::closed_by_peer, peer + " closed the connection in the middle of a message");
  return {{}, peer + " closed the connection", false};
}

LinkFailure peerFailed(std::error_code code, const std::string& peer, const PeerState& state) {
  if (code == rtmp::Error::not_rtmp)
    return makeFailure(code,
                       peer + (state.first < 0x20 ? " speaks TLS, not RTMP" : " speaks HTTP, not RTMP"));
  if (code == rtmp::Error::unsupported_version)
    return makeFailure(code, peer + " does not speak RTMP version 3");
  if (code.category() == rtmp::errorCategory())
    return makeFailure(code, peer + " broke the protocol: " + code.message());
  if (code == Error::tunnel_failed) return makeFailure(code, peer + " broke the HTTP tunnel");
  if (code.category() == errorCategory()) return makeFailure(code, peer + " sent a broken TLS record");
  return makeFailure(code, describe(code, peer));
}

}  // namespace multiconn::net
