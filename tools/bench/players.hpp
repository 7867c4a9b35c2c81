#pragma once

#include <chrono>
#include <cstddef>

namespace multiconn::bench {

struct PlayersOptions {
  std::size_t count = 1000;
  std::chrono::seconds length{20};  ///< with both servers, before one is killed
  std::size_t kilobits = 128;       ///< per second, of the audio
  double lost_gate = 0;             ///< frames, of all players together
  double gap_gate_ms = 1000;        ///< the longest silence of a player whose server was killed
  bool json = false;
};

/// An audience of audio players on two multiconn-origin behind HAProxy, which gives each new connection to
/// the one with fewest, and a publisher to both; then one origin is killed and its players connect again: 3
/// when a gate was missed. Throws std::runtime_error when HAProxy is not installed.
int runPlayers(const PlayersOptions& options);

}  // namespace multiconn::bench
