#pragma once

#include <chrono>
#include <cstddef>
#include <optional>

#include "net/scheduler.hpp"

namespace multiconn::net {

/// How many unsent bytes a connection keeps in the kernel: half a second at the speed at which the
/// peer takes them. More would be frames that cannot be dropped any more; less costs a fast peer CPU, since
/// every message is then sent by itself. 128 KiB at least, 2 MiB at most.
class UnsentBacklog {
 public:
  static constexpr std::size_t smallest = 128 * 1024;
  static constexpr std::size_t largest = 2 * 1024 * 1024;

  /// After every write: what the socket took, and whether it was full then. Gives the size when it has
  /// changed.
  std::optional<std::size_t> wrote(std::size_t bytes, bool full, TimePoint now);
  std::size_t size() const { return size_; }

 private:
  std::size_t size_ = smallest;
  std::optional<TimePoint> since_;  // a moment at which the socket was full
  std::size_t taken_ = 0;           // since then
};

}  // namespace multiconn::net
