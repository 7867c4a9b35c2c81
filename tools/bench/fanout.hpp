#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace multiconn::bench {

struct FanoutOptions {
  std::string file;  ///< empty: a synthetic clip of 6 Mbit/s
  std::vector<std::size_t> counts{16, 64, 256, 1024};
  std::vector<std::string> modes{"fast", "paced"};
  std::size_t runs = 5;
  std::size_t megabytes = 2000;  ///< delivered per run, as fast as possible
  std::size_t paced_seconds = 5;
  double gate = 0;         ///< > 0: exit 3 when a ratio at 16 or more destinations is above it
  double memory_gate = 0;  ///< > 0: exit 3 when a further destination costs more KiB than this
  bool tls = false;        ///< by rtmps, beside a loop of SSL_write
  bool json = false;
};

/// Publishing one stream to N sinks beside a bare loop of send(2), or of SSL_write: CPU seconds per delivered
/// gigabyte, their ratio, and memory. Returns the exit code; 3 when a comparison is void or above the gate.
int runFanout(const FanoutOptions& options);

}  // namespace multiconn::bench
