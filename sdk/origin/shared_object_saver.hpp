#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "net/scheduler.hpp"
#include "rtmp/bytes.hpp"

namespace multiconn::origin {

/// When one persistent object is written: some time after a change, never twice at once, and after a failure
/// again with growing pauses. Everything on the strand.
class SharedObjectSaver : public std::enable_shared_from_this<SharedObjectSaver> {
 public:
  using Saved = std::function<void(const std::string& error)>;
  class Target {
   public:
    virtual ~Target() = default;
    /// Begins to write what the object holds now; `saved` comes later, with an empty text or one sentence. It
    /// is empty for the last save.
    virtual void save(Saved saved) = 0;
    /// A save has ended; with an empty `error`: well. `turned`: the one before it ended the other way.
    virtual void saveEnded(const std::string& error, bool turned) = 0;
    /// Nothing is left to be written.
    virtual void saveDone() = 0;
  };

  /// `target` has to outlive the saver's last event: detach() before it goes.
  SharedObjectSaver(net::Scheduler& scheduler, std::chrono::milliseconds interval, Target& target)
      : scheduler_(scheduler), interval_(interval), target_(&target) {}

  /// The object has changed.
  void touch();
  /// Writes at once; `done` when that has ended.
  void flush(Saved done);
  /// Writes what is left without waiting for the interval, but for the pause behind a failure.
  void hurry();
  /// Writes what is not known to be on the disk, without waiting for anything, and tells the target nothing
  /// any more.
  void finish();
  /// Everything is on the disk.
  bool clean() const { return !dirty_ && !saving_; }
  bool failing() const { return failures_ > 0; }

 private:
  void begin();
  void ended(const std::string& error);
  void wait(std::chrono::milliseconds pause);

  net::Scheduler& scheduler_;
  std::chrono::milliseconds interval_;
  Target* target_;  // null once finished
  net::Timer timer_;
  bool waiting_ = false;  // for the timer
  bool dirty_ = false;    // since the last save began
  bool saving_ = false;
  unsigned failures_ = 0;              // in a row
  std::vector<Saved> next_, current_;  // who asked: for the next save, and for the one under way
};

}  // namespace multiconn::origin
