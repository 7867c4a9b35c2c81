#pragma once

#include <array>
#include <cstdint>
#include <mutex>

namespace multiconn::agent {

/// The agent's own looks at the server, which are no clients. Any thread.
class ProbeLog {
 public:
  void probing(std::uint16_t local_port) {
    const std::lock_guard lock(mutex_);
    ports_[next_++ % ports_.size()] = local_port;
    ++connections_;
  }
  void probed(bool taken) {
    const std::lock_guard lock(mutex_);
    if (!taken) --connections_;
  }
  /// Whether a peer with this port is one of the last few.
  bool contains(std::uint16_t port) const {
    const std::lock_guard lock(mutex_);
    for (const std::uint16_t one : ports_) {
      if (one == port && port != 0) return true;
    }
    return false;
  }
  /// How many connections they were, those included that are being made: the server cannot count one before
  /// it is counted here.
  std::uint64_t connections() const {
    const std::lock_guard lock(mutex_);
    return connections_;
  }

 private:
  mutable std::mutex mutex_;
  std::array<std::uint16_t, 4> ports_{};
  std::size_t next_ = 0;
  std::uint64_t connections_ = 0;
};

}  // namespace multiconn::agent
