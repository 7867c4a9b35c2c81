#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace multiconn::origin {

/// Runs jobs that may wait for a disk, one at a time and in order, so that the strand never does.
class DiskThread {
 public:
  DiskThread();
  ~DiskThread();
  DiskThread(const DiskThread&) = delete;
  DiskThread& operator=(const DiskThread&) = delete;

  /// Any thread.
  void post(std::function<void()> job);
  /// Runs what was posted, then ends; nothing may be posted after it. Done by the destructor too.
  void finish();

 private:
  void run();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> jobs_;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace multiconn::origin
