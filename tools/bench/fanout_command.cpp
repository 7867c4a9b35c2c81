#include "commands.hpp"

#include "fanout.hpp"
#include "fanout_compare.hpp"

namespace multiconn::bench {

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
  command->add_option("--paced-seconds", options->paced_seconds, "length of a paced run without FILE")
      ->capture_default_str();
  CLI::Option* const tls =
      command->add_flag("--tls", options->tls, "by rtmps, beside a bare loop of SSL_write");
  command->add_option(
      "--gate", options->gate,
      "exit 3 when a fast ratio at 16 or more destinations is above this, or when a destination costs a "
      "quarter more, paced, than with fewer");
  command->add_option("--memory-gate", options->memory_gate,
                      "exit 3 when a further destination costs more KiB than this");
  auto compare = std::make_shared<bool>(false);
  CLI::Option* const compared =
      command->add_flag("--compare", *compare,
                        "instead: beside librtmp and ffmpeg's tee muxer as well, what is installed of them");
  command->add_flag("--json", options->json, "one JSON object a line");
  compared->excludes(tls);
  command->callback([options, compare, &action] {
    if (*compare)
      action = [options] { return runFanoutCompare(*options); };
    else
      action = [options] { return runFanout(*options); };
  });
}

}  // namespace multiconn::bench
