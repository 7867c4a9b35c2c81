#pragma once

#include <array>
#include <span>

#include "rtmp/handshake.hpp"

namespace multiconn::net {

/// Fills `bytes` from the operating system's generator.
void fillRandom(std::span<std::byte> bytes);

/// What rtmp::Handshake asks for.
std::array<rtmp::HandshakePacket, 2> randomHandshakePackets();

}  // namespace multiconn::net
