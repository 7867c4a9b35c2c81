#pragma once

#include <vector>

#include "yardsticks.hpp"

namespace multiconn::bench {

/// HAProxy in TCP mode as docs/deploy/haproxy.cfg has it, on a port of its own, before servers on 127.0.0.1:
/// a new connection goes to the one with fewest. A server that refuses a connection is down at once, and the
/// connection goes to another one. `most`: connections at a time. Throws std::runtime_error when it is not
/// installed or does not start.
Yardstick startLeastConnections(const scratch::TemporaryFolder& folder,
                                const std::vector<std::uint16_t>& servers, std::size_t most, int cpu);

}  // namespace multiconn::bench
