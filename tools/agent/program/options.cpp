#include "agent/program/options.hpp"

#include <CLI/CLI.hpp>

#include <limits>
#include <stdexcept>

#include "agent/program/wowza_options.hpp"
#include "agent/redirect_address.hpp"
#include "agent/targets_watch.hpp"
#include "net/socket.hpp"
#include "program/program.hpp"
#include "program/secret_files.hpp"

namespace multiconn::agent {
namespace {

using std::chrono::milliseconds;

/// As they are written on the command line.
struct Line {
  std::vector<std::string> wowza_files, redirect_addresses, exec;
  std::string targets, app_home, guid_file = "Server.guid", monitor, monitor_url, rtmp;
  std::string admin, admin_token_file, agent_check;
  std::vector<std::string> admin_names;
  std::optional<std::int64_t> interval, capacity;
  std::uint64_t bandwidth_capacity = 0;
  std::int64_t exec_timeout = 2000;
  bool allow_loopback = false, no_early_reports = false;
};

void addReporting(CLI::App& app, Line& line) {
  app.add_option("--targets", line.targets,
                 "The balancers, one a line: address,port,key. Read again when it changes")
      ->type_name("FILE");
  app.add_option("--redirect-address", line.redirect_addresses,
                 "Where clients are sent; more than one for further schemes, or for clients in one network")
      ->type_name("[SCHEME://]HOST[:PORT][@NETWORK]");
  app.add_flag("--allow-loopback", line.allow_loopback,
               "Take localhost for a redirect address: for tests on one machine");
  app.add_option("--wowza-conf", line.wowza_files, "Wowza's properties of the load balancer's sender")
      ->type_name("[APP=]FILE");
  app.add_option("--app-home", line.app_home, "What ${com.wowza.wms.AppHome} stands for")->type_name("DIR");
  app.add_option("--guid-file", line.guid_file, "The name of this server, made on first start; never copy it")
      ->type_name("FILE")
      ->capture_default_str();
  app.add_option("--capacity", line.capacity, "Connections that the server can take; default 1000")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{std::numeric_limits<std::uint32_t>::max()}));
  app.add_option("--bandwidth-capacity", line.bandwidth_capacity,
                 "Bits per second that it can send, or 10Gb; 0: no limit")
      ->transform(CLI::AsNumberWithUnit(
          std::map<std::string, std::uint64_t>{{"kb", 1000}, {"Mb", 1'000'000}, {"Gb", 1'000'000'000}},
          CLI::AsNumberWithUnit::CASE_SENSITIVE))
      ->type_name("BITS");
  app.add_option("--interval", line.interval, "Between two regular reports; default 2500")
      ->type_name("MS")
      ->check(CLI::Range(std::int64_t{100}, std::int64_t{600000}));
  app.add_flag("--no-early-reports", line.no_early_reports, "Do not report at once when many clients come");
}

void addMonitor(CLI::App& app, Line& line) {
  app.add_option("--monitor", line.monitor, "Where figures are read; default auto: finds out")
      ->check(CLI::IsMember(monitorNames()));
  app.add_option("--monitor-url", line.monitor_url,
                 "The page of nginx-rtmp's rtmp_stat, the API of SRS or MediaMTX, the status.json of "
                 "multiconn-origin")
      ->type_name("URL");
  app.add_option("--exec", line.exec,
                 "The program of the monitor exec, and each of its arguments with one more --exec; no shell")
      ->type_name("WORD")
      ->allow_extra_args(false);
  app.add_option("--exec-timeout", line.exec_timeout, "How long it may take")
      ->type_name("MS")
      ->check(CLI::Range(std::int64_t{10}, std::int64_t{4000}))
      ->capture_default_str();
  app.add_option("--rtmp", line.rtmp,
                 "The RTMP server beside the agent, asked for a handshake each second; off: it is not asked; "
                 "default 127.0.0.1:1935")
      ->type_name("HOST:PORT|off");
}

void addListeners(CLI::App& app, Line& line) {
  app.add_option("--agent-check", line.agent_check, "Tell HAProxy's agent-check the weight of this server")
      ->type_name("ADDR:PORT");
  app.add_option("--admin", line.admin, "Attributes, metrics and pause; without an address: loopback")
      ->type_name("ADDR:PORT");
  app.add_option("--admin-name", line.admin_names,
                 "A host name under which the listener on loopback may be read without the token")
      ->type_name("NAME");
  app.add_option("--admin-token-file", line.admin_token_file,
                 "The token that pausing needs, and on other addresses than loopback reading too")
      ->type_name("FILE");
}

/// A port alone is that of loopback; a host that is left empty means every address.
tools::Endpoint endpoint(const char* option, const std::string& text) {
  try {
    tools::Endpoint result = tools::parseEndpoint(text);
    if (text.find(':') == std::string::npos) result.host = "127.0.0.1";
    if (!result.host.empty() && !net::Address::numeric(result.host, 0))
      throw std::invalid_argument("\"" + result.host + "\" is not a numeric address");
    return result;
  } catch (const std::invalid_argument& error) {
    throw std::runtime_error(std::string(option) + ": " + error.what());
  }
}

bool isLoopback(const std::string& host) {
  return host == "::1" || host.starts_with("127.");
}

void readListeners(const Line& line, Arguments& arguments) {
  if (!line.agent_check.empty()) arguments.agent_check = endpoint("--agent-check", line.agent_check);
  if (line.admin.empty()) {
    if (!line.admin_token_file.empty())
      throw std::runtime_error("--admin-token-file is for the listener of --admin, which is missing");
    return;
  }
  arguments.admin = endpoint("--admin", line.admin);
  arguments.admin_names = line.admin_names;
  if (line.admin.starts_with(':')) arguments.admin->host = "127.0.0.1";
  const auto warn = [&](const std::string& warning) { arguments.warnings.push_back(warning); };
  if (!line.admin_token_file.empty()) arguments.admin_token = tools::readToken(line.admin_token_file, warn);
  if (arguments.admin_token.empty() && !isLoopback(arguments.admin->host))
    throw std::runtime_error("--admin on " +
                             (arguments.admin->host.empty() ? "every address" : arguments.admin->host) +
                             ", which is not loopback, needs --admin-token-file");
}

void readRtmp(const Line& line, Arguments& arguments) {
  arguments.monitor.rtmp_port = arguments.agent.rtmp_port;
  if (line.rtmp == "off") return;
  const tools::Endpoint server = tools::parseEndpoint(line.rtmp.empty() ? "127.0.0.1:1935" : line.rtmp, 1935);
  if (server.port == 0) throw std::runtime_error("--rtmp needs a port from 1 to 65535");
  arguments.agent.rtmp_host = server.host.empty() ? "127.0.0.1" : server.host;
  arguments.agent.rtmp_port = arguments.monitor.rtmp_port = server.port;
}

void readMonitor(const Line& line, Arguments& arguments) {
  arguments.monitor.name = line.monitor.empty() ? "auto" : line.monitor;
  arguments.monitor.url = line.monitor_url;
  arguments.monitor.command = line.exec;
  arguments.monitor.command_timeout = milliseconds(line.exec_timeout);
}

void readAddresses(const Line& line, Arguments& arguments) {
  if (line.redirect_addresses.empty())
    throw std::runtime_error(
        "--redirect-address is missing: the name or address by which clients reach this server");
  for (const std::string& text : line.redirect_addresses) {
    const AgentAddress address = parseRedirectAddress(text);
    if (!line.allow_loopback) refuseLoopback(address);
    arguments.agent.addresses.push_back(address);
  }
}

void readTargetsFile(const Line& line, Arguments& arguments) {
  if (line.targets.empty())
    throw std::runtime_error("--targets is missing: a file that names the balancers, as address,port,key");
  arguments.agent.targets_file = line.targets;
  for (const balance::Target& target : readTargets(line.targets)) {
    tools::checkKey(target.key, line.targets + ", the target " + target.host,
                    [&](const std::string& warning) { arguments.warnings.push_back(warning); });
  }
}

/// What stands on the command line goes before what Wowza's files say.
void addWowza(Line& line, Arguments& arguments) {
  if (line.wowza_files.empty()) {
    if (!line.app_home.empty()) throw std::runtime_error("--app-home is for --wowza-conf, which is missing");
    return;
  }
  WowzaSender sender =
      wowzaSender(line.wowza_files, line.app_home.empty() ? "." : line.app_home, arguments.warnings);
  if (line.targets.empty()) line.targets = sender.targets.value_or("");
  if (line.redirect_addresses.empty() && !sender.redirect_address.value_or("").empty())
    line.redirect_addresses = {*sender.redirect_address};
  if (line.monitor.empty()) line.monitor = sender.monitor.value_or("");
  if (!line.interval) line.interval = sender.interval_ms;
}

Arguments read(Line line) {
  Arguments arguments;
  addWowza(line, arguments);
  readTargetsFile(line, arguments);
  readAddresses(line, arguments);
  readMonitor(line, arguments);
  readRtmp(line, arguments);
  readListeners(line, arguments);
  AgentOptions& agent = arguments.agent;
  agent.guid_file = line.guid_file;
  agent.early_reports = !line.no_early_reports;
  agent.bandwidth_capacity = line.bandwidth_capacity;
  agent.interval = milliseconds(line.interval.value_or(2500));
  if (line.capacity) {
    agent.capacity = static_cast<std::uint32_t>(*line.capacity);
  } else {
    arguments.warnings.push_back(
        "the capacity is not known, and taken for 1000 connections: give --capacity, so that servers of "
        "different sizes are filled alike");
  }
  return arguments;
}

}  // namespace

ParsedArguments parseArguments(int argc, const char* const* argv) {
  Line line;
  std::string log_level = "info";
  CLI::App app{"Tells load balancers what the RTMP server beside it carries.", "multiconn-agent"};
  addReporting(app, line);
  addMonitor(app, line);
  addListeners(app, line);
  tools::addCommonOptions(app, log_level);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return {{}, tools::explain(app, error)};
  }
  Arguments arguments = read(std::move(line));
  arguments.log_level = log_level;
  return {std::move(arguments), 0};
}

}  // namespace multiconn::agent
