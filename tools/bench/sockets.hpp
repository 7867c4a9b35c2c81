#pragma once

#include <cstdint>

#include "rtmp/bytes.hpp"

namespace multiconn::bench {

/// A listening socket on 127.0.0.1, port chosen by the kernel. Throws std::system_error.
int listenOnLoopback();
std::uint16_t localPort(int socket);
/// A blocking connection to 127.0.0.1, TCP_NODELAY set. Throws std::system_error.
int connectToLoopback(std::uint16_t port);
/// Blocks until all is written or the peer is gone.
void sendAll(int socket, rtmp::BytesView bytes);
/// As many descriptors as the system allows.
void raiseDescriptorLimit();

}  // namespace multiconn::bench
