#pragma once

#include <cstdint>

#include "chaos/stage.hpp"

namespace multiconn::chaos {

/// How far a run has come.
struct Outcome {
  bool completed = false;       ///< every server was healed, and finish() has ended
  bool closed = false;          ///< the client has counted everything
  std::uint32_t data_sent = 0;  ///< data messages
};

/// What each server of the stage has got in the end, judged by what it had to get.
void judgeSites(Stage& stage, const Outcome& outcome);

}  // namespace multiconn::chaos
