#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <multiconn/agent.hpp>

namespace CLI {
class App;
}

namespace multiconn::agent {

/// What the command line of a program with an agent says of reporting, as it is written.
struct ReportingLine {
  std::string targets, guid_file;
  std::vector<std::string> redirect_addresses;
  std::optional<std::int64_t> capacity, interval;
  std::optional<std::uint64_t> bandwidth_capacity;
  bool allow_loopback = false, no_early_reports = false;
};

/// Words of --help in which programs differ.
struct ReportingHelp {
  std::string targets, redirect_address;  ///< a sentence each: when the option is needed
  std::string capacity, guid_file;        ///< the defaults
};

void addReportingOptions(CLI::App& app, ReportingLine& line, const ReportingHelp& help);

/// One of the options that is given, but for --targets; empty: none is.
std::string givenBesideTargets(const ReportingLine& line);

/// `options` has the defaults, and all that is not of reporting. `warn` gets one sentence for each key that
/// is short. Throws std::exception with one sentence, free of keys.
AgentOptions readReporting(const ReportingLine& line, AgentOptions options,
                           const std::function<void(const std::string&)>& warn);

}  // namespace multiconn::agent
