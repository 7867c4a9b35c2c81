#pragma once

#include <unordered_map>

#include "agent/monitors/accept_count.hpp"
#include "agent/monitors/probed_monitor.hpp"
#include "agent/monitors/rate_meter.hpp"
#include "agent/monitors/socket_diag.hpp"

namespace multiconn::agent {

/// Any server: established connections to its port, in this network namespace. Clients that came and went
/// between two looks are missed, so accepts are an estimate. Bytes are those of the connections.
class TcpMonitor final : public ProbedMonitor {
 public:
  explicit TcpMonitor(std::uint16_t port) : port_(port) {}

  AgentLoad load() override;
  std::string name() const override { return "tcp"; }

 private:
  struct Bytes {
    std::uint64_t in = 0, out = 0;
  };
  void countBytes(const std::vector<DiagConnection>& present);

  std::uint16_t port_;
  SocketDiag diag_;
  NewcomerCount<std::uint64_t> newcomers_;
  std::unordered_map<std::uint64_t, Bytes> last_;  // by cookie
  std::chrono::steady_clock::time_point bytes_read_;
  Bytes total_;
  std::uint64_t in_bits_ = 0, out_bits_ = 0;
  RateMeter in_, out_;
};

}  // namespace multiconn::agent
