// This sample shows how to: 1. publish a file, or camera and microphone, to several servers; 2. follow each
// server's state and figures; 3. end cleanly, and know whether everything arrived. It is also a program for
// daily use: see --help.
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <csignal>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <memory>

#include <multiconn/librtmp.hpp>

#include "program/process_limits.hpp"
#include "publish/broadcast.hpp"
#include "publish/device_table.hpp"
#include "publish/inbox.hpp"
#include "publish/open_input.hpp"
#include "publish/options.hpp"
#include "publish/stats_json.hpp"
#include "publish/stats_table.hpp"

namespace {

void logToStandardError(const std::string& level) {
  auto logger = spdlog::stderr_color_st("multiconn");
  logger->set_pattern("%H:%M:%S.%e %^%l%$ %v");
  logger->set_level(spdlog::level::from_str(level));
  spdlog::set_default_logger(std::move(logger));
}

std::unique_ptr<publish::Reporter> makeReporter(publish::StatsFormat format) {
  if (format == publish::StatsFormat::json) return std::make_unique<publish::JsonReporter>(std::cout);
  if (format == publish::StatsFormat::none) return std::make_unique<publish::Reporter>();
  return std::make_unique<publish::TableReporter>(std::cout, publish::terminalWidth);
}

/// A thread still opens the input: it cannot be waited for, and nothing that it uses may go.
[[noreturn]] void endWhileOpening(publish::Reporter& reporter) {
  reporter.summary({});
  std::cerr << "multiconn-publish: interrupted before the input was open" << std::endl;
  std::cout.flush();
  std::_Exit(publish::ExitCode::setup_failed);
}

int run(const publish::Options& options) {
  if (options.list_devices) {
    publish::printDevices(multiconn::captureDevices(), multiconn::captureFormats(), std::cout);
    return publish::ExitCode::ok;
  }
  logToStandardError(options.log_level);
  // Who reads our output may go; the broadcast does not end over it.
  std::signal(SIGPIPE, SIG_IGN);
  multiconn::useLibrtmp();
  publish::Inbox inbox;
  const auto reporter = makeReporter(options.stats);
  auto tracks = publish::openInput(options, inbox);
  if (!tracks) endWhileOpening(*reporter);
  return publish::Broadcast(options, std::move(*tracks), inbox, *reporter).run();
}

}  // namespace

int main(int argc, char** argv) {
  multiconn::tools::keepNoCoreFile();
  const auto parsed = publish::parseOptions(argc, argv, std::cout, std::cerr);
  if (const auto* code = std::get_if<int>(&parsed)) return *code;
  try {
    return run(std::get<publish::Options>(parsed));
  } catch (const std::exception& error) {
    std::cerr << "multiconn-publish: " << error.what() << '\n';
    return publish::ExitCode::bad_usage;
  }
}
