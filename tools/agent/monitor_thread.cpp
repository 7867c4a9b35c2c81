#include "agent/monitor_thread.hpp"

#include <algorithm>
#include <chrono>
#include <exception>
#include <utility>

namespace multiconn::agent {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds shortest_period{10};
/// A server that needs long to tell its figures is left alone for longer.
constexpr int rest_per_work = 3;

}  // namespace

MonitorThread::MonitorThread(AgentMonitor& monitor, std::function<void(const AgentLoad&)> read,
                             std::function<void(const std::string&)> failed)
    : monitor_(monitor), read_(std::move(read)), failed_(std::move(failed)), thread_([this] { run(); }) {}

MonitorThread::~MonitorThread() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  monitor_.cancel();
  thread_.join();
}

void MonitorThread::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    lock.unlock();
    const auto begun = Clock::now();
    readOnce();
    const auto ended = Clock::now();
    const auto rest = std::max<Clock::duration>(monitor_.period(), rest_per_work * (ended - begun));
    lock.lock();
    wake_.wait_until(lock, ended + std::max<Clock::duration>(rest, shortest_period),
                     [this] { return stopping_; });
  }
}

void MonitorThread::readOnce() {
  try {
    AgentLoad load = monitor_.load();
    if (!load.cpu) load.cpu = cpu_.sample(Clock::now());
    read_(load);
  } catch (const std::exception& error) {
    failed_(error.what());
  }
}

}  // namespace multiconn::agent
