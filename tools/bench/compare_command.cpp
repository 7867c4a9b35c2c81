#include "commands.hpp"

#include <map>

#include "compare.hpp"

namespace multiconn::bench {

void addCompare(CLI::App& app, Action& action) {
  auto options = std::make_shared<CompareOptions>();
  CLI::App* command = app.add_subcommand(
      "compare",
      "whether CAPTURE has every packet of INPUT: codec, count, order, payload, timestamps; exits 3 if not");
  command->add_option("INPUT", options->input, "what was published: a file or URL that FFmpeg opens")
      ->required();
  command->add_option("CAPTURE", options->capture, "what a player received, remuxed but not transcoded")
      ->required();
  static const std::map<std::string, TimestampRule> rules{
      {"exact", TimestampRule::exact}, {"nginx", TimestampRule::nginx}, {"none", TimestampRule::none}};
  command
      ->add_option_function<std::string>(
          "--timestamps", [options](const std::string& rule) { options->timestamps = rules.at(rule); },
          "exact (default): equal after rounding to 1 ms and one constant; nginx: steps of dts, and how far "
          "pts is ahead of it, within 1 ms; none: not compared")
      ->check(CLI::IsMember({"exact", "nginx", "none"}));
  command->add_flag("--packets", options->listing, "CAPTURE is a packet listing, one JSON object a line");
  command->add_flag("--json", options->json, "one JSON object");
  command->callback([options, &action] { action = [options] { return runCompare(*options); }; });
}

}  // namespace multiconn::bench
