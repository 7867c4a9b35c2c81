#pragma once

#include <string>
#include <vector>

#include <multiconn/destination.hpp>

namespace publish {

/// Where the broadcast goes: each argument is a publish URL, or @FILE with one such URL a line (# begins a
/// comment), which keeps stream keys out of the process list. Throws std::invalid_argument with one sentence,
/// free of secrets: nothing listed, a malformed URL, a destination that is listed twice or is one of
/// `others`, a file that cannot be read.
std::vector<multiconn::Destination> readDestinations(const std::vector<std::string>& arguments,
                                                     const std::vector<multiconn::Destination>& others = {});

}  // namespace publish
