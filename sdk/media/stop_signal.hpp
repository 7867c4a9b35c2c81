#pragma once

#include <atomic>

namespace multiconn::media {

/// Set once, seen by code that polls and by code that blocks in poll(2).
class StopSignal {
 public:
  StopSignal();
  ~StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;

  void set();
  bool isSet() const { return set_.load(std::memory_order_relaxed); }
  /// Readable once it is set; -1 when the system had no descriptor left.
  int descriptor() const { return descriptor_; }

 private:
  std::atomic<bool> set_{false};
  int descriptor_;
};

}  // namespace multiconn::media
