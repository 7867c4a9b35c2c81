#pragma once

#include <mutex>

#include <multiconn/agent.hpp>
#include <multiconn/origin.hpp>

#include "agent/monitors/accept_count.hpp"
#include "agent/monitors/probed_monitor.hpp"
#include "agent/monitors/rate_meter.hpp"

namespace multiconn::tools {

/// The figures of the server in this process, for the agent inside it.
class OriginMonitor final : public agent::ProbedMonitor {
 public:
  explicit OriginMonitor(const OriginServer& server) : server_(server) {}

  AgentLoad load() override {
    const OriginLoad now = server_.load();
    const auto time = std::chrono::steady_clock::now();
    AgentLoad load;
    load.connections = static_cast<std::uint32_t>(now.connections);
    load.accepts = accepts_.read(now.accepts, probes_.connections());
    load.in_bits = in_.read(now.bytes_in, time);
    load.out_bits = out_.read(now.bytes_out, time);
    return load;
  }
  std::string name() const override { return "origin"; }

 private:
  const OriginServer& server_;
  agent::AcceptCount accepts_;
  agent::RateMeter in_, out_;
};

}  // namespace multiconn::tools
