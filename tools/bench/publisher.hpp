#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace multiconn::bench {

/// The measured side: publishes an FLV file `repeat` times to `count` destinations at 127.0.0.1:`port`
/// through the public API; over rtmps with a CA file (PEM). Fails when one of them misses a frame.
int runPublisher(const std::string& file, std::uint16_t port, std::size_t count, std::size_t repeat,
                 bool paced, const std::string& ca_file = {});

}  // namespace multiconn::bench
