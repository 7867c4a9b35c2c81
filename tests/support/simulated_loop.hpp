#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <utility>

#include "net/scheduler.hpp"

namespace multiconn::test {

/// Simulated time and the tasks in it. Nothing happens except inside run*(), on the caller's thread.
class SimulatedLoop {
 public:
  void post(std::function<void()> task);
  [[nodiscard]] net::Timer after(net::Duration delay, std::function<void()> task);
  /// As after(), for good.
  void later(net::Duration delay, std::function<void()> task);
  net::TimePoint now() const { return now_; }

  /// Runs what falls into the next `span`, and ends that much later.
  void runFor(net::Duration span);
  /// Until `done`; false when it is not within `limit`. Checked after every task.
  bool runUntil(const std::function<bool()>& done, net::Duration limit = std::chrono::seconds(120));
  /// Everything that is due now.
  void settle() { runFor({}); }
  /// Forgets every task.
  void clear();

 private:
  class Pending;
  using Key = std::pair<net::TimePoint, std::uint64_t>;

  bool step(net::TimePoint until);

  net::TimePoint now_ = net::TimePoint(std::chrono::hours(1));
  std::uint64_t next_ = 0;
  std::deque<std::function<void()>> ready_;
  std::map<Key, std::function<void()>> timers_;
  std::shared_ptr<int> alive_ = std::make_shared<int>();
};

class SimulatedScheduler final : public net::Scheduler {
 public:
  explicit SimulatedScheduler(SimulatedLoop& loop) : loop_(loop) {}
  void post(std::function<void()> task) override { loop_.post(std::move(task)); }
  [[nodiscard]] net::Timer after(net::Duration delay, std::function<void()> task) override {
    return loop_.after(delay, std::move(task));
  }
  net::TimePoint now() const override { return loop_.now(); }

 private:
  SimulatedLoop& loop_;
};

}  // namespace multiconn::test
