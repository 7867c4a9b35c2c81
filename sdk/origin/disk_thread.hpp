#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>

namespace multiconn::origin {

/// Runs jobs that may wait for a disk, one at a time: all writing of recordings, so that the strand never
/// waits for it. (Playing recordings reads on the strand, in small steps.) Jobs of one lane run in order,
/// lanes take turns.
class DiskThread {
 public:
  DiskThread();
  ~DiskThread();
  DiskThread(const DiskThread&) = delete;
  DiskThread& operator=(const DiskThread&) = delete;

  /// False: it is not done, and is called again when the other lanes have had their turn.
  using Job = std::function<bool()>;
  /// Any thread.
  void post(const std::string& lane, Job job);
  /// Runs what was posted, then ends; nothing may be posted after it. Done by the destructor too.
  void finish();

 private:
  void run();

  std::mutex mutex_;
  std::condition_variable changed_;
  using Lanes = std::map<std::string, std::deque<Job>>;
  Lanes lanes_;                        // those with jobs
  std::deque<Lanes::iterator> turns_;  // all of them but the one at work
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace multiconn::origin
