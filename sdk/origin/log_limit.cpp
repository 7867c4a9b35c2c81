#include "origin/log_limit.hpp"

#include <utility>

namespace multiconn::origin {

std::optional<std::uint64_t> LogLimit::admit(rtmp::TimePoint now) {
  if (now - since_ >= std::chrono::seconds(1)) {
    since_ = now;
    written_ = 0;
  }
  if (written_ >= most_) {
    ++left_out_;
    return {};
  }
  ++written_;
  return std::exchange(left_out_, 0);
}

}  // namespace multiconn::origin
