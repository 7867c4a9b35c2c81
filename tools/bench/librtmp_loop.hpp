#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace multiconn::bench {

struct LibrtmpLoopOptions {
  std::string file;  ///< FLV
  std::uint16_t port = 0;
  std::size_t count = 1, repeat = 1;
  bool paced = false;
  std::uint32_t chunk_size = 128;  ///< librtmp's own
};

/// What an application does that links librtmp and wants several servers: one thread, RTMP_Write() to one
/// session after the other. Prints the processor seconds that starting took.
int runLibrtmpLoop(const LibrtmpLoopOptions& options);

}  // namespace multiconn::bench
