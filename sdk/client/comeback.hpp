#pragma once

#include <algorithm>
#include <chrono>
#include <functional>
#include <optional>
#include <utility>

#include "client/backoff.hpp"
#include "net/scheduler.hpp"

namespace multiconn::client {

/// The next attempt of one server: its back-off, and the timer until then.
class Comeback {
 public:
  explicit Comeback(const ReconnectOptions& options) : backoff(options) {}

  Backoff backoff;

  void arm(net::Scheduler& scheduler, std::chrono::milliseconds delay, std::function<void()> attempt) {
    due_ = scheduler.now() + delay;
    timer_ = scheduler.after(delay, [this, attempt = std::move(attempt)] {
      due_.reset();
      backoff.begin();
      attempt();
    });
  }
  void cancel() {
    due_.reset();
    timer_.cancel();
  }
  /// Until the next attempt, while it is waited for.
  std::optional<std::chrono::milliseconds> remaining(rtmp::TimePoint now) const {
    if (!due_) return {};
    return std::chrono::ceil<std::chrono::milliseconds>(std::max(*due_ - now, rtmp::Duration::zero()));
  }

 private:
  std::optional<rtmp::TimePoint> due_;
  net::Timer timer_;
};

}  // namespace multiconn::client
