#include <signal.h>
#include <spdlog/spdlog.h>

#include <cstdio>
#include <memory>
#include <utility>

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

std::unique_ptr<multiconn::Agent> startAgent(multiconn::AgentOptions options,
                                             const multiconn::OriginOptions& origin,
                                             const multiconn::OriginServer& server) {
  options.log = [](AgentLogLevel level, const std::string& line) { spdlog::log(levelOf(level), "{}", line); };
  multiconn::tools::completeAgent(options, origin, server.port());
  return std::make_unique<multiconn::Agent>(std::move(options),
                                            std::make_unique<multiconn::tools::OriginMonitor>(server));
}

void serve(const multiconn::tools::OriginArguments& arguments, const sigset_t& signals) {
  multiconn::OriginOptions options = arguments.origin;
  options.log = [](OriginLogLevel level, const std::string& line) {
    spdlog::log(levelOf(level), "{}", line);
  };
  multiconn::OriginServer server(options);
  // Before the server's destructor, so that no client is sent here while it closes.
  std::unique_ptr<multiconn::Agent> agent;
  if (arguments.agent) agent = startAgent(*arguments.agent, options, server);
  for (const std::string& line : server.listening()) std::printf("listening %s\n", line.c_str());
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
