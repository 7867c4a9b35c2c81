#pragma once

#include <chrono>
#include <cstddef>
#include <iosfwd>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <multiconn/av_source.hpp>
#include <multiconn/capture.hpp>
#include <multiconn/multi_connection.hpp>

namespace publish {

enum class StatsFormat { table, json, none };

struct Options {
  std::string input;
  std::optional<std::string> capture_devices;  ///< what INPUT captures; nothing: it is a file, pipe or URL
  multiconn::AvSourceOptions source;
  multiconn::CaptureOptions capture;
  bool list_devices = false;  ///< and nothing else
  std::vector<multiconn::Destination> destinations;
  std::size_t primaries = 0;  ///< servers of `destinations` before the first spare
  multiconn::ConnectOptions connect;
  StatsFormat stats = StatsFormat::table;
  std::string log_level;
};

struct ExitCode {
  static constexpr int ok = 0;            ///< every destination got everything, spares apart
  static constexpr int bad_usage = 1;     ///< of the command line, or of the input
  static constexpr int setup_failed = 2;  ///< or a signal came before it was complete
  static constexpr int frames_lost =
      3;  ///< finished, but some destination missed frames or was away at the end
};

/// The command line, or the exit code of a program that is done: help was printed to `out`, or one line about
/// what is wrong to `errors`.
std::variant<Options, int> parseOptions(int argc, const char* const* argv, std::ostream& out,
                                        std::ostream& errors);

}  // namespace publish
