#pragma once

#include <cstdint>

#include "balance/types.hpp"

namespace multiconn::balance {

/// When an agent reports: regularly with a random phase, at once when told, and early when the clients that
/// came since the last report are max(10, 1 % of the capacity) and 100 ms have passed.
class ReportScheduler {
 public:
  ReportScheduler(milliseconds interval, TimePoint now, Random& random);

  /// When the next report is due, as far as is known now.
  TimePoint due() const;
  /// The server's counter of accepted connections, as often as it is read. Without accepts counters that are
  /// exact there are no early reports: do not call it.
  void accepted(std::uint64_t accepts, std::uint32_t capacity, TimePoint now);
  /// Start, pause, unpause, stop, a change of health: at once.
  void reportNow(TimePoint now);
  void reported(TimePoint now);
  void setInterval(milliseconds interval, TimePoint now);

 private:
  milliseconds interval_;
  TimePoint regular_;
  TimePoint last_;
  std::uint64_t accepts_ = 0, accepts_at_last_ = 0;
  bool known_ = false;
  bool at_once_ = false;
  std::uint32_t capacity_ = 1;
};

}  // namespace multiconn::balance
