#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "net/asio_scheduler.hpp"

namespace multiconn::net::test {

/// One io_context with one scheduler on it, run by the test's own thread.
class Loop {
 public:
  Loop();
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  AsioScheduler& scheduler();
  /// Runs tasks until `condition` holds. False when that took longer than `deadline`: something hangs.
  bool until(const std::function<bool()>& condition,
             std::chrono::milliseconds deadline = std::chrono::seconds(20));
  /// Runs what is ready now, and what that makes ready.
  void settle();
  /// Runs for a time, to see that something does not happen.
  void runFor(std::chrono::milliseconds time);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace multiconn::net::test
