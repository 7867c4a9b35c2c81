#pragma once

#include <string>

#include "packet_compare.hpp"

namespace multiconn::bench {

struct CompareOptions {
  std::string input;
  std::string capture;
  TimestampRule timestamps = TimestampRule::exact;
  bool listing = false;  ///< the capture is a packet listing; see readListing()
  bool json = false;
};

/// Prints a line per track. Returns the exit code; 3 when a track is not equal. Throws when an input cannot
/// be read.
int runCompare(const CompareOptions& options);

}  // namespace multiconn::bench
