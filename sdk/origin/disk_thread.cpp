#include "origin/disk_thread.hpp"

#include <utility>

namespace multiconn::origin {

DiskThread::DiskThread() : thread_([this] { run(); }) {}

DiskThread::~DiskThread() {
  finish();
}

void DiskThread::finish() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void DiskThread::post(const std::string& lane, Job job) {
  {
    const std::lock_guard lock(mutex_);
    const auto [found, idle] = lanes_.try_emplace(lane);
    found->second.push_back(std::move(job));
    if (idle) turns_.push_back(found);
  }
  changed_.notify_one();
}

void DiskThread::run() {
  for (std::unique_lock lock(mutex_);;) {
    changed_.wait(lock, [this] { return ending_ || !turns_.empty(); });
    if (turns_.empty()) return;
    const auto lane = turns_.front();
    turns_.pop_front();
    Job job = std::move(lane->second.front());
    lock.unlock();
    const bool done = job();
    if (done) job = nullptr;  // what it holds is destroyed outside the lock
    lock.lock();
    if (done) {
      lane->second.pop_front();
    } else {
      lane->second.front() = std::move(job);
    }
    if (lane->second.empty()) {
      lanes_.erase(lane);
    } else {
      turns_.push_back(lane);
    }
  }
}

}  // namespace multiconn::origin
