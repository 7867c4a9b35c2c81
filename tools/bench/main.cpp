#include <exception>
#include <iostream>

#include "commands.hpp"

int main(int argc, char** argv) {
  using namespace multiconn::bench;
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
    return app.exit(error) == 0 ? 0 : 1;
  }
  try {
    return action();
  } catch (const std::exception& error) {
    std::cerr << "multiconn-bench: " << error.what() << '\n';
    return 1;
  }
}
