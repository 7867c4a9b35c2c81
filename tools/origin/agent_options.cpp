#include "agent_options.hpp"

#include <CLI/CLI.hpp>

#include <limits>
#include <stdexcept>

#include "agent/redirect_address.hpp"

namespace multiconn::tools {

void addAgentOptions(CLI::App& app, AgentLine& line) {
  app.add_option("--targets", line.targets,
                 "Tell these load balancers what the server carries; lines of address,port,key")
      ->type_name("FILE");
  app.add_option("--redirect-address", line.redirect_addresses,
                 "Where the balancers are to send clients; more than one for further schemes or networks")
      ->type_name("[SCHEME://]HOST[:PORT][@NETWORK]");
  app.add_flag("--allow-loopback", line.allow_loopback,
               "Take localhost for a redirect address: for tests on one machine");
  app.add_option("--capacity", line.capacity, "Connections to tell of; default --max-connections")
      ->check(CLI::Range(std::uint32_t{1}, std::numeric_limits<std::uint32_t>::max()));
  app.add_option("--bandwidth-capacity", line.bandwidth_capacity,
                 "Bits per second that the server can send; 0: no limit")
      ->type_name("BITS");
  app.add_option("--interval", line.interval_ms, "Between two regular reports")
      ->type_name("MS")
      ->check(CLI::Range(std::int64_t{100}, std::int64_t{600000}))
      ->capture_default_str();
  app.add_option("--guid-file", line.guid_file,
                 "The name of this server, made on first start; default Server.guid in the data directory")
      ->type_name("FILE");
}

std::optional<AgentOptions> agentOptions(const AgentLine& line, const OriginOptions& origin) {
  if (line.targets.empty()) {
    if (!line.redirect_addresses.empty() || !line.guid_file.empty() || line.capacity)
      throw std::runtime_error("--targets is missing: without it there is nobody to report to");
    return {};
  }
  if (line.redirect_addresses.empty())
    throw std::runtime_error(
        "--redirect-address is missing: the name or address by which clients reach this server");
  AgentOptions agent;
  for (const std::string& text : line.redirect_addresses) {
    agent.addresses.push_back(agent::parseRedirectAddress(text));
    if (!line.allow_loopback) agent::refuseLoopback(agent.addresses.back());
  }
  agent.targets_file = line.targets;
  agent.capacity = line.capacity.value_or(static_cast<std::uint32_t>(origin.max_connections));
  agent.bandwidth_capacity = line.bandwidth_capacity;
  agent.interval = std::chrono::milliseconds(line.interval_ms);
  agent.guid_file = line.guid_file;
  if (line.guid_file.empty()) agent.guid_file = origin.data_dir / "Server.guid";
  return agent;
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
