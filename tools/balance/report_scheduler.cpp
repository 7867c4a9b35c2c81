#include "balance/report_scheduler.hpp"

#include <algorithm>

namespace multiconn::balance {
namespace {

constexpr milliseconds early_pause{100};
constexpr std::uint64_t early_accepts = 10, capacity_share = 100;

}  // namespace

ReportScheduler::ReportScheduler(milliseconds interval, TimePoint now, Random& random)
    : interval_(std::max(interval, milliseconds(1))), last_(now) {
  const auto range = static_cast<std::uint64_t>(interval_.count());
  regular_ = now + milliseconds(random() % range);
}

TimePoint ReportScheduler::due() const {
  if (at_once_) return last_;
  const std::uint64_t come = accepts_ - accepts_at_last_;
  const bool early = come >= early_accepts && come >= (capacity_ + capacity_share - 1) / capacity_share;
  return early ? std::min(regular_, last_ + early_pause) : regular_;
}

void ReportScheduler::accepted(std::uint64_t accepts, std::uint32_t capacity, TimePoint) {
  // A counter that went back is that of a server which was started again.
  if (!known_ || accepts < accepts_) accepts_at_last_ = accepts;
  known_ = true;
  accepts_ = accepts;
  capacity_ = capacity;
}

void ReportScheduler::reportNow(TimePoint now) {
  at_once_ = true;
  last_ = std::min(last_, now);
}

// The phase of the regular reports stays what it was by chance, so that edges which were all hit by one crowd
// do not report in step from then on.
void ReportScheduler::reported(TimePoint now) {
  at_once_ = false;
  last_ = now;
  accepts_at_last_ = accepts_;
  if (regular_ <= now) regular_ += ((now - regular_) / interval_ + 1) * interval_;
}

void ReportScheduler::setInterval(milliseconds interval, TimePoint now) {
  interval_ = std::max(interval, milliseconds(1));
  if (regular_ > now + interval_) regular_ = now + (regular_ - now) % interval_;
}

}  // namespace multiconn::balance
