#include <signal.h>
#include <sys/resource.h>

#include <cstdio>
#include <exception>
#include <iostream>

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "options.hpp"

namespace {

using multiconn::OriginLogLevel;

spdlog::level::level_enum levelOf(OriginLogLevel level) {
  switch (level) {
    case OriginLogLevel::debug:
      return spdlog::level::debug;
    case OriginLogLevel::info:
      return spdlog::level::info;
    case OriginLogLevel::warning:
      return spdlog::level::warn;
    case OriginLogLevel::error:
      break;
  }
  return spdlog::level::err;
}

void setUpLog(const std::string& level) {
  spdlog::set_default_logger(spdlog::stderr_logger_mt("multiconn-origin"));
  spdlog::set_pattern("%Y-%m-%d %H:%M:%S.%e %l %v");
  spdlog::set_level(spdlog::level::from_str(level));
}

// Blocked before any thread starts, so that sigwait() below is the only place they arrive at.
sigset_t blockSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGUSR1);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  // A file beyond `ulimit -f` is a failed recording, not the end of the server.
  signal(SIGXFSZ, SIG_IGN);
  signal(SIGPIPE, SIG_IGN);
  return signals;
}

// Each peer needs a descriptor, and the usual soft limit is the default of --max-connections.
void raiseDescriptorLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

void serve(multiconn::OriginOptions options, const std::string& redirect, const sigset_t& signals) {
  options.log = [](OriginLogLevel level, const std::string& line) {
    spdlog::log(levelOf(level), "{}", line);
  };
  multiconn::OriginServer server(std::move(options));
  std::printf("listening rtmp=%u", static_cast<unsigned>(server.port()));
  if (const auto port = server.httpPort()) std::printf(" http=%u", static_cast<unsigned>(*port));
  std::printf("\n");
  std::fflush(stdout);
  int received = 0;
  while (sigwait(&signals, &received) == 0 && received == SIGUSR1) {
    spdlog::info("asking every client to connect again");
    server.requestReconnect(redirect);
  }
  spdlog::info("stopping");
}

}  // namespace

int main(int argc, char** argv) {
  try {
    auto [arguments, exit_status] = multiconn::tools::parseArguments(argc, argv);
    if (!arguments) return exit_status;
    const sigset_t signals = blockSignals();
    raiseDescriptorLimit();
    setUpLog(arguments->log_level);
    serve(std::move(arguments->origin), arguments->redirect, signals);
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "multiconn-origin: " << error.what() << "\n";
    return 1;
  }
}
