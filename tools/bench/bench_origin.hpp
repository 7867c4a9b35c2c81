#pragma once

#include <cstdint>
#include <optional>

#include "process.hpp"

namespace multiconn::bench {

/// multiconn-origin, from the folder of this program, on a port of its own that it keeps across restarts.
class BenchOrigin {
 public:
  /// Throws std::runtime_error when it does not start.
  explicit BenchOrigin(int cpu = -1);

  std::uint16_t port() const { return port_; }
  const Process& process() const { return *process_; }
  /// SIGKILL; returns once it is gone.
  void kill() { process_.reset(); }
  /// After kill(): starts it, and does not wait until it listens.
  void restart();

 private:
  int cpu_;
  std::uint16_t port_ = 0;
  std::optional<Process> process_;
};

}  // namespace multiconn::bench
