#include "agent_options.hpp"

#include <stdexcept>

namespace multiconn::tools {

void addAgentOptions(CLI::App& app, AgentLine& line) {
  agent::addReportingOptions(app, line.reporting,
                             {"Starts an agent inside.", "Needed with --targets.", "--max-connections",
                              "Server.guid in the data directory"});
  addAdminOptions(app, line.admin, "Attributes, metrics and pause of the agent inside");
}

std::optional<InnerAgent> innerAgent(const AgentLine& line, const OriginOptions& origin,
                                     const std::function<void(const std::string&)>& warn) {
  const auto admin = readAdmin(line.admin, warn);
  if (line.reporting.targets.empty()) {
    const std::string given = admin ? "--admin" : agent::givenBesideTargets(line.reporting);
    if (given.empty()) return {};
    throw std::runtime_error("--targets is missing: without it there is nobody to report to, and " + given +
                             " is of no use");
  }
  AgentOptions defaults;
  defaults.capacity = static_cast<std::uint32_t>(origin.max_connections);
  defaults.guid_file = origin.data_dir / "Server.guid";
  return InnerAgent{agent::readReporting(line.reporting, std::move(defaults), warn), admin};
}

void completeAgent(AgentOptions& agent, const OriginOptions& origin, std::uint16_t port) {
  const bool tls = !origin.tls_certificate_file.empty();
  for (AgentAddress& address : agent.addresses) {
    if (address.port == 0 && address.scheme == (tls ? "rtmps" : "rtmp")) address.port = port;
  }
  if (tls) return;
  const bool any = origin.address == "::" || origin.address == "0.0.0.0";
  agent.rtmp_host = any ? "127.0.0.1" : origin.address;
  agent.rtmp_port = port;
}

}  // namespace multiconn::tools
