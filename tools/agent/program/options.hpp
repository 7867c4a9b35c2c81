#pragma once

#include <optional>
#include <string>
#include <vector>

#include <multiconn/agent.hpp>

#include "agent/monitors/make_monitor.hpp"
#include "program/admin_access.hpp"
#include "program/endpoint.hpp"

namespace multiconn::agent {

struct Arguments {
  AgentOptions agent;
  MonitorChoice monitor;
  std::optional<tools::AdminListener> admin;
  std::optional<tools::Endpoint> agent_check;
  std::string log_level = "info";
  std::vector<std::string> warnings;  ///< one sentence each, for the log
};

/// What the command line and the files it names ask for, or the exit status: 0 after --help and --version, 1
/// after a mistake in the line itself, of which one line on stderr tells. Throws std::exception with one
/// sentence for everything else that is wrong.
struct ParsedArguments {
  std::optional<Arguments> arguments;
  int exit_status = 0;
};
ParsedArguments parseArguments(int argc, const char* const* argv);

}  // namespace multiconn::agent
