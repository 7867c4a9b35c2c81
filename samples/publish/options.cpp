#include "publish/options.hpp"

#include <charconv>
#include <cmath>
#include <map>
#include <ostream>
#include <stdexcept>
#include <string_view>

#include <CLI/CLI.hpp>

#include "publish/destination_list.hpp"

namespace publish {
namespace {

/// The options as typed; what needs a second look is turned into Options after parsing.
struct CommandLine {
  Options options;
  std::vector<std::string> destinations;
  std::string setup_timeout = "3s";
  std::string duration;
  std::string require = "all";
  std::string stats = "table";
  bool no_reconnect = false;
};

void describe(CLI::App& app, CommandLine& line);
void describeConnection(CLI::App& app, CommandLine& line);
Options finish(CommandLine line);
std::string withoutSecrets(const std::string& message);

}  // namespace

std::variant<Options, int> parseOptions(int argc, const char* const* argv, std::ostream& out,
                                        std::ostream& errors) {
  CLI::App app("Publishes a file, pipe or URL to several RTMP servers at once, without transcoding.",
               "multiconn-publish");
  CommandLine line;
  describe(app, line);
  describeConnection(app, line);
  try {
    app.parse(argc, argv);
    return finish(std::move(line));
  } catch (const CLI::Success& success) {
    return app.exit(success, out, errors);
  } catch (const CLI::ParseError& error) {
    errors << "multiconn-publish: " << withoutSecrets(error.what()) << " (--help lists the options)\n";
  } catch (const std::invalid_argument& error) {
    errors << "multiconn-publish: " << error.what() << '\n';
  }
  return ExitCode::bad_usage;
}

namespace {

void describe(CLI::App& app, CommandLine& line) {
  auto& options = line.options;
  app.add_option("input", options.input, "A file, - for standard input, or any URL libavformat opens")
      ->required()
      ->type_name("INPUT");
  app.add_option("destinations", line.destinations,
                 "rtmp[s]://host[:port]/app/stream, or @FILE with one of these a line (# begins a comment), "
                 "which keeps stream keys out of the process list")
      ->type_name("DEST");
  app.add_flag("--realtime,!--no-realtime", options.source.realtime,
               "Pace by the timestamps (default); unpaced waits for the servers and drops nothing")
      ->default_val(true);
  app.add_flag("--loop", options.source.loop, "Begin again at the end, with timestamps that go on");
  app.add_option("--duration", line.duration, "Stop after this much media: 90, 90s, 1500ms, 2m, 1h")
      ->type_name("TIME");
  app.add_option("--stats", line.stats, "What standard output shows")
      ->type_name("table|json|none")
      ->default_str("table");
  app.add_option("--log-level", options.log_level, "What standard error tells: debug, info, warn, error, off")
      ->check(CLI::IsMember({"debug", "info", "warn", "error", "off"}))
      ->type_name("LEVEL")
      ->default_val("warn");
  app.allow_config_extras(CLI::config_extras_mode::error);
  app.set_config("--config", "", "Read options by their long names from this file")->type_name("FILE");
  app.set_version_flag("--version", "multiconn-publish " MULTICONN_VERSION);
  app.footer(
      "Exit code: 0 all destinations got everything; 1 bad usage or input; 2 setup failed; "
      "3 finished, but some destination lost frames.");
}

void describeConnection(CLI::App& app, CommandLine& line) {
  auto& tls = line.options.connect.tls;
  app.add_option("--setup-timeout", line.setup_timeout, "How long the servers have to answer")
      ->type_name("TIME")
      ->capture_default_str();
  app.add_option("--require", line.require, "How many of them have to")
      ->type_name("all|any|K")
      ->default_str("all");
  app.add_option("--ca-file", tls.ca_file, "PEM file of the authorities to trust, in place of the system's")
      ->check(CLI::ExistingFile)
      ->type_name("FILE");
  app.add_flag("--insecure", tls.insecure,
               "Accept any certificate: anyone on the way can read and change the stream");
  app.add_flag("--no-reconnect", line.no_reconnect,
               "Do not retry a server that is lost; today none is retried, with or without this");
}

/// "90", "90s", "1500ms", "2m", "1h". The message does not repeat what was typed: it may be a misplaced
/// stream key.
std::chrono::milliseconds parseTime(const std::string& text, const char* option) {
  static const std::map<std::string, double, std::less<>> seconds_per_unit = {
      {"", 1}, {"ms", 0.001}, {"s", 1}, {"m", 60}, {"h", 3600}};
  constexpr double shortest = 0.001, longest = 1e7;
  double number = 0;
  const auto* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  const auto unit = seconds_per_unit.find(std::string_view(rest, static_cast<std::size_t>(end - rest)));
  if (error == std::errc() && unit != seconds_per_unit.end()) {
    const double seconds = number * unit->second;
    if (seconds >= shortest && seconds <= longest)
      return std::chrono::milliseconds(std::llround(seconds * 1000));
  }
  throw std::invalid_argument(std::string(option) + ": a time from 1ms on, as 90, 90s, 1500ms, 2m or 1h");
}

StatsFormat parseStats(const std::string& text) {
  if (text == "table") return StatsFormat::table;
  if (text == "json") return StatsFormat::json;
  if (text == "none") return StatsFormat::none;
  throw std::invalid_argument("--stats: table, json or none");
}

multiconn::Require parseRequire(const std::string& text, std::size_t destinations) {
  if (text == "all") return multiconn::Require::all();
  if (text == "any") return multiconn::Require::any();
  std::size_t count = 0;
  const auto* end = text.data() + text.size();
  const auto [last, error] = std::from_chars(text.data(), end, count);
  if (error != std::errc() || last != end || count == 0) {
    throw std::invalid_argument("--require: all, any, or a number of servers from 1");
  }
  if (count > destinations) {
    throw std::invalid_argument("--require: " + std::to_string(count) + " servers have to answer, but only " +
                                std::to_string(destinations) + " are named");
  }
  return multiconn::Require::atLeast(count);
}

Options finish(CommandLine line) {
  auto options = std::move(line.options);
  options.connect.setup_timeout = parseTime(line.setup_timeout, "--setup-timeout");
  if (!line.duration.empty()) options.source.duration = parseTime(line.duration, "--duration");
  options.stats = parseStats(line.stats);
  options.destinations = readDestinations(line.destinations);
  options.connect.require = parseRequire(line.require, options.destinations.size());
  return options;
}

/// CLI11 quotes what it did not understand, which may be a destination with its key.
std::string withoutSecrets(const std::string& message) {
  std::string masked;
  for (std::size_t begin = 0; begin < message.size();) {
    const auto end = std::min(message.find_first_of(" \n", begin), message.size());
    const auto word = message.substr(begin, end - begin);
    masked += word.find("://") != std::string::npos ? multiconn::maskedUrl(word, true) : word;
    if (end < message.size()) masked += ' ';
    begin = end + 1;
  }
  return masked;
}

}  // namespace
}  // namespace publish
