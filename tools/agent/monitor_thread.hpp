#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include <multiconn/agent.hpp>

#include "agent/cpu_meter.hpp"

namespace multiconn::agent {

/// Asks a monitor again and again, on a thread of its own.
class MonitorThread {
 public:
  /// `read` and `failed` (with one sentence) are called on that thread.
  MonitorThread(AgentMonitor& monitor, std::function<void(const AgentLoad&)> read,
                std::function<void(const std::string&)> failed);
  /// Cancels what runs, and waits for it.
  ~MonitorThread();
  MonitorThread(const MonitorThread&) = delete;
  MonitorThread& operator=(const MonitorThread&) = delete;

 private:
  void run();
  void readOnce();

  AgentMonitor& monitor_;
  std::function<void(const AgentLoad&)> read_;
  std::function<void(const std::string&)> failed_;
  CpuMeter cpu_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace multiconn::agent
