#pragma once

#include <chrono>
#include <cstddef>

namespace multiconn::bench {

struct SetupOptions {
  std::size_t count = 16;
  std::chrono::milliseconds delay{50};  ///< each direction
  std::size_t runs = 5;
  double gate = 0;  ///< > 0: exit 3 when the median needs more round trips than this
  bool json = false;
};

/// From connect() to Publish.Start on all servers, through a proxy that delays both directions; publish asked
/// for before connect. TCP's own handshake does not pass the proxy, so the figure is the time after it.
int runSetup(const SetupOptions& options);

}  // namespace multiconn::bench
