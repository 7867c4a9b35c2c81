#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "agent/http/http_client.hpp"
#include "agent/monitors/accept_count.hpp"
#include "agent/monitors/probed_monitor.hpp"
#include "agent/monitors/rate_meter.hpp"

namespace multiconn::agent {

/// What the page of nginx-rtmp's `rtmp_stat` directive says.
struct NginxStat {
  std::uint32_t clients = 0;                  ///< publishers and players of every application
  std::uint64_t accepts = 0;                  ///< RTMP connections that this worker ever took
  std::uint64_t bytes_in = 0, bytes_out = 0;  ///< ever
  int pid = 0;                                ///< of the worker that answered; 0: it does not say
};
/// Throws std::runtime_error with one sentence when it is no such page.
NginxStat parseNginxStat(std::string_view xml);

/// How many workers the nginx has whose worker has this pid; nothing where the processes cannot be seen.
std::optional<int> nginxWorkers(int worker_pid);

/// nginx with the RTMP module. Its page shows the clients of one worker only: several make it useless, and
/// the monitor refuses.
class NginxRtmpMonitor final : public ProbedMonitor {
 public:
  explicit NginxRtmpMonitor(tools::HttpUrl page) : page_(std::move(page)) {}

  AgentLoad load() override;
  std::chrono::milliseconds period() const override { return std::chrono::milliseconds(200); }
  std::string name() const override { return "nginx-rtmp"; }

 private:
  void requireOneWorker(int pid);

  tools::HttpUrl page_;
  AcceptCount accepts_;
  RateMeter in_, out_;
  int pid_ = 0;
};

}  // namespace multiconn::agent
