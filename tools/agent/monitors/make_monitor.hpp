#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <multiconn/agent.hpp>

namespace multiconn::agent {

struct MonitorChoice {
  std::string name = "auto";
  std::string url{};  ///< of the page or API; empty: where the server's documentation puts it
  std::uint16_t rtmp_port = 1935;
  std::vector<std::string> command{};  ///< of exec
  std::chrono::milliseconds command_timeout{2000};
  std::function<void(const std::string&)> log{};  ///< warnings, free of secrets
};

/// auto, origin, nginx-rtmp, srs, mediamtx, tcp, exec.
const std::vector<std::string>& monitorNames();
/// Throws std::invalid_argument with one sentence when the choice makes no sense.
std::unique_ptr<AgentMonitor> makeMonitor(const MonitorChoice& choice);

}  // namespace multiconn::agent
