#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "balance/dispatcher.hpp"
#include "balancer/client_port.hpp"
#include "balancer/http_door.hpp"
#include "balancer/rtmp_options.hpp"
#include "program/admin_access.hpp"
#include "program/endpoint.hpp"

namespace multiconn::balancer {

struct BalancerOptions {
  std::vector<tools::Endpoint> listen, udp;  ///< at least one each
  std::vector<std::string> keys;             ///< secret; at least one
  balance::DispatcherOptions dispatcher;
  std::optional<balance::milliseconds> clock_tolerance{30000};
  std::filesystem::path state_file;  ///< empty: none
  bool server_info = false;
  RtmpOptions rtmp;
  std::optional<tools::AdminListener> admin;
  HttpLimits http;
  ClientPortLimits client_port;
  std::size_t max_rtmp_connections = 16384;
  std::size_t max_rtmp_per_network = 4096;  ///< of those who are carried, and of those who are not
};

struct Arguments {
  BalancerOptions balancer;
  std::string log_level = "info";
  std::vector<std::string> warnings;  ///< one sentence each, for the log
  /// Reads the keys again, and adds what is to be warned of. Throws std::runtime_error with one sentence.
  std::function<std::vector<std::string>(std::vector<std::string>& warnings)> reload_keys;
};

/// What the command line and the files it names ask for, or the exit status: 0 after --help and --version, 1
/// after a mistake in the line itself, of which one line on stderr tells. Throws std::runtime_error with one
/// sentence for everything else that is wrong.
struct ParsedArguments {
  std::optional<Arguments> arguments;
  int exit_status = 0;
};
ParsedArguments parseArguments(int argc, const char* const* argv);

}  // namespace multiconn::balancer
