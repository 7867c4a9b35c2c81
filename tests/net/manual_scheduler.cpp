#include "net/manual_scheduler.hpp"

namespace multiconn::net::test {

struct ManualScheduler::Call final : Timer::Pending {
  explicit Call(std::shared_ptr<std::function<void()>> call) : task(std::move(call)) {}
  std::shared_ptr<std::function<void()>> task;
};

Timer ManualScheduler::after(Duration delay, std::function<void()> task) {
  auto shared = std::make_shared<std::function<void()>>(std::move(task));
  timers_.emplace(now_ + delay, shared);
  return Timer(std::make_unique<Call>(std::move(shared)));
}

void ManualScheduler::run() {
  while (!tasks_.empty()) {
    const auto task = std::move(tasks_.front());
    tasks_.pop_front();
    task();
  }
}

void ManualScheduler::advance(Duration time) {
  run();
  const TimePoint end = now_ + time;
  while (!timers_.empty() && timers_.begin()->first <= end) {
    now_ = timers_.begin()->first;
    const auto task = timers_.begin()->second.lock();
    timers_.erase(timers_.begin());
    if (task) (*task)();
    run();
  }
  now_ = end;
}

}  // namespace multiconn::net::test
