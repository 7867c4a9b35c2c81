#pragma once

#include <cstdint>
#include <string>
#include <system_error>

#include "net/link.hpp"

namespace multiconn::net {

/// A failure with its sentence; `final` follows from the code.
LinkFailure makeFailure(std::error_code code, std::string text);

/// One sentence for what the kernel says of a connection to `peer`: "connection refused by <peer>" and the
/// like.
std::string describe(std::error_code code, const std::string& peer);

// How the connection to `peer` ("the server") ended, for every engine in the same words.
struct PeerState {
  bool open = false;       ///< past the RTMP handshake
  std::size_t unsent = 0;  ///< bytes it has yet to be given
  std::uint8_t first = 0;  ///< the first byte it sent
};
/// The peer closed in good order.
LinkFailure peerEnded(const std::string& peer, const PeerState& state);
/// Reading or writing failed, or what was read was no RTMP.
LinkFailure peerFailed(std::error_code code, const std::string& peer, const PeerState& state);

}  // namespace multiconn::net
