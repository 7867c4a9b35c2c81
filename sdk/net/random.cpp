#include "net/random.hpp"

#include <sys/random.h>

#include <cerrno>
#include <cstdlib>

namespace multiconn::net {

void fillRandom(std::span<std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t filled = ::getrandom(bytes.data(), bytes.size(), 0);
    if (filled >= 0) {
      bytes = bytes.subspan(static_cast<std::size_t>(filled));
    } else if (errno != EINTR) {
      std::abort();  // a kernel without getrandom(2): nothing that needs randomness could go on
    }
  }
}

std::array<rtmp::HandshakePacket, 2> randomHandshakePackets() {
  std::array<rtmp::HandshakePacket, 2> packets{};
  for (rtmp::HandshakePacket& packet : packets) fillRandom(packet);
  return packets;
}

}  // namespace multiconn::net
