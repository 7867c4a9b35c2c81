#include <spdlog/spdlog.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <exception>
#include <thread>

#include <boost/asio/io_context.hpp>

#include "balancer/balancer.hpp"
#include "net/asio_scheduler.hpp"
#include "program/program.hpp"

namespace {

namespace balancer = multiconn::balancer;
namespace tools = multiconn::tools;

void log(balancer::LogLevel level, const std::string& line) {
  switch (level) {
    case balancer::LogLevel::debug:
      return spdlog::debug("{}", line);
    case balancer::LogLevel::info:
      return spdlog::info("{}", line);
    case balancer::LogLevel::warning:
      return spdlog::warn("{}", line);
    case balancer::LogLevel::error:
      return spdlog::error("{}", line);
  }
}

void reloadKeys(balancer::Balancer& balancer, const balancer::Arguments& arguments) {
  try {
    std::vector<std::string> warnings;
    const std::vector<std::string> keys = arguments.reload_keys(warnings);
    for (const std::string& warning : warnings) spdlog::warn("{}", warning);
    balancer.setKeys(keys);
    spdlog::info("the keys were read again");
  } catch (const std::exception& error) {
    spdlog::error("the keys stay as they were: {}", error.what());
  }
}

int serve(const balancer::Arguments& arguments, const sigset_t& signals) {
  boost::asio::io_context context(1);
  multiconn::net::AsioScheduler scheduler(context);
  balancer::Balancer balancer(scheduler, arguments.balancer, log);
  for (const std::string& line : balancer.listening()) std::printf("listening %s\n", line.c_str());
  std::fflush(stdout);
  std::exception_ptr failure;
  std::thread server([&context, &failure] {
    try {
      context.run();
    } catch (...) {
      failure = std::current_exception();
      ::kill(::getpid(), SIGTERM);
    }
  });
  int received = 0;
  while (sigwait(&signals, &received) == 0 && received == SIGHUP) {
    scheduler.post([&] { reloadKeys(balancer, arguments); });
  }
  spdlog::info("stopping");
  context.stop();
  server.join();
  if (failure) std::rethrow_exception(failure);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return tools::runProgram("multiconn-balancer", [argc, argv] {
    const sigset_t signals = tools::blockSignals({SIGHUP});
    tools::raiseDescriptorLimit();
    auto [arguments, exit_status] = balancer::parseArguments(argc, argv);
    if (!arguments) return exit_status;
    tools::setUpLog("multiconn-balancer", arguments->log_level);
    for (const std::string& warning : arguments->warnings) spdlog::warn("{}", warning);
    return serve(*arguments, signals);
  });
}
