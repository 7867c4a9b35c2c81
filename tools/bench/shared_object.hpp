#pragma once

#include <chrono>
#include <cstddef>

namespace multiconn::bench {

struct SharedObjectOptions {
  std::size_t writers = 20;  ///< each with a slot of its own
  std::size_t readers = 480;
  std::chrono::milliseconds bound{100};  ///< p99 from a write to the last reader
  std::chrono::seconds step{3};          ///< length of one try
  std::chrono::seconds soak{60};         ///< at half the rate found, for the memory; 0: none
  double gate = 0;                       ///< > 0: exit 3 when fewer changes a second keep the bound
  double memory_gate = 0;  ///< > 0: exit 3 when the second half of the soak takes more MiB than this
  bool json = false;
};

/// One object on multiconn-origin's server: the largest rate of changes at which p99 from write to last
/// reader stays under the bound, and what the server's processor and memory did meanwhile.
int runSharedObject(const SharedObjectOptions& options);

/// The measured side: the server, in a process of its own. Prints "port P" and runs until its standard input
/// ends.
int runObjectServer();

}  // namespace multiconn::bench
