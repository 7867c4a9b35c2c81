#pragma once

#include <cstddef>
#include <cstdint>

#include "net/link.hpp"
#include "rtmp/limits.hpp"

namespace multiconn::client {

/// For how long a connection has taken nothing of what is there for it.
class Progress {
 public:
  /// It is not asked to take anything, or has just begun.
  void restart(rtmp::TimePoint now) { since_ = now; }
  rtmp::Duration without(rtmp::TimePoint now, const net::LinkStats& figures, std::size_t queued) {
    const std::uint64_t taken = figures.acknowledged();
    const bool nothing_to_take = queued == 0 && figures.unsent == 0 && figures.unacknowledged == 0;
    if (taken != taken_ || nothing_to_take) {
      taken_ = taken;
      since_ = now;
    }
    return now - since_;
  }

 private:
  std::uint64_t taken_ = 0;
  rtmp::TimePoint since_{};
};

}  // namespace multiconn::client
