#include "commands.hpp"

#include "failover.hpp"
#include "isolation.hpp"
#include "players.hpp"

namespace multiconn::bench {

void addFailover(CLI::App& app, Action& action) {
  auto options = std::make_shared<FailoverOptions>();
  CLI::App* command = app.add_subcommand(
      "failover", "how soon viewers have a picture again when servers die; exits 3 when a gate is missed");
  command->add_option("--cases", options->cases, "a list")
      ->delimiter(',')
      ->check(CLI::IsMember({"restart", "standby", "black-hole"}))
      ->capture_default_str();
  command->add_option("--restarts", options->restarts, "of a server that is killed in mid-broadcast")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->add_option("--takeovers", options->takeovers, "of a spare from a server that is killed")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->add_option("--black-holes", options->black_holes, "with a broadcast, and as many without")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->add_option("--restart-gate", options->restart_gate_ms, "ms: p99 beyond the back-off")
      ->capture_default_str();
  command->add_option("--standby-gate", options->standby_gate_ms, "ms: the longest gap")
      ->capture_default_str();
  command->add_option("--black-hole-gate", options->black_hole_gate_ms, "ms until it is noticed")
      ->capture_default_str();
  command->add_flag("--json", options->json, "one JSON object a line");
  command->callback([options, &action] { action = [options] { return runFailover(*options); }; });
}

void addIsolation(CLI::App& app, Action& action) {
  auto options = std::make_shared<IsolationOptions>();
  auto seconds = std::make_shared<int>(30);
  CLI::App* command = app.add_subcommand(
      "isolation", "what seven bad servers cost a healthy one; exits 3 when a gate is missed");
  command->add_option("--seconds", *seconds, "of each of the two runs")
      ->check(CLI::Range(2, 86400))
      ->capture_default_str();
  command->add_option("--delay-gate", options->delay_gate_ms, "ms: added to the delay's p99")
      ->capture_default_str();
  command->add_option("--write-gate", options->write_gate_us, "us: writeVideo()'s p99.9")
      ->capture_default_str();
  command->add_flag("--json", options->json, "one JSON object a line");
  command->callback([options, seconds, &action] {
    options->length = std::chrono::seconds(*seconds);
    action = [options] { return runIsolation(*options); };
  });
}

void addPlayers(CLI::App& app, Action& action) {
  auto options = std::make_shared<PlayersOptions>();
  auto seconds = std::make_shared<int>(20);
  CLI::App* command = app.add_subcommand(
      "players",
      "audio players on two multiconn-origin behind HAProxy, of which one is killed; exits 3 when a gate is "
      "missed");
  command->add_option("-n,--players", options->count)->check(CLI::Range(2, 20000))->capture_default_str();
  command->add_option("--seconds", *seconds, "before one server is killed")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->add_option("--kbps", options->kilobits, "of the audio")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->add_option("--gap-gate", options->gap_gate_ms, "ms: the longest silence")->capture_default_str();
  command->add_flag("--json", options->json, "one JSON object a line");
  command->callback([options, seconds, &action] {
    options->length = std::chrono::seconds(*seconds);
    action = [options] { return runPlayers(*options); };
  });
}

}  // namespace multiconn::bench
