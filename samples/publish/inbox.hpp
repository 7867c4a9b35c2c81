#pragma once

#include <chrono>
#include <csignal>
#include <functional>
#include <mutex>
#include <vector>

namespace publish {

/// Work for the main thread: posted from any thread, done by whoever calls runUntil(). While one exists,
/// SIGINT, SIGTERM and SIGHUP call its `interrupted` there, instead of ending the process; one that was
/// ignored before stays ignored.
class Inbox {
 public:
  explicit Inbox(std::function<void()> interrupted);
  ~Inbox();
  Inbox(const Inbox&) = delete;
  Inbox& operator=(const Inbox&) = delete;

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
