#include <spdlog/spdlog.h>

#include <cstdio>

#include "ctl/commands.hpp"
#include "ctl/options.hpp"
#include "program/program.hpp"

namespace {

using namespace multiconn;
using ctl::Command;

void pause(const ctl::AdminClient& client, const std::string& id, bool paused) {
  const std::string found = client.pause(id, paused);
  std::printf("%s%s%s\n", found.c_str(), found.empty() ? "" : " ", paused ? "paused" : "unpaused");
}

int perform(int argc, char** argv) {
  const auto [arguments, exit_status] = ctl::parseArguments(argc, argv);
  if (!arguments) return exit_status;
  tools::setUpLog("multiconn-ctl", arguments->log_level);
  for (const std::string& warning : arguments->warnings) spdlog::warn("{}", warning);
  if (arguments->command == Command::keygen) return std::puts(ctl::randomKey().c_str()) < 0 ? 1 : 0;
  const ctl::AdminClient client(arguments->admin, arguments->token);
  switch (arguments->command) {
    case Command::pause:
    case Command::unpause:
      pause(client, arguments->id, arguments->command == Command::pause);
      break;
    case Command::watch:
      ctl::watch(client, tools::blockSignals());
      break;
    case Command::servers:
    case Command::keygen:
      std::fputs(ctl::table(client.servers(), 0).c_str(), stdout);
      break;
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return tools::runProgram("multiconn-ctl", [&] { return perform(argc, argv); });
}
