#include "client/rate_limit.hpp"

#include <utility>

namespace multiconn::client {

bool RateLimit::take(rtmp::TimePoint now) {
  if (now - second_ >= std::chrono::seconds(1)) {
    second_ = now;
    taken_ = 0;
  }
  if (taken_ < per_second_) {
    ++taken_;
    return true;
  }
  ++refused_;
  return false;
}

std::optional<std::uint64_t> RateLimit::report(rtmp::TimePoint now) {
  if (refused_ == 0 || (reported_at_ && now - *reported_at_ < std::chrono::seconds(1))) return {};
  reported_at_ = now;
  return std::exchange(refused_, 0);
}

}  // namespace multiconn::client
