#include "support/simulated_loop.hpp"

#include <algorithm>

namespace multiconn::test {

class SimulatedLoop::Pending final : public net::Timer::Pending {
 public:
  Pending(SimulatedLoop& loop, Key key) : loop_(loop), alive_(loop.alive_), key_(key) {}
  ~Pending() override {
    if (!alive_.expired()) loop_.timers_.erase(key_);
  }

 private:
  SimulatedLoop& loop_;
  std::weak_ptr<int> alive_;
  Key key_;
};

void SimulatedLoop::post(std::function<void()> task) {
  ready_.push_back(std::move(task));
}

net::Timer SimulatedLoop::after(net::Duration delay, std::function<void()> task) {
  const Key key{now_ + delay, next_++};
  timers_.emplace(key, std::move(task));
  return net::Timer(std::make_unique<Pending>(*this, key));
}

void SimulatedLoop::later(net::Duration delay, std::function<void()> task) {
  timers_.emplace(Key{now_ + delay, next_++}, std::move(task));
}

void SimulatedLoop::runFor(net::Duration span) {
  const net::TimePoint end = now_ + span;
  while (step(end)) {
  }
  now_ = end;
}

bool SimulatedLoop::runUntil(const std::function<bool()>& done, net::Duration limit) {
  const net::TimePoint end = now_ + limit;
  while (!done())
    if (!step(end)) return false;
  return true;
}

void SimulatedLoop::clear() {
  // Tasks may own what cancels or posts others.
  while (!ready_.empty() || !timers_.empty()) {
    const auto ready = std::exchange(ready_, {});
    const auto timers = std::exchange(timers_, {});
  }
}

bool SimulatedLoop::step(net::TimePoint until) {
  std::function<void()> task;
  if (!ready_.empty()) {
    task = std::move(ready_.front());
    ready_.pop_front();
  } else {
    if (timers_.empty() || timers_.begin()->first.first > until) return false;
    now_ = std::max(now_, timers_.begin()->first.first);
    task = std::move(timers_.begin()->second);
    timers_.erase(timers_.begin());
  }
  task();
  return true;
}

}  // namespace multiconn::test
