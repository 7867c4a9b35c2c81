#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <utility>
#include <vector>

namespace multiconn::test {

/// What callbacks on other threads have brought, in order; waited for with a deadline. Any thread.
template <typename T>
class Gathered {
 public:
  void add(T item) {
    // Under the lock: who has been waiting may destroy this as soon as it has that.
    const std::lock_guard lock(mutex_);
    items_.push_back(std::move(item));
    added_.notify_all();
  }
  std::vector<T> all() const {
    const std::lock_guard lock(mutex_);
    return items_;
  }
  /// Asks at once, and again whenever something comes. False when the deadline passes first.
  bool waitFor(const std::function<bool(const std::vector<T>&)>& condition,
               std::chrono::milliseconds deadline = std::chrono::seconds(20)) const {
    std::unique_lock lock(mutex_);
    return added_.wait_for(lock, deadline, [&] { return condition(items_); });
  }
  bool waitForCount(std::size_t count) const {
    return waitFor([count](const std::vector<T>& items) { return items.size() >= count; });
  }

 private:
  mutable std::mutex mutex_;
  mutable std::condition_variable added_;
  std::vector<T> items_;
};

}  // namespace multiconn::test
