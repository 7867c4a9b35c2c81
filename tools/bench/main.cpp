#include <exception>
#include <iostream>

#include "commands.hpp"
#include "program/command_line.hpp"
#include "program/process_limits.hpp"

int main(int argc, char** argv) {
  using namespace multiconn::bench;
  multiconn::tools::keepNoCoreFile();
  CLI::App app(
      "Measurements of multiconn, each beside a yardstick that runs on the same machine at the same time");
  app.set_version_flag("--version", MULTICONN_VERSION);
  app.require_subcommand(1);
  Action action;
  addFanout(app, action);
  addSetup(app, action);
  addFailover(app, action);
  addIsolation(app, action);
  addPlayers(app, action);
  addSharedObject(app, action);
  addBalance(app, action);
  addLookup(app, action);
  addRelay(app, action);
  addCompare(app, action);
  addHelpers(app, action);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    std::cerr << "multiconn-bench: " << multiconn::tools::mistakeOf(app, error)
              << " (--help tells what there is)\n";
    return 1;
  }
  try {
    return action();
  } catch (const std::exception& error) {
    std::cerr << "multiconn-bench: " << error.what() << '\n';
    return 1;
  }
}
