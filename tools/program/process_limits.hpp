#pragma once

#include <sys/resource.h>

#include <algorithm>

namespace multiconn::tools {

/// A crash leaves no core file: keys and tokens are in the process's memory. Not 0: where a program takes the
/// core (core_pattern(5)), it would get one; 1 is none for both. Only the soft limit:
/// `prlimit --core=unlimited --pid` still gets one.
inline void keepNoCoreFile() {
  rlimit limit{};
  if (getrlimit(RLIMIT_CORE, &limit) != 0) return;
  limit.rlim_cur = std::min<rlim_t>(1, limit.rlim_max);
  setrlimit(RLIMIT_CORE, &limit);
}

/// As many descriptors as the system allows.
inline void raiseDescriptorLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace multiconn::tools
