#pragma once

#include <cstddef>
#include <vector>

#include <multiconn/status.hpp>

#include "chaos/stage.hpp"

namespace multiconn::chaos {

/// What holds at any time: no queue is longer than it may be, no more media is in memory, and few links.
/// `written`: bytes of all frames.
void checkBounds(Stage& stage, const std::vector<ServerStats>& rows, std::size_t written);
/// Once the MultiConnection is gone: nothing of it is left. Takes the time that it has for that.
void checkNothingLeft(Stage& stage, net::Duration longest_close);

}  // namespace multiconn::chaos
