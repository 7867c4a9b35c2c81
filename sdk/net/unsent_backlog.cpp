#include "net/unsent_backlog.hpp"

#include <algorithm>

namespace multiconn::net {
namespace {

constexpr double backlog_seconds = 0.5;
constexpr std::chrono::milliseconds shortest_measurement{50};

}  // namespace

std::optional<std::size_t> UnsentBacklog::wrote(std::size_t bytes, bool full, TimePoint now) {
  taken_ += bytes;
  if (!full || (since_ && now - *since_ < shortest_measurement)) return {};
  const bool measured = since_.has_value();
  const double seconds = measured ? std::chrono::duration<double>(now - *since_).count() : 1;
  const double wanted = static_cast<double>(taken_) / seconds * backlog_seconds;
  since_ = now;
  taken_ = 0;
  if (!measured) return {};
  const auto size = static_cast<std::size_t>(
      std::clamp(wanted, static_cast<double>(smallest), static_cast<double>(largest)));
  // Each change is a system call.
  if (size < size_ + size_ / 4 && size > size_ / 2 && size != smallest) return {};
  if (size == size_) return {};
  size_ = size;
  return size_;
}

}  // namespace multiconn::net
