#include <spdlog/spdlog.h>

#include <boost/asio/io_context.hpp>
#include <cstdio>
#include <optional>
#include <thread>

#include "agent/program/admin.hpp"
#include "agent/program/agent_check.hpp"
#include "agent/program/options.hpp"
#include "net/asio_scheduler.hpp"
#include "program/listen_on.hpp"
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

/// The listeners for people and HAProxy, on a thread of their own: however many ask, reports leave in time.
class Listeners {
 public:
  /// Listens; nobody is answered before start(), when there has to be an agent.
  Listeners(const agent::Arguments& arguments, std::optional<Agent>& edge) {
    if (const auto& at = arguments.admin) {
      const bool local = at->host == "::1" || at->host.rfind("127.", 0) == 0;
      const auto answer = [&arguments, &edge, local](const http::HttpRequest& request) {
        return agent::adminHandler(*edge, {arguments.admin_token, !local, arguments.admin_names})(request);
      };
      const std::string host = tools::listenOn(at->host, [&](const std::string& numeric) {
        admin_.emplace(
            scheduler_, numeric, at->port, answer,
            http::HttpServerOptions{.log = [](const std::string& line) { spdlog::error("{}", line); }});
      });
      lines_ += lineOf("admin", host, admin_->port());
    }
    if (const auto& at = arguments.agent_check) {
      const auto line = [&edge] { return agent::agentCheckLine(edge->status()); };
      const std::string host = tools::listenOn(
          at->host, [&](const std::string& numeric) { check_.emplace(scheduler_, numeric, at->port, line); });
      lines_ += lineOf("agent-check", host, check_->port());
      check_->start();
    }
  }
  ~Listeners() {
    io_.stop();
    if (thread_.joinable()) thread_.join();
  }
  Listeners(const Listeners&) = delete;
  Listeners& operator=(const Listeners&) = delete;

  void start() {
    std::fputs(lines_.c_str(), stdout);
    std::fflush(stdout);
    thread_ = std::thread([this] { io_.run(); });
  }

 private:
  static std::string lineOf(const std::string& what, const std::string& host, std::uint16_t port) {
    const bool ipv6 = host.find(':') != std::string::npos;
    return "listening " + what + " " + (ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port) + "\n";
  }

  boost::asio::io_context io_{1};
  net::AsioScheduler scheduler_{io_};
  std::shared_ptr<void> work_ = scheduler_.work();
  std::optional<http::HttpServer> admin_;
  std::optional<agent::AgentCheck> check_;
  std::string lines_;
  std::thread thread_;
};

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
  Listeners listeners(*arguments, edge);
  edge.emplace(arguments->agent, std::move(monitor));
  for (const std::string& warning : arguments->warnings) spdlog::warn("{}", warning);
  spdlog::info("reporting as {}", edge->status().guid);
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
