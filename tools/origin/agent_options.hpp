#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include <multiconn/agent.hpp>
#include <multiconn/origin.hpp>

#include "agent/program/reporting_options.hpp"
#include "program/admin_access.hpp"

namespace CLI {
class App;
}

namespace multiconn::tools {

/// What the command line says of the agent inside.
struct AgentLine {
  agent::ReportingLine reporting;
  AdminLine admin;
};

/// The agent inside, and where it is looked after.
struct InnerAgent {
  AgentOptions options;
  std::optional<AdminListener> admin;
};

void addAgentOptions(CLI::App& app, AgentLine& line);

/// Nothing: no agent is asked for. Its capacity is the server's, where none is given. `warn` gets one
/// sentence for each secret that is not kept well. Throws std::exception with one sentence, free of secrets.
std::optional<InnerAgent> innerAgent(const AgentLine& line, const OriginOptions& origin,
                                     const std::function<void(const std::string&)>& warn);

/// Where the server really listens: its port for addresses that have none, and what is asked for a handshake.
/// One that takes TLS alone is not asked.
void completeAgent(AgentOptions& agent, const OriginOptions& origin, std::uint16_t port);

}  // namespace multiconn::tools
