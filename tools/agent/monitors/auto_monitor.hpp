#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>

#include "agent/http/http_client.hpp"
#include "agent/monitors/probed_monitor.hpp"

namespace multiconn::agent {

struct AutoOptions {
  /// Where the server tells its figures; nothing: the well-known local ports are tried.
  std::optional<tools::HttpUrl> url;
  std::uint16_t rtmp_port = 1935;  ///< whose connections are counted when nobody tells figures
  std::function<void(const std::string&)> log;
  std::chrono::milliseconds again{30000};  ///< while connections are counted, one looks again this often
};

/// Finds out what the server beside the agent is: nginx with one worker, SRS, MediaMTX or multiconn-origin by
/// what their pages say, else its connections are counted.
class AutoMonitor final : public AgentMonitor {
 public:
  struct Candidate {
    std::unique_ptr<AgentMonitor> monitor;
    std::string place;  ///< where it reads, for the log
  };

  explicit AutoMonitor(AutoOptions options);

  AgentLoad load() override;
  std::chrono::milliseconds period() const override;
  std::string name() const override;
  void cancel() override;
  void probing(std::uint16_t local_port) override;
  void probed(std::uint16_t local_port, bool taken) override;

 private:
  using Clock = std::chrono::steady_clock;

  /// Without a monitor: nobody tells figures.
  Candidate find() const;
  void choose(Candidate candidate);
  /// Goes on from what was reported before the monitor changed.
  void continueAccepts(AgentLoad& load);

  AutoOptions options_;
  mutable std::mutex mutex_;               // the monitor is told of probes while it is being replaced
  std::shared_ptr<AgentMonitor> monitor_;  // guarded by mutex_; changed by load() alone
  tools::Interrupt interrupt_;
  Clock::time_point looked_, good_;
  bool counting_ = false;  // tcp, for want of anything better
  std::optional<std::uint64_t> last_accepts_;
  std::int64_t offset_ = 0;
  bool changed_ = false;
};

}  // namespace multiconn::agent
