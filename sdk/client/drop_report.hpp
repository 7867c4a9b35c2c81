#pragma once

#include <optional>
#include <string>

#include "rtmp/limits.hpp"
#include "rtmp/outbound_queue.hpp"

namespace multiconn::client {

/// Sums up what one server did not get, into one sentence a second at most.
class DropReport {
 public:
  /// Dropped by its queue.
  void add(const rtmp::DropCounts& counts);
  /// Sent while it was away.
  void addMissed(const rtmp::DropCounts& counts);
  /// A data message, which is no frame.
  void addData() { ++data_; }
  /// All frames, missed ones included.
  const rtmp::DropCounts& totals() const { return totals_; }
  /// What to say now, if anything.
  std::optional<std::string> take(rtmp::TimePoint now);

 private:
  std::string describe() const;

  rtmp::DropCounts dropped_, missed_;  // not reported yet
  std::uint64_t data_ = 0;
  rtmp::DropCounts totals_;
  std::optional<rtmp::TimePoint> last_;
};

}  // namespace multiconn::client
