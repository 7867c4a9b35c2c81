#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <multiconn/agent.hpp>
#include <multiconn/origin.hpp>

namespace CLI {
class App;
}

namespace multiconn::tools {

/// What the command line says of the agent inside.
struct AgentLine {
  std::string targets, guid_file;
  std::vector<std::string> redirect_addresses;
  std::optional<std::uint32_t> capacity;
  std::uint64_t bandwidth_capacity = 0;
  std::int64_t interval_ms = 2500;
  bool allow_loopback = false;
};

void addAgentOptions(CLI::App& app, AgentLine& line);

/// Nothing: no agent is asked for. Its capacity is the server's, where none is given. Throws std::exception
/// with one sentence.
std::optional<AgentOptions> agentOptions(const AgentLine& line, const OriginOptions& origin);

/// Where the server really listens: its port for addresses that have none, and what is asked for a handshake.
/// One that takes TLS alone is not asked.
void completeAgent(AgentOptions& agent, const OriginOptions& origin, std::uint16_t port);

}  // namespace multiconn::tools
