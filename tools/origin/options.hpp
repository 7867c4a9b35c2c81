#pragma once

#include <optional>
#include <string>
#include <vector>

#include <multiconn/origin.hpp>

#include "agent_options.hpp"

namespace multiconn::tools {

struct OriginArguments {
  OriginOptions origin;
  std::string log_level = "info";
  std::string redirect;  ///< where clients are sent; empty: nowhere
  std::optional<InnerAgent> agent;
  std::vector<std::string> warnings;  ///< one sentence each, for the log
};

/// What the command line and the file it may name ask for, or the exit status: 0 after --help and --version,
/// 1 after a mistake, of which one line on stderr tells.
struct ParsedArguments {
  std::optional<OriginArguments> arguments;
  int exit_status = 0;
};
ParsedArguments parseArguments(int argc, char** argv);

}  // namespace multiconn::tools
