#pragma once

#include <deque>
#include <map>
#include <memory>
#include <utility>

#include "net/scheduler.hpp"

namespace multiconn::net::test {

/// Simulated time: nothing runs but in run() and advance().
class ManualScheduler final : public Scheduler {
 public:
  void post(std::function<void()> task) override { tasks_.push_back(std::move(task)); }
  [[nodiscard]] Timer after(Duration delay, std::function<void()> task) override;
  TimePoint now() const override { return now_; }

  /// Runs every task there is, and those they post.
  void run();
  void advance(Duration time);

 private:
  struct Call;
  TimePoint now_{std::chrono::hours(1)};
  std::deque<std::function<void()>> tasks_;
  std::multimap<TimePoint, std::weak_ptr<std::function<void()>>> timers_;
};

}  // namespace multiconn::net::test
