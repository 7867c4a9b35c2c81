#pragma once

#include <optional>
#include <string>

#include "rtmp/limits.hpp"
#include "rtmp/outbound_queue.hpp"

namespace multiconn::client {

/// Sums up what one server's queue dropped, into one sentence a second at most.
class DropReport {
 public:
  void add(const rtmp::DropCounts& counts);
  /// A data message, which is no frame.
  void addData() { ++data_; }
  /// Frames.
  std::uint64_t total() const { return total_; }
  /// What to say now, if anything.
  std::optional<std::string> take(rtmp::TimePoint now);

 private:
  rtmp::DropCounts counts_;
  std::uint64_t total_ = 0;
  std::uint64_t data_ = 0;
  std::optional<rtmp::TimePoint> last_;
};

}  // namespace multiconn::client
