#include "commands.hpp"

#include "setup.hpp"
#include "shared_object.hpp"

namespace multiconn::bench {

void addSetup(CLI::App& app, Action& action) {
  auto options = std::make_shared<SetupOptions>();
  auto delay = std::make_shared<int>(50);
  CLI::App* command =
      app.add_subcommand("setup", "time from connect() to Publish.Start on all servers over a slow network");
  command->add_option("-n,--servers", options->count)->check(CLI::PositiveNumber)->capture_default_str();
  command->add_option("--delay-ms", *delay, "added to each direction")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->add_option("--runs", options->runs)->check(CLI::PositiveNumber)->capture_default_str();
  command->add_option("--gate", options->gate, "exit 3 when the median needs more round trips than this");
  command->add_flag("--json", options->json, "one JSON object");
  command->callback([options, delay, &action] {
    options->delay = std::chrono::milliseconds(*delay);
    action = [options] { return runSetup(*options); };
  });
}

void addSharedObject(CLI::App& app, Action& action) {
  auto options = std::make_shared<SharedObjectOptions>();
  auto bound = std::make_shared<int>(100);
  auto step = std::make_shared<int>(3), soak = std::make_shared<int>(60);
  CLI::App* command = app.add_subcommand(
      "sharedobject", "the largest rate of changes of one shared object that reaches every reader in time");
  command->add_option("--writers", options->writers, "each with a slot of its own")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  command->add_option("--readers", options->readers)->check(CLI::Range(1, 10000))->capture_default_str();
  command->add_option("--bound-ms", *bound, "of p99 from a write to its last reader")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->add_option("--step-seconds", *step, "length of one try")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->add_option("--soak-seconds", *soak, "at half the rate found, to see the memory; 0: none")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command->add_option("--gate", options->gate, "exit 3 when fewer changes a second keep the bound");
  command->add_option("--memory-gate", options->memory_gate,
                      "exit 3 when the second half of the soak takes more MiB than this");
  command->add_flag("--json", options->json, "one JSON object a line");
  command->callback([=, &action] {
    options->bound = std::chrono::milliseconds(*bound);
    options->step = std::chrono::seconds(*step);
    options->soak = std::chrono::seconds(*soak);
    action = [options] { return runSharedObject(*options); };
  });
}

}  // namespace multiconn::bench
