#pragma once

#include <sys/types.h>
#include <cstdint>
#include <string>

namespace multiconn::bench {

/// How much of the processors' time went where, since some moment; proc(5), /proc/stat.
struct ProcessorTimes {
  std::uint64_t total = 0, idle = 0, steal = 0;
};
/// Of the first line of /proc/stat; zeros when it is none.
ProcessorTimes processorTimes(const std::string& stat);

/// Watches how busy the machine is, from construction on.
class Busyness {
 public:
  Busyness();
  /// A sentence with the load average and the shares of the time that all processors worked, that another
  /// guest had (steal), and that this process and its finished children took.
  std::string tell() const;

 private:
  ProcessorTimes begin_;
  double own_begin_;
};

/// Bytes of a process that are in memory; 0 when there is none.
std::uint64_t residentBytes(pid_t pid);

}  // namespace multiconn::bench
