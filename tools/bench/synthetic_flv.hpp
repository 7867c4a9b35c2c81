#pragma once

#include <chrono>
#include <cstddef>

#include "rtmp/bytes.hpp"

namespace multiconn::bench {

/// An FLV file shaped like a 30 fps broadcast: H.264 of `bits_per_second` with a keyframe every two seconds
/// and AAC of 128 kbit/s. Sizes and timestamps are real, the pictures are noise.
rtmp::Bytes syntheticFlv(std::chrono::seconds length, std::size_t bits_per_second);

}  // namespace multiconn::bench
