#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agent/http/http_client.hpp"

namespace multiconn::ctl {

enum class Command { servers, pause, unpause, watch, keygen };

struct Arguments {
  Command command = Command::servers;
  tools::HttpUrl admin;
  std::string token;  ///< secret; may be empty
  std::string id;     ///< of pause and unpause; may be empty
  std::string log_level = "info";
  std::vector<std::string> warnings;  ///< one sentence each, for the log
};

/// What the command line asks for, or the exit status: 0 after --help and --version, 1 after a mistake in the
/// line itself, of which one line on stderr tells. Throws std::exception with one sentence for the rest.
struct ParsedArguments {
  std::optional<Arguments> arguments;
  int exit_status = 0;
};
ParsedArguments parseArguments(int argc, const char* const* argv);

}  // namespace multiconn::ctl
