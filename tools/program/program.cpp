#include "program/program.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <iostream>
#include <system_error>

#include "program/command_line.hpp"

namespace multiconn::tools {

// CLI11 would print several lines, and exit with statuses of its own.
int explain(const CLI::App& app, const CLI::ParseError& error) {
  if (error.get_exit_code() == 0) return app.exit(error);
  std::cerr << app.get_name() << ": " << mistakeOf(app, error) << " (--help tells what there is)\n";
  return 1;
}

void addCommonOptions(CLI::App& app, std::string& log_level) {
  app.set_version_flag("--version", app.get_name() + " " MULTICONN_VERSION);
  addConfigFile(app, "Read options by their long names from this file: name=\"value\" on each line");
  // Validators have descriptions of their own, which the help would put behind the type; so everywhere.
  app.add_option("--log-level", log_level,
                 "How much standard error tells: trace, debug, info, warn, error, off")
      ->check(CLI::IsMember({"trace", "debug", "info", "warn", "error", "off"}).description(""))
      ->type_name("LEVEL")
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

namespace {

int fail(const char* name, const std::string& what) {
  std::fprintf(stderr, "%s: %s\n", name, oneLine(what).c_str());
  return 1;
}

}  // namespace

int runProgram(const char* name, const std::function<int()>& body) {
  keepNoCoreFile();
  try {
    return body();
  } catch (const std::system_error& error) {
    const bool taken = error.code() == std::errc::address_in_use;
    return fail(name, error.what() + std::string(taken ? ": --help names the option for another port" : ""));
  } catch (const std::exception& error) {
    return fail(name, error.what());
  }
}

}  // namespace multiconn::tools
