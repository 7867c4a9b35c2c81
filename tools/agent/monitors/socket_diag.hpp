#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "agent/http/waiting.hpp"

namespace multiconn::agent {

/// An established TCP connection at this machine, as the kernel tells it (sock_diag(7)).
struct DiagConnection {
  std::uint64_t cookie = 0;                   ///< the kernel's own name of the socket, never used again
  std::uint16_t peer_port = 0;                ///< the remote end's
  std::uint64_t bytes_in = 0, bytes_out = 0;  ///< received, and acknowledged by the peer; when asked for
};

/// One dump's answer, datagram by datagram.
struct DiagAnswer {
  std::vector<DiagConnection> connections;
  bool done = false;
  int error = 0;  ///< errno
};
/// Adds what one datagram from the kernel says.
void parseDiag(std::span<const std::byte> datagram, DiagAnswer& answer);

/// Asks the kernel for the connections that were made to a local TCP port, over IPv4 and IPv6.
class SocketDiag {
 public:
  /// Throws std::system_error where the kernel has no sock_diag.
  SocketDiag();
  /// Throws std::runtime_error with one sentence.
  std::vector<DiagConnection> established(std::uint16_t local_port, bool with_bytes);

 private:
  void ask(int family, std::uint16_t local_port, bool with_bytes);
  void receive(DiagAnswer& answer);

  tools::Descriptor socket_;
  std::vector<std::byte> buffer_;
};

}  // namespace multiconn::agent
