#pragma once

#include <cstdint>
#include <optional>

#include "rtmp/limits.hpp"

namespace multiconn::origin {

/// Keeps what a peer or an application can bring about from filling the log: so many lines a second.
class LogLimit {
 public:
  explicit LogLimit(unsigned lines_per_second) : most_(lines_per_second) {}

  /// How many lines were left out since the last that was written; nothing: leave this one out too.
  std::optional<std::uint64_t> admit(rtmp::TimePoint now);

 private:
  unsigned most_;
  unsigned written_ = 0;  // in the second that began at since_
  rtmp::TimePoint since_{};
  std::uint64_t left_out_ = 0;
};

}  // namespace multiconn::origin
