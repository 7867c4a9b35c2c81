#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>

#include "balance/load_report.hpp"

namespace multiconn::agent {

/// Bits per second from a counter of bytes that grows, over windows of a second or more; at most
/// balance::max_bits.
class RateMeter {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  std::uint64_t read(std::uint64_t bytes, TimePoint now) {
    if (last_ && now - time_ < std::chrono::seconds(1)) return rate_;
    if (last_) {
      // A counter that has fallen began again at 0.
      const std::uint64_t more = bytes >= *last_ ? bytes - *last_ : bytes;
      const double rate = static_cast<double>(more) * 8 / std::chrono::duration<double>(now - time_).count();
      rate_ = static_cast<std::uint64_t>(std::min(rate, static_cast<double>(balance::max_bits)));
    }
    last_ = bytes;
    time_ = now;
    return rate_;
  }

 private:
  std::optional<std::uint64_t> last_;
  TimePoint time_;
  std::uint64_t rate_ = 0;
};

}  // namespace multiconn::agent
