#include "agent/program/options.hpp"

#include <CLI/CLI.hpp>

#include <filesystem>
#include <stdexcept>

#include "agent/program/reporting_options.hpp"
#include "agent/program/wowza_options.hpp"
#include "program/program.hpp"

namespace multiconn::agent {
namespace {

using std::chrono::milliseconds;
using Warn = std::function<void(const std::string&)>;

/// As they are written on the command line.
struct Line {
  ReportingLine reporting;
  tools::AdminLine admin;
  std::vector<std::string> wowza_files, exec;
  std::string app_home, monitor, monitor_url, rtmp, agent_check;
  std::int64_t exec_timeout = 2000;
};

void addReporting(CLI::App& app, Line& line) {
  constexpr const char* needed = "Needed, here or by --wowza-conf.";
  addReportingOptions(app, line.reporting, {needed, needed, "1000", "Server.guid"});
  app.add_option("--wowza-conf", line.wowza_files, "Wowza's properties of the load balancer's sender")
      ->type_name("[APP=]FILE");
  app.add_option(
         "--app-home", line.app_home,
         "What ${com.wowza.wms.AppHome} stands for, and whose conf/loadbalancertargets.txt is read where "
         "nothing else names the targets")
      ->type_name("DIR");
}

void addMonitor(CLI::App& app, Line& line) {
  std::string names;
  for (const std::string& name : monitorNames()) names += (names.empty() ? "" : ", ") + name;
  app.add_option("--monitor", line.monitor, "Where figures are read: " + names + "; default auto: finds out")
      ->type_name("NAME")
      ->check(CLI::IsMember(monitorNames()).description(""));
  app.add_option("--monitor-url", line.monitor_url,
                 "The page of nginx-rtmp's rtmp_stat, the API of SRS or MediaMTX, the status.json of "
                 "multiconn-origin")
      ->type_name("URL");
  app.add_option("--exec", line.exec,
                 "The program of the monitor exec, and each of its arguments with one more --exec; no shell")
      ->type_name("WORD")
      ->allow_extra_args(false);
  app.add_option("--exec-timeout", line.exec_timeout, "Milliseconds that it may take")
      ->type_name("MS")
      ->check(CLI::Range(std::int64_t{10}, std::int64_t{4000}).description(""))
      ->capture_default_str();
  app.add_option("--rtmp", line.rtmp,
                 "The RTMP server beside the agent, asked for a handshake each second; off: it is not asked; "
                 "default 127.0.0.1:1935")
      ->type_name("HOST:PORT|off");
}

void addListeners(CLI::App& app, Line& line) {
  app.add_option("--agent-check", line.agent_check,
                 "Tell HAProxy's agent-check the weight of this server; without an address: loopback")
      ->type_name("ADDR:PORT");
  tools::addAdminOptions(app, line.admin, "Attributes, metrics and pause");
}

void readListeners(const Line& line, Arguments& arguments, const Warn& warn) {
  arguments.admin = tools::readAdmin(line.admin, warn);
  if (line.agent_check.empty()) return;
  arguments.agent_check = tools::parseListener("--agent-check", line.agent_check);
  if (line.agent_check.find(':') == std::string::npos) arguments.agent_check->host = "127.0.0.1";
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

std::string targetsOf(const WowzaSender& sender, const std::string& app_home) {
  if (!sender.targets.value_or("").empty()) return *sender.targets;
  if (app_home.empty()) return {};
  const auto usual = std::filesystem::path(app_home) / "conf" / "loadbalancertargets.txt";
  return std::filesystem::exists(usual) ? usual.string() : std::string();
}

/// What stands on the command line goes before what Wowza's files say.
void addWowza(Line& line, Arguments& arguments) {
  if (line.wowza_files.empty()) {
    if (!line.app_home.empty()) throw std::runtime_error("--app-home is for --wowza-conf, which is missing");
    return;
  }
  WowzaSender sender =
      wowzaSender(line.wowza_files, line.app_home.empty() ? "." : line.app_home, arguments.warnings);
  ReportingLine& reporting = line.reporting;
  if (reporting.targets.empty()) reporting.targets = targetsOf(sender, line.app_home);
  if (reporting.redirect_addresses.empty() && !sender.redirect_address.value_or("").empty())
    reporting.redirect_addresses = {*sender.redirect_address};
  if (line.monitor.empty()) line.monitor = sender.monitor.value_or("");
  if (!reporting.interval) reporting.interval = sender.interval_ms;
}

Arguments read(Line line) {
  Arguments arguments;
  const Warn warn = [&](const std::string& sentence) { arguments.warnings.push_back(sentence); };
  addWowza(line, arguments);
  arguments.agent = readReporting(line.reporting, {}, warn);
  readMonitor(line, arguments);
  readRtmp(line, arguments);
  readListeners(line, arguments, warn);
  if (!line.reporting.capacity) {
    warn(
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
  app.footer(
      "Example: multiconn-agent --targets targets.txt --redirect-address edge1.example.net --capacity 2000");
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
