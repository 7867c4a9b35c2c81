#include <CLI/CLI.hpp>
#include <exception>
#include <functional>
#include <iostream>
#include <map>

#include "balance.hpp"
#include "balance_cost.hpp"
#include "bare_loop.hpp"
#include "compare.hpp"
#include "delay_proxy.hpp"
#include "fanout.hpp"
#include "lookup.hpp"
#include "publisher.hpp"
#include "relay.hpp"
#include "setup.hpp"
#include "shared_object.hpp"
#include "sink.hpp"

namespace {

using namespace multiconn::bench;

// Each subcommand fills its own options and leaves what to run.
using Action = std::function<int()>;

void addFanout(CLI::App& app, Action& action) {
  auto options = std::make_shared<FanoutOptions>();
  CLI::App* command = app.add_subcommand(
      "fanout", "CPU and memory of publishing to N servers, beside a bare loop of send(2)");
  command->add_option("FILE", options->file, "FLV file to publish; without one a synthetic clip of 6 Mbit/s")
      ->check(CLI::ExistingFile);
  command->add_option("-n,--destinations", options->counts, "how many, a list")
      ->delimiter(',')
      ->check(CLI::Range(1, 10000))
      ->capture_default_str();
  command->add_option("--modes", options->modes, "fast, paced or both")
      ->delimiter(',')
      ->check(CLI::IsMember({"fast", "paced"}))
      ->capture_default_str();
  command->add_option("--runs", options->runs, "alternating runs of each side; medians are printed")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->add_option("--megabytes", options->megabytes, "delivered per fast run")->capture_default_str();
  command->add_option("--paced-seconds", options->paced_seconds, "length of a paced run")
      ->capture_default_str();
  command->add_option("--gate", options->gate,
                      "exit 3 when the ratio at 16 or more destinations is above this");
  command->add_option("--memory-gate", options->memory_gate,
                      "exit 3 when a further destination costs more KiB than this");
  command->add_flag("--json", options->json, "one JSON object a line");
  command->callback([options, &action] { action = [options] { return runFanout(*options); }; });
}

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

void addCompare(CLI::App& app, Action& action) {
  auto options = std::make_shared<CompareOptions>();
  CLI::App* command = app.add_subcommand(
      "compare",
      "whether CAPTURE has every packet of INPUT: count, order, payload, timestamps; exits 3 if not");
  command->add_option("INPUT", options->input, "what was published: a file or URL that FFmpeg opens")
      ->required();
  command->add_option("CAPTURE", options->capture, "what a player received, remuxed but not transcoded")
      ->required();
  static const std::map<std::string, TimestampRule> rules{
      {"exact", TimestampRule::exact}, {"nginx", TimestampRule::nginx}, {"none", TimestampRule::none}};
  command
      ->add_option_function<std::string>(
          "--timestamps", [options](const std::string& rule) { options->timestamps = rules.at(rule); },
          "exact (default): equal after rounding to 1 ms and one constant; nginx: steps of dts within 1 ms; "
          "none: not compared")
      ->check(CLI::IsMember({"exact", "nginx", "none"}));
  command->add_flag("--packets", options->listing, "CAPTURE is a packet listing, one JSON object a line");
  command->add_flag("--json", options->json, "one JSON object");
  command->callback([options, &action] { action = [options] { return runCompare(*options); }; });
}

// The processes that the measurements start; hidden from --help by an empty group.
void addHelpers(CLI::App& app, Action& action) {
  struct Options {
    std::string file;
    std::uint16_t port = 0;
    std::size_t count = 1, repeat = 1;
    int delay_ms = 50;
    bool paced = false, fast = false;
  };
  auto options = std::make_shared<Options>();

  CLI::App* sink = app.add_subcommand("sink")->group("");
  sink->add_option("--record", options->file);
  sink->callback([=, &action] { action = [options] { return runSink(options->file); }; });

  const auto addSender = [&](const char* name, std::function<int(const Options&)> run) {
    CLI::App* sender = app.add_subcommand(name)->group("");
    sender->add_option("FILE", options->file)->required();
    sender->add_option("--port", options->port)->required();
    sender->add_option("--count", options->count);
    sender->add_option("--repeat", options->repeat);
    sender->add_flag("--paced", options->paced);
    sender->add_flag("--fast", options->fast);
    sender->callback([=, &action] { action = [=] { return run(*options); }; });
  };
  addSender("publisher",
            [](const Options& o) { return runPublisher(o.file, o.port, o.count, o.repeat, o.paced); });
  addSender("bare-loop", [](const Options& o) { return runBareLoop(o.file, o.port, o.count, o.paced); });

  app.add_subcommand("object-server")->group("")->callback([&action] { action = runObjectServer; });

  CLI::App* proxy = app.add_subcommand("delay-proxy")->group("");
  proxy->add_option("PORT", options->port)->required();
  proxy->add_option("--delay-ms", options->delay_ms);
  proxy->callback([=, &action] {
    action = [options] { return runDelayProxy(options->port, std::chrono::milliseconds(options->delay_ms)); };
  });
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app(
      "Measurements of multiconn, each beside a yardstick that runs on the same machine at the same time");
  app.set_version_flag("--version", MULTICONN_VERSION);
  app.require_subcommand(1);
  Action action;
  addFanout(app, action);
  addSetup(app, action);
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
