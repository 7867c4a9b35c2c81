#pragma once

#include <cstdint>
#include <string>

namespace multiconn::chaos {

/// From now on the process says on stderr how to repeat what it was at, when it dies (of a signal, an
/// exception, a sanitizer's finding) and when one seed takes longer than a minute. `command`: what the seed
/// is appended to.
void keepLastWords(std::string command);

/// What runs from now on.
void runsNow(std::uint64_t seed);

}  // namespace multiconn::chaos
