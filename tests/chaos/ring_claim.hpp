#pragma once

#include "chaos/judge.hpp"

namespace multiconn::chaos {

/// Whether the ring has to have had this frame until then.
bool covered(const Claim& claim, const Written& missed, net::TimePoint until);
/// A broadcast's first frames are held until both of its tracks are known, or one does not come: they leave
/// at once, and may be more than the queue holds.
bool heldTooMuch(const Claim& claim, const Written& missed);

}  // namespace multiconn::chaos
