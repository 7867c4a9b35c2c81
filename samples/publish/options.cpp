#include "publish/options.hpp"

#include <charconv>
#include <memory>
#include <ostream>
#include <regex>
#include <stdexcept>
#include <string_view>

#include <CLI/CLI.hpp>

#include "program/command_line.hpp"
#include "publish/argument_values.hpp"
#include "publish/balancer_arguments.hpp"
#include "publish/encode_arguments.hpp"
#include "publish/failure_arguments.hpp"

namespace publish {
namespace {

/// The options as typed; what needs a second look is turned into Options after parsing.
struct CommandLine {
  Options options;
  EncodeArguments encode;
  BalancerArguments balancer;
  FailureArguments failure;
  std::vector<std::string> destinations;
  std::string setup_timeout = "3s";
  std::string duration;
  std::string require = "all";
  std::string stats = "table";
  std::string engine;
  std::string timestamps = "zero";
};

/// CLI11 puts what a flag stands for behind its name: "--no-realtime{false}".
class HelpFormatter final : public CLI::Formatter {
  std::string make_option_name(const CLI::Option* option, bool is_positional) const override {
    return std::regex_replace(Formatter::make_option_name(option, is_positional), std::regex(R"(\{\w+\})"),
                              "");
  }
};

void describe(CLI::App& app, CommandLine& line);
void describeConnection(CLI::App& app, CommandLine& line);
Options finish(const CLI::App& app, CommandLine line);
std::string withoutSecrets(const std::string& message);

}  // namespace

std::variant<Options, int> parseOptions(int argc, const char* const* argv, std::ostream& out,
                                        std::ostream& errors) {
  CLI::App app("Publishes a file, pipe, URL, camera or microphone to several RTMP servers at once.",
               "multiconn-publish");
  app.formatter(std::make_shared<HelpFormatter>());
  CommandLine line;
  describe(app, line);
  describeConnection(app, line);
  line.failure.describe(app);
  line.balancer.describe(app);
  line.encode.describe(app);
  try {
    app.parse(argc, argv);
    return finish(app, std::move(line));
  } catch (const CLI::Success& success) {
    return app.exit(success, out, errors);
  } catch (const CLI::ParseError& error) {
    errors << "multiconn-publish: " << withoutSecrets(multiconn::tools::mistakeOf(app, error))
           << " (--help lists the options)\n";
  } catch (const std::invalid_argument& error) {
    errors << "multiconn-publish: " << error.what() << '\n';
  }
  return ExitCode::bad_usage;
}

namespace {

// Validators have descriptions of their own, which the help would put behind the type.
void describe(CLI::App& app, CommandLine& line) {
  auto& options = line.options;
  app.add_option("input", options.input,
                 "A file, - for standard input, any URL libavformat opens, or capture:DEVICE (see below)")
      ->type_name("INPUT");
  app.add_option(
         "destinations", line.destinations,
         "rtmp[s|t|e|te]://host[:port]/app/stream, or @FILE with one of these a line (# begins a comment), "
         "which keeps stream keys out of the process list")
      ->type_name("DEST");
  app.add_flag("--realtime,!--no-realtime", options.source.realtime,
               "Pace by the timestamps (default); unpaced waits for the servers and drops nothing");
  app.add_flag("--loop", options.source.loop, "Begin again at the end, with timestamps that go on");
  app.add_option("--duration", line.duration, "Stop after this much media: 90, 90s, 1500ms, 2m, 1h")
      ->type_name("TIME");
  app.add_option("--timestamps", line.timestamps,
                 "From zero, or the input's own: publishers of one feed on several machines then agree")
      ->check(CLI::IsMember({"zero", "input"}).description(""))
      ->type_name("zero|input")
      ->default_str("zero");
  app.add_flag("--list-devices", options.list_devices, "Print what capture: can open, and end");
  app.add_option("--stats", line.stats, "What standard output shows")
      ->type_name("table|json|none")
      ->default_str("table");
  app.add_option("--log-level", options.log_level, "What standard error tells: debug, info, warn, error, off")
      ->check(CLI::IsMember({"debug", "info", "warn", "error", "off"}).description(""))
      ->type_name("LEVEL")
      ->default_val("warn");
  multiconn::tools::addConfigFile(app, "Read options by their long names from this file");
  app.set_version_flag("--version", "multiconn-publish " MULTICONN_VERSION);
  app.footer(
      "capture: is the default camera and microphone. capture:FORMAT:NAME is one device, and\n"
      "capture:FORMAT:NAME+FORMAT:NAME are two, one for the picture and one for the sound:\n"
      "  capture:v4l2:/dev/video0+alsa:default   capture:x11grab::0.0+pulse:default\n"
      "  capture:lavfi:testsrc2=size=640x360:rate=25+lavfi:sine=frequency=440\n"
      "A + separates only where FORMAT: (or FORMAT and the end) follows, and no backslash precedes.\n\n"
      "Exit code: 0 all destinations got everything, spares apart; 1 bad usage or input; 2 setup failed;\n"
      "3 finished, but some destination lost frames, or was away at the end. After Ctrl-C: 0 or 3 once\n"
      "setup is complete, 2 before.");
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
      ->check(CLI::ExistingFile.description(""))
      ->type_name("FILE");
  app.add_flag("--insecure", tls.insecure,
               "Accept any certificate: anyone on the way can read and change the stream");
  app.add_option("--engine", line.engine,
                 "What speaks RTMP; default: librtmp where only it can (rtmpe, rtmpte)")
      ->check(CLI::IsMember({"native", "librtmp"}).description(""))
      ->type_name("native|librtmp");
}

StatsFormat parseStats(const std::string& text) {
  if (text == "table") return StatsFormat::table;
  if (text == "json") return StatsFormat::json;
  if (text == "none") return StatsFormat::none;
  throw std::invalid_argument("--stats: table, json or none");
}

multiconn::Require parseRequire(const std::string& text, std::size_t servers) {
  if (text == "all") return multiconn::Require::all();
  if (text == "any") return multiconn::Require::any();
  std::size_t count = 0;
  const auto* end = text.data() + text.size();
  const auto [last, error] = std::from_chars(text.data(), end, count);
  if (error != std::errc() || last != end || count == 0) {
    throw std::invalid_argument("--require: all, any, or a number of servers from 1");
  }
  if (count > servers) {
    throw std::invalid_argument("--require: " + std::to_string(count) + " servers have to answer, but only " +
                                std::to_string(servers) + " are named");
  }
  return multiconn::Require::atLeast(count);
}

multiconn::LinkEngine parseEngine(const std::string& text) {
  if (text == "native") return multiconn::LinkEngine::native;
  return text == "librtmp" ? multiconn::LinkEngine::librtmp : multiconn::LinkEngine::automatic;
}

/// Encoding options for something that is not encoded would be ignored without a word.
void finishInput(const CLI::App& app, const CommandLine& line, Options& options) {
  constexpr std::string_view prefix = "capture:";
  const bool capture = options.input.starts_with(prefix);
  const auto refuse = [](const std::string& sentence) { throw std::invalid_argument(sentence); };
  options.source.transcode = line.encode.transcode();
  options.source.encode = options.capture.encode = line.encode.options();
  options.capture.device_options = line.encode.deviceOptions();
  if (const std::string option = line.encode.given(app);
      !option.empty() && !capture && options.source.transcode == multiconn::Transcode::never)
    refuse(option + " is for capture:, or together with --transcode: files are sent as they are");
  if (!capture && !options.capture.device_options.empty()) refuse("--device-option is for capture:");
  options.source.keep_timestamps = line.timestamps == "input";
  if (options.source.keep_timestamps) options.connect.timestamps = multiconn::Timestamps::epoch;
  if (options.source.keep_timestamps && options.source.loop)
    refuse("--loop begins anew, which --timestamps input cannot");
  if (!capture) return;
  options.capture_devices = options.input.substr(prefix.size());
  options.capture.duration = options.source.duration;
  if (!options.source.realtime) refuse("--no-realtime is for files: " + std::string(prefix) + " is live");
  if (options.source.keep_timestamps) refuse("--timestamps input is for pipes and URLs, not for devices");
  if (options.source.loop) refuse("--loop is for files: " + std::string(prefix) + " does not end");
  if (options.source.transcode != multiconn::Transcode::never)
    refuse("--transcode is for files: what " + std::string(prefix) + " delivers is always encoded");
}

std::size_t serversOf(const std::vector<multiconn::Destination>& destinations) {
  std::size_t servers = 0;
  for (const auto& destination : destinations) servers += destination.servers.count;
  return servers;
}

/// Spares are last: Options::primaries tells where they begin.
void finishDestinations(const CommandLine& line, Options& options) {
  auto& all = options.destinations;
  all = line.failure.primaries(line.destinations, line.balancer.destination());
  options.primaries = serversOf(all);
  const auto spares = line.failure.spares(all);
  all.insert(all.end(), spares.begin(), spares.end());
  for (auto& destination : all) destination.engine = parseEngine(line.engine);
  options.connect.require = parseRequire(line.require, options.primaries);
}

Options finish(const CLI::App& app, CommandLine line) {
  auto options = std::move(line.options);
  if (options.list_devices) return options;
  if (options.input.empty()) throw std::invalid_argument("no input is named (--help lists the options)");
  options.connect.setup_timeout = parseTime(line.setup_timeout, "--setup-timeout");
  if (!line.duration.empty()) options.source.duration = parseTime(line.duration, "--duration");
  options.stats = parseStats(line.stats);
  finishInput(app, line, options);
  line.failure.apply(options.connect);
  finishDestinations(line, options);
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
