#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "rtmp/limits.hpp"

namespace multiconn::net {

using rtmp::Duration;
using rtmp::TimePoint;

/// A pending call of Scheduler::after(). Destroying or resetting it on the scheduler's strand cancels the
/// call for certain.
class Timer {
 public:
  class Pending {
   public:
    virtual ~Pending() = default;
  };
  Timer() = default;
  explicit Timer(std::unique_ptr<Pending> pending) : pending_(std::move(pending)) {}
  void cancel() { pending_.reset(); }

 private:
  std::unique_ptr<Pending> pending_;
};

/// One strand: tasks run one at a time, in the order of their post(). Everything of one MultiConnection runs
/// on one; tests put simulated time behind it.
class Scheduler {
 public:
  virtual ~Scheduler() = default;
  /// Any thread. `task` runs later, never inside this call.
  virtual void post(std::function<void()> task) = 0;
  /// On the strand only.
  [[nodiscard]] virtual Timer after(Duration delay, std::function<void()> task) = 0;
  /// Any thread.
  virtual TimePoint now() const = 0;
};

}  // namespace multiconn::net
