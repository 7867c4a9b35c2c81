#include <signal.h>
#include <spdlog/spdlog.h>

#include <cstdio>
#include <memory>
#include <optional>
#include <utility>

#include "agent/program/listeners.hpp"
#include "agent_options.hpp"
#include "options.hpp"
#include "origin_monitor.hpp"
#include "program/program.hpp"

namespace {

using multiconn::AgentLogLevel;
using multiconn::OriginLogLevel;

/// Server and agent have the same levels.
template <class Level>
spdlog::level::level_enum levelOf(Level level) {
  switch (level) {
    case Level::debug:
      return spdlog::level::debug;
    case Level::info:
      return spdlog::level::info;
    case Level::warning:
      return spdlog::level::warn;
    case Level::error:
      break;
  }
  return spdlog::level::err;
}

/// Two parts, since the listeners go first.
struct RunningAgent {
  std::optional<multiconn::Agent> agent;
  std::optional<multiconn::agent::Listeners> listeners;
};

void startAgent(RunningAgent& running, const multiconn::tools::InnerAgent& inner,
                const multiconn::OriginOptions& origin, const multiconn::OriginServer& server) {
  if (inner.admin) {
    running.listeners.emplace(
        multiconn::agent::ListenerOptions{
            inner.admin, {}, [](const std::string& line) { spdlog::error("{}", line); }},
        running.agent);
  }
  multiconn::AgentOptions options = inner.options;
  options.log = [](AgentLogLevel level, const std::string& line) { spdlog::log(levelOf(level), "{}", line); };
  multiconn::tools::completeAgent(options, origin, server.port());
  running.agent.emplace(std::move(options), std::make_unique<multiconn::tools::OriginMonitor>(server));
  if (running.listeners) running.listeners->start();
}

void tell(const std::vector<std::string>& listening) {
  for (const std::string& line : listening) std::printf("listening %s\n", line.c_str());
}

void serve(const multiconn::tools::OriginArguments& arguments, const sigset_t& signals) {
  multiconn::OriginOptions options = arguments.origin;
  options.log = [](OriginLogLevel level, const std::string& line) {
    spdlog::log(levelOf(level), "{}", line);
  };
  multiconn::OriginServer server(options);
  // Before the server's destructor, so that no client is sent here while it closes.
  RunningAgent running;
  if (arguments.agent) startAgent(running, *arguments.agent, options, server);
  for (const std::string& warning : arguments.warnings) spdlog::warn("{}", warning);
  tell(server.listening());
  if (running.listeners) tell(running.listeners->listening());
  std::fflush(stdout);
  int received = 0;
  while (sigwait(&signals, &received) == 0 && received == SIGUSR1) {
    spdlog::info("asking every client to connect again");
    server.requestReconnect(arguments.redirect);
  }
  spdlog::info("stopping");
}

}  // namespace

int main(int argc, char** argv) {
  using namespace multiconn::tools;
  return runProgram("multiconn-origin", [&] {
    auto [arguments, exit_status] = parseArguments(argc, argv);
    if (!arguments) return exit_status;
    const sigset_t signals = blockSignals({SIGUSR1});
    raiseDescriptorLimit();
    setUpLog("multiconn-origin", arguments->log_level);
    serve(*arguments, signals);
    return 0;
  });
}
