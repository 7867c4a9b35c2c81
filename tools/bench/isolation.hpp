#pragma once

#include <chrono>

namespace multiconn::bench {

struct IsolationOptions {
  std::chrono::seconds length{30};  ///< of either run
  double delay_gate_ms = 5;         ///< p99, more than without the saboteurs
  double write_gate_us = 50;        ///< p99.9 of writeVideo()
  bool json = false;
};

/// A broadcast to one healthy server, alone and then beside seven bad ones (saboteurs.hpp): what the healthy
/// one lost, how much later it got its frames, and how long writeVideo() took. 3 when a gate was missed.
int runIsolation(const IsolationOptions& options);

}  // namespace multiconn::bench
