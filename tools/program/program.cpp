#include "program/program.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <exception>
#include <iostream>

namespace multiconn::tools {
namespace {

std::string oneLine(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

// Keys and tokens are in its memory. Not 0: where a program takes the core (core_pattern(5)), it would get
// one; 1 is none for both. Only the soft limit: `prlimit --core=unlimited --pid` still gets one.
void keepNoCoreFile() {
  rlimit limit{};
  if (getrlimit(RLIMIT_CORE, &limit) != 0) return;
  limit.rlim_cur = std::min<rlim_t>(1, limit.rlim_max);
  setrlimit(RLIMIT_CORE, &limit);
}

}  // namespace

// CLI11 would print several lines, and exit with statuses of its own.
int explain(const CLI::App& app, const CLI::ParseError& error) {
  if (error.get_exit_code() == 0) return app.exit(error);
  std::cerr << app.get_name() << ": " << oneLine(error.what()) << " (--help tells what there is)\n";
  return 1;
}

void addCommonOptions(CLI::App& app, std::string& log_level) {
  app.set_version_flag("--version", app.get_name() + " " MULTICONN_VERSION);
  app.allow_config_extras(CLI::config_extras_mode::error);
  app.set_config("--config", "", "Options by name, in CLI11's format")->type_name("FILE");
  app.add_option("--log-level", log_level, "To stderr")
      ->check(CLI::IsMember({"trace", "debug", "info", "warn", "error", "off"}))
      ->capture_default_str();
}

void setUpLog(const std::string& program, const std::string& level) {
  spdlog::set_default_logger(spdlog::stderr_logger_mt(program));
  spdlog::set_pattern("%Y-%m-%d %H:%M:%S.%e %l %v");
  spdlog::set_level(spdlog::level::from_str(level));
}

sigset_t blockSignals(std::initializer_list<int> more) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  for (const int number : more) sigaddset(&signals, number);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  // A file beyond `ulimit -f` is a failed write, not the end of the program.
  signal(SIGXFSZ, SIG_IGN);
  signal(SIGPIPE, SIG_IGN);
  return signals;
}

void raiseDescriptorLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

int runProgram(const char* name, const std::function<int()>& body) {
  keepNoCoreFile();
  try {
    return body();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s: %s\n", name, oneLine(error.what()).c_str());
    return 1;
  }
}

}  // namespace multiconn::tools
