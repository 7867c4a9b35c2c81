#pragma once

#include <cstdint>
#include <optional>

#include "rtmp/limits.hpp"

namespace multiconn::client {

/// So many in each second and no more; the others are counted.
class RateLimit {
 public:
  explicit RateLimit(std::uint32_t per_second) : per_second_(per_second) {}

  /// False: one too many.
  bool take(rtmp::TimePoint now);
  /// How many were too many since the last report, once a second at most; nothing when there were none.
  std::optional<std::uint64_t> report(rtmp::TimePoint now);
  /// There is something for a later report.
  bool unreported() const { return refused_ > 0; }

 private:
  std::uint32_t per_second_;
  std::uint32_t taken_ = 0;
  std::uint64_t refused_ = 0;
  rtmp::TimePoint second_{};
  std::optional<rtmp::TimePoint> reported_at_;
};

}  // namespace multiconn::client
