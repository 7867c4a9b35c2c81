#pragma once

#include <signal.h>

#include <functional>
#include <initializer_list>
#include <string>

#include "program/process_limits.hpp"

namespace CLI {
class App;
class ParseError;
}  // namespace CLI

namespace multiconn::tools {

/// What every program does alike.

/// "NAME: what is wrong" on stderr, one line; NAME is the App's. The exit status: 0 for --help and --version
/// (their text on stdout), else 1.
int explain(const CLI::App& app, const CLI::ParseError& error);

/// --help, --version ("NAME 1.2.3"), --config FILE and --log-level LEVEL (into `log_level`, whose value is
/// the default).
void addCommonOptions(CLI::App& app, std::string& log_level);

/// spdlog's default logger: stderr, one line each, with time and level.
void setUpLog(const std::string& program, const std::string& level);

/// SIGTERM and SIGINT (and `more`) are blocked, before any thread starts, so that sigwait() is the only place
/// they arrive at; SIGPIPE and SIGXFSZ are ignored.
sigset_t blockSignals(std::initializer_list<int> more = {});

/// Runs `body`; an exception becomes one line on stderr and exit status 1. A crash leaves no core file.
int runProgram(const char* name, const std::function<int()>& body);

}  // namespace multiconn::tools
