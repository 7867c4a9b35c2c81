#pragma once

#include <chrono>
#include <csignal>
#include <functional>
#include <mutex>
#include <utility>
#include <vector>

namespace publish {

/// Work for the main thread: posted from any thread, done by whoever calls runUntil(). While one exists,
/// SIGINT, SIGTERM and SIGHUP do not end the process; one that was ignored before stays ignored.
class Inbox {
 public:
  Inbox();
  ~Inbox();
  Inbox(const Inbox&) = delete;
  Inbox& operator=(const Inbox&) = delete;

  /// What a signal calls, in runUntil(). One that comes before is kept for it.
  void onInterrupt(std::function<void()> interrupted) { interrupted_ = std::move(interrupted); }
  void post(std::function<void()> work);
  /// Does what was posted, and waits for more until `deadline` or `done` after a piece of work.
  void runUntil(std::chrono::steady_clock::time_point deadline, const std::function<bool()>& done);

 private:
  void drain();

  const int event_;  ///< eventfd: readable when there is work or a signal
  std::function<void()> interrupted_;
  std::mutex mutex_;
  std::vector<std::function<void()>> work_;
};

}  // namespace publish
