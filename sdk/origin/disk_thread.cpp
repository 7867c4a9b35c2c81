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

void DiskThread::post(std::function<void()> job) {
  {
    const std::lock_guard lock(mutex_);
    jobs_.push_back(std::move(job));
  }
  changed_.notify_one();
}

void DiskThread::run() {
  for (std::unique_lock lock(mutex_);;) {
    changed_.wait(lock, [this] { return ending_ || !jobs_.empty(); });
    if (jobs_.empty()) return;
    std::function<void()> job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    job();
    job = nullptr;  // what it holds is destroyed outside the lock
    lock.lock();
  }
}

}  // namespace multiconn::origin
