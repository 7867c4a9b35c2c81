#pragma once

#include <cstdint>
#include <string>

#include "program/process_limits.hpp"
#include "rtmp/bytes.hpp"

namespace multiconn::bench {

/// A listening socket on 127.0.0.1, port chosen by the kernel. Throws std::system_error.
int listenOnLoopback();
std::uint16_t localPort(int socket);
/// The next connection of a listening socket, TCP_NODELAY set; -1 when there is none.
int acceptConnection(int listener);
/// A blocking connection to 127.0.0.1, TCP_NODELAY set. Throws std::system_error.
int connectToLoopback(std::uint16_t port);
/// Blocks until all is written or the peer is gone.
void sendAll(int socket, rtmp::BytesView bytes);
/// Stream name number `index`. All have one length, so that every sink is sent the same number of bytes.
std::string streamName(std::size_t index);
using tools::raiseDescriptorLimit;

}  // namespace multiconn::bench
