#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <multiconn/source.hpp>

namespace multiconn::media::test {

/// Keeps what it gets. Every wait gives up after a minute.
class RecordingSink final : public FrameSink {
 public:
  /// Decides, under the lock, about the frame that comes; with the number of those kept so far.
  std::function<bool(std::size_t)> accept = [](std::size_t) { return true; };

  bool write(EncodedFrame frame) override {
    const std::lock_guard lock(mutex_);
    const bool accepted = accept(frames_.size());
    if (accepted) frames_.push_back(std::move(frame));
    if (full_from_ && frames_.size() >= *full_from_) full_ = true;
    changed_.notify_all();
    return accepted;
  }
  bool full() const override {
    const std::lock_guard lock(mutex_);
    if (full_) ++refused_;
    changed_.notify_all();
    return full_;
  }
  void ended(std::string error) override {
    const std::lock_guard lock(mutex_);
    end_ = std::move(error);
    changed_.notify_all();
  }

  /// It says that it is full once it has so many frames.
  void fullFrom(std::size_t frames) {
    const std::lock_guard lock(mutex_);
    full_from_ = frames;
  }
  void empty() {
    const std::lock_guard lock(mutex_);
    full_ = false;
    full_from_.reset();
  }

  bool waitForEnd() {
    return wait([&] { return end_.has_value(); });
  }
  bool waitForFrames(std::size_t count) {
    return wait([&] { return frames_.size() >= count; });
  }
  /// Until the source has asked and been told that it is full.
  bool waitUntilRefused() {
    return wait([&] { return refused_ > 0; });
  }

  std::vector<EncodedFrame> frames() const {
    const std::lock_guard lock(mutex_);
    return frames_;
  }
  std::optional<std::string> end() const {
    const std::lock_guard lock(mutex_);
    return end_;
  }

 private:
  template <typename Condition>
  bool wait(Condition condition) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::minutes(1), condition);
  }

  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::vector<EncodedFrame> frames_;
  std::optional<std::string> end_;
  std::optional<std::size_t> full_from_;
  bool full_ = false;
  mutable std::size_t refused_ = 0;
};

}  // namespace multiconn::media::test
