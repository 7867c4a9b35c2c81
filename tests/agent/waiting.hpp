#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <utility>

namespace multiconn::test {

constexpr std::chrono::seconds patience{20};

/// What other threads hand over.
template <class Value>
class Inbox {
 public:
  void put(Value value) {
    // Under the lock: who has been waiting may destroy this as soon as it has the value.
    const std::lock_guard lock(mutex_);
    values_.push_back(std::move(value));
    filled_.notify_all();
  }
  /// The next; nothing when there is none in time.
  std::optional<Value> take(std::chrono::milliseconds limit = patience) {
    std::unique_lock lock(mutex_);
    if (!filled_.wait_for(lock, limit, [this] { return !values_.empty(); })) return {};
    Value value = std::move(values_.front());
    values_.pop_front();
    return value;
  }
  /// The next that is `wanted`; those before it are dropped.
  std::optional<Value> takeThat(const std::function<bool(const Value&)>& wanted) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (auto value = take(
               std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()))) {
      if (wanted(*value)) return value;
    }
    return {};
  }

 private:
  std::mutex mutex_;
  std::condition_variable filled_;
  std::deque<Value> values_;
};

}  // namespace multiconn::test
