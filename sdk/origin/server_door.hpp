#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <thread>

#include "net/scheduler.hpp"

namespace multiconn::origin {

/// The way into a server's strand for handles, which may be used on any thread and may outlive the server.
class ServerDoor {
 public:
  explicit ServerDoor(net::Scheduler& scheduler) : scheduler_(&scheduler) {}

  /// This thread is the server's from now on.
  void own() { owner_ = std::this_thread::get_id(); }
  bool inside() const { return owner_.load() == std::this_thread::get_id(); }
  /// As a task of the strand. Dropped once the server has gone.
  void post(std::function<void()> task);
  /// At once on the server's thread, else as a task.
  void enter(std::function<void()> task);
  /// The scheduler goes.
  void close();

 private:
  std::mutex mutex_;
  net::Scheduler* scheduler_;
  std::atomic<std::thread::id> owner_{};
};

}  // namespace multiconn::origin
