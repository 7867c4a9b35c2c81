#include "commands.hpp"

#include "balance.hpp"
#include "balance_cost.hpp"
#include "lookup.hpp"
#include "relay.hpp"

namespace multiconn::bench {

void addBalance(CLI::App& app, Action& action) {
  auto options = std::make_shared<BalanceOptions>();
  auto cost = std::make_shared<BalanceCostOptions>();
  CLI::App* command = app.add_subcommand(
      "balance",
      "how level the balancing policy keeps a simulated cluster, scenario by scenario; exits 3 "
      "when a gate is missed");
  command->add_option("--seeds", options->seeds, "runs of each scenario; the worst counts")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  command->add_option("--scenario", options->scenarios, "only these, a list of names as --json prints them")
      ->delimiter(',');
  command->add_option("--policy", options->policy, "of all scenarios but the controls")
      ->capture_default_str();
  CLI::Option* edges =
      command
          ->add_option("--edges", cost->edges,
                       "instead: processor time and memory that so many edges take of a balancer")
          ->check(CLI::Range(1, 16384))
          ->excludes("--scenario");
  command->add_flag("--json", options->json, "one JSON object a line");
  command->callback([=, &action] {
    cost->json = options->json;
    if (*edges)
      action = [cost] { return runBalanceCost(*cost); };
    else
      action = [options] { return runBalance(*options); };
  });
}

void addLookup(CLI::App& app, Action& action) {
  auto options = std::make_shared<LookupOptions>();
  CLI::App* command = app.add_subcommand(
      "lookup", "look-ups of multiconn-balancer per second, beside nginx's \"return 200\" of the same body");
  command->add_option("--edges", options->edges, "that report to it")
      ->check(CLI::Range(1, 10000))
      ->capture_default_str();
  command->add_option("-c,--connections", options->connections)
      ->check(CLI::Range(1, 4000))
      ->capture_default_str();
  command->add_option("--loads", options->loads, "a list")
      ->delimiter(',')
      ->check(CLI::IsMember({"keep-alive", "new", "rtmp"}))
      ->capture_default_str();
  command->add_option("--rounds", options->rounds, "of each measurement, in turn; the median counts")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  command->add_option("--round-ms", options->round_ms)->check(CLI::PositiveNumber)->capture_default_str();
  command->add_option("--gate", options->gate,
                      "exit 3 when the ratio of HTTP requests per processor second is less");
  command->add_flag("--json", options->json, "one JSON object a line");
  command->callback([options, &action] { action = [options] { return runLookup(*options); }; });
}

void addRelay(CLI::App& app, Action& action) {
  auto options = std::make_shared<RelayOptions>();
  CLI::App* command =
      app.add_subcommand("relay", "what multiconn-balancer's relay costs, beside HAProxy in TCP mode");
  command->add_option("--fast", options->fast_connections, "connections that send as fast as they can")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  command->add_option("--megabytes", options->megabytes, "of each fast run")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->add_option("--paced", options->paced_connections, "connections like encoders'")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  command->add_option("--kbps", options->paced_kilobits, "of each of those")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->add_option("--rounds", options->rounds, "of each measurement, in turn; the median counts")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  command->add_option("--gate", options->gate,
                      "exit 3 when the processor time per gigabyte is more times HAProxy's");
  command->add_flag("--json", options->json, "one JSON object a line");
  command->callback([options, &action] { action = [options] { return runRelay(*options); }; });
}

}  // namespace multiconn::bench
