#pragma once

#include <multiconn/agent.hpp>

#include "agent/http/waiting.hpp"
#include "agent/monitors/probe_log.hpp"

namespace multiconn::agent {

/// What the monitors share: they know the agent's own probes, and can be interrupted.
class ProbedMonitor : public AgentMonitor {
 public:
  void cancel() override { interrupt_.raise(); }
  void probing(std::uint16_t local_port) final { probes_.probing(local_port); }
  void probed(std::uint16_t, bool taken) final { probes_.probed(taken); }

 protected:
  ProbeLog probes_;
  tools::Interrupt interrupt_;
};

}  // namespace multiconn::agent
