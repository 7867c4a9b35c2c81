#include "agent/program/reporting_options.hpp"

#include <CLI/CLI.hpp>

#include <limits>
#include <stdexcept>

#include "agent/redirect_address.hpp"
#include "agent/targets_watch.hpp"
#include "program/secret_files.hpp"

namespace multiconn::agent {
namespace {

std::vector<AgentAddress> readAddresses(const ReportingLine& line) {
  if (line.redirect_addresses.empty())
    throw std::runtime_error(
        "--redirect-address is missing: the name or address by which clients reach this server");
  std::vector<AgentAddress> addresses;
  for (const std::string& text : line.redirect_addresses) {
    addresses.push_back(parseRedirectAddress(text));
    if (!line.allow_loopback) refuseLoopback(addresses.back());
  }
  return addresses;
}

void checkTargets(const std::string& file, const std::function<void(const std::string&)>& warn) {
  if (file.empty())
    throw std::runtime_error("--targets is missing: a file that names the balancers, as address,port,key");
  for (const balance::Target& target : readTargets(file))
    tools::checkKey(target.key, file + ", the target " + target.host, warn);
}

}  // namespace

void addReportingOptions(CLI::App& app, ReportingLine& line, const ReportingHelp& help) {
  app.add_option("--targets", line.targets,
                 help.targets +
                     " The balancers that are told, one a line: address,port,key. Read again when it changes")
      ->type_name("FILE");
  app.add_option("--redirect-address", line.redirect_addresses,
                 help.redirect_address +
                     " Where clients are sent; more than one for further schemes, or for clients in one "
                     "network")
      ->type_name("[SCHEME://]HOST[:PORT][@NETWORK]");
  app.add_flag("--allow-loopback", line.allow_loopback,
               "Take localhost for a redirect address: for tests on one machine");
  app.add_option("--guid-file", line.guid_file,
                 "The name of this server, made on first start; never copy it; default " + help.guid_file)
      ->type_name("FILE");
  app.add_option("--capacity", line.capacity,
                 "Connections that the server can take; default " + help.capacity)
      ->type_name("N")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{std::numeric_limits<std::uint32_t>::max()})
                  .description(""));
  app.add_option("--bandwidth-capacity", line.bandwidth_capacity,
                 "Bits a second that it can send; also with kb, Mb or Gb, as 10Gb; default 0: no limit")
      ->transform(
          CLI::AsNumberWithUnit(
              std::map<std::string, std::uint64_t>{{"kb", 1000}, {"Mb", 1'000'000}, {"Gb", 1'000'000'000}},
              CLI::AsNumberWithUnit::CASE_SENSITIVE)
              .description(""))
      ->type_name("BITS");
  app.add_option("--interval", line.interval, "Milliseconds between two regular reports; default 2500")
      ->type_name("MS")
      ->check(CLI::Range(std::int64_t{100}, std::int64_t{600000}).description(""));
  app.add_flag("--no-early-reports", line.no_early_reports, "Do not report at once when many clients come");
}

std::string givenBesideTargets(const ReportingLine& line) {
  if (!line.redirect_addresses.empty()) return "--redirect-address";
  if (line.allow_loopback) return "--allow-loopback";
  if (!line.guid_file.empty()) return "--guid-file";
  if (line.capacity) return "--capacity";
  if (line.bandwidth_capacity) return "--bandwidth-capacity";
  if (line.interval) return "--interval";
  return line.no_early_reports ? "--no-early-reports" : "";
}

AgentOptions readReporting(const ReportingLine& line, AgentOptions options,
                           const std::function<void(const std::string&)>& warn) {
  checkTargets(line.targets, warn);
  options.targets_file = line.targets;
  options.addresses = readAddresses(line);
  if (!line.guid_file.empty()) options.guid_file = line.guid_file;
  if (line.capacity) options.capacity = static_cast<std::uint32_t>(*line.capacity);
  if (line.bandwidth_capacity) options.bandwidth_capacity = *line.bandwidth_capacity;
  if (line.interval) options.interval = std::chrono::milliseconds(*line.interval);
  options.early_reports = !line.no_early_reports;
  return options;
}

}  // namespace multiconn::agent
