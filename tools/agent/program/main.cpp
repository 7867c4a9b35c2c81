#include <spdlog/spdlog.h>

#include <cstdio>
#include <optional>

#include "agent/program/listeners.hpp"
#include "agent/program/options.hpp"
#include "program/program.hpp"

namespace {

using namespace multiconn;

spdlog::level::level_enum levelOf(AgentLogLevel level) {
  switch (level) {
    case AgentLogLevel::debug:
      return spdlog::level::debug;
    case AgentLogLevel::info:
      return spdlog::level::info;
    case AgentLogLevel::warning:
      return spdlog::level::warn;
    case AgentLogLevel::error:
      break;
  }
  return spdlog::level::err;
}

int serve(int argc, char** argv) {
  auto [arguments, exit_status] = agent::parseArguments(argc, argv);
  if (!arguments) return exit_status;
  const sigset_t signals = tools::blockSignals();
  tools::raiseDescriptorLimit();
  tools::setUpLog("multiconn-agent", arguments->log_level);
  arguments->agent.log = [](AgentLogLevel level, const std::string& line) {
    spdlog::log(levelOf(level), "{}", line);
  };
  arguments->monitor.log = [](const std::string& line) { spdlog::info("{}", line); };
  auto monitor = agent::makeMonitor(arguments->monitor);
  std::optional<Agent> edge;
  agent::Listeners listeners(
      {arguments->admin, arguments->agent_check, [](const std::string& line) { spdlog::error("{}", line); }},
      edge);
  edge.emplace(arguments->agent, std::move(monitor));
  for (const std::string& warning : arguments->warnings) spdlog::warn("{}", warning);
  spdlog::info("reporting as {}", edge->status().guid);
  for (const std::string& line : listeners.listening()) std::printf("listening %s\n", line.c_str());
  std::fflush(stdout);
  listeners.start();
  int received = 0;
  sigwait(&signals, &received);
  spdlog::info("stopping");
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return tools::runProgram("multiconn-agent", [&] { return serve(argc, argv); });
}
