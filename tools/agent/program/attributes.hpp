#pragma once

#include <string>

#include <multiconn/agent.hpp>

namespace multiconn::agent {

/// RUNNING, PAUSED, STOPPED, UNKNOWN (not healthy): as the balancer's list of servers has it.
std::string statusWord(const AgentStatus& status);

/// One JSON object: {"id","status","redirect","connections","capacity","load","paused","healthy", ...}.
std::string attributesJson(const AgentStatus& status);

/// For Prometheus, in its text format.
std::string metricsText(const AgentStatus& status);

}  // namespace multiconn::agent
