#pragma once

#include <cstdint>
#include <string>

namespace multiconn::bench {

/// The yardstick: a non-blocking loop of send(2) that writes a recorded stream, one call per message, to
/// `count` publishers of the sink at `port`; as fast as they take it, or paced by the messages' timestamps.
/// With a CA file (PEM) it is a loop of SSL_write instead. Prints the CPU seconds that its start took, before
/// it connects.
int runBareLoop(const std::string& recording, std::uint16_t port, std::size_t count, bool paced,
                const std::string& ca_file = {});

}  // namespace multiconn::bench
