#pragma once

#include <chrono>
#include <cstdint>

namespace multiconn::bench {

/// Forwards every connection to 127.0.0.1:`target`, each byte `delay` later in either direction: a round trip
/// of twice that, where the kernel has no netem. Prints "port P" and runs until its standard input ends.
int runDelayProxy(std::uint16_t target, std::chrono::milliseconds delay);

}  // namespace multiconn::bench
