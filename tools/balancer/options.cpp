#include "balancer/options.hpp"

#include <sys/resource.h>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <charconv>
#include <stdexcept>

#include "balance/policy.hpp"
#include "balancer/wowza_options.hpp"
#include "net/socket.hpp"
#include "program/program.hpp"
#include "program/secret_files.hpp"

namespace multiconn::balancer {
namespace {

/// As they are written on the command line.
struct Line {
  std::vector<std::string> listen, udp, wowza_files;
  std::vector<std::string> redirect_app, redirect_port, redirect_scheme, redirect_on_connect;
  std::string key_file, policy, rtmp_mode = "auto", state_file, app_home;
  tools::AdminLine admin;
  std::string clock_tolerance = "30000";
  std::optional<unsigned> message_timeout;
  std::uint32_t hold_until_edges = 0;
  bool server_info = false;
};

[[noreturn]] void fail(const std::string& sentence) {
  throw std::runtime_error(sentence);
}

void addOptions(CLI::App& app, Line& line) {
  app.add_option("--listen", line.listen,
                 "Clients, by HTTP and RTMP alike; default 1935. Port 0: any free one")
      ->type_name("ADDR:PORT");
  app.add_option("--udp", line.udp, "Reports of the agents; default 1934")->type_name("ADDR:PORT");
  app.add_option("--key-file", line.key_file,
                 "Needed, unless --wowza-conf has a key. Keys of the reports, one a line; several while keys "
                 "are rotated. SIGHUP reads it again")
      ->type_name("FILE");
  app.add_option("--wowza-conf", line.wowza_files,
                 "Wowza's properties of the load balancer; APP: where a module's properties belong")
      ->type_name("[APP=]FILE");
  app.add_option("--app-home", line.app_home, "What ${com.wowza.wms.AppHome} stands for")->type_name("DIR");
  app.add_option("--policy", line.policy, "How an edge is chosen; default least-loaded")->type_name("NAME");
  app.add_option("--message-timeout", line.message_timeout,
                 "An edge that is silent for so many milliseconds is out; default 5000")
      ->type_name("MS")
      ->check(CLI::Range(100, 600000).description(""));
  app.add_option("--hold-until-edges", line.hold_until_edges,
                 "Answer as soon as so many edges have reported, not only 2.7 s after the start")
      ->type_name("N")
      ->check(CLI::Range(0, 16384).description(""));
  app.add_option("--clock-tolerance", line.clock_tolerance,
                 "Milliseconds that an agent's clock may be off, or off: clocks are not compared")
      ->type_name("MS|off")
      ->capture_default_str();
  app.add_option("--state-file", line.state_file,
                 "Keeps, across restarts, what makes replayed reports known, and which edges are paused here")
      ->type_name("FILE");
  app.add_option("--rtmp-mode", line.rtmp_mode, "How RTMP clients get to their edge")
      ->type_name("redirect|relay|auto")
      ->check(CLI::IsMember({"redirect", "relay", "auto"}).description(""))
      ->capture_default_str();
  app.add_option("--redirect-app", line.redirect_app,
                 "Application that clients are sent to; default: the one they asked for. Once one of these "
                 "four is given for an APP, and none for all, other applications are refused")
      ->type_name("[APP=]NAME");
  app.add_option("--redirect-port", line.redirect_port, "Port that clients are sent to; default: the edge's")
      ->type_name("[APP=]PORT");
  app.add_option("--redirect-scheme", line.redirect_scheme, "rtmp or rtmps; default: the one they came by")
      ->type_name("[APP=]SCHEME");
  app.add_option("--redirect-on-connect", line.redirect_on_connect,
                 "false: let clients connect, and answer their call getLoadBalancerRedirect")
      ->type_name("[APP=]true|false");
  app.add_flag("--server-info-xml", line.server_info, "Answer ?serverInfoXML and ?explain=1");
  tools::addAdminOptions(app, line.admin, "Status page, metrics and operations");
}

std::vector<tools::Endpoint> endpoints(const char* option, const std::vector<std::string>& texts) {
  std::vector<tools::Endpoint> result;
  for (const std::string& text : texts) result.push_back(tools::parseListener(option, text));
  return result;
}

// As it stands in a URL, where '?' begins the client's query.
bool isPath(const std::string& text) {
  return std::none_of(text.begin(), text.end(),
                      [](unsigned char c) { return c <= ' ' || c == 0x7F || c == '?'; });
}

/// "[APP=]VALUE"; application names hold no '='.
template <typename Set>
void perApplication(const char* option, const std::vector<std::string>& texts, const char* wanted,
                    RtmpOptions& rtmp, Set set) {
  std::vector<std::string> named;
  for (const std::string& text : texts) {
    const std::size_t equals = text.find('=');
    const std::string app = equals == std::string::npos ? "" : text.substr(0, equals);
    const std::string value = equals == std::string::npos ? text : text.substr(equals + 1);
    if (!isPath(app)) fail(std::string(option) + ": \"" + app + "\" is no application");
    if (std::find(named.begin(), named.end(), app) != named.end()) {
      fail(std::string(option) + " is given twice for " + (app.empty() ? "every application" : app));
    }
    named.push_back(app);
    if (value.empty() || !set(rtmp.applications[app], value)) {
      fail(std::string(option) + ": \"" + value + "\" is not " + wanted);
    }
  }
}

bool setPort(RtmpRedirect& redirect, const std::string& text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  redirect.port = port;
  return error == std::errc() && end == text.data() + text.size() && port != 0;
}

bool setApp(RtmpRedirect& redirect, const std::string& text) {
  redirect.app = text;
  return isPath(text);
}

void refuseRedirectsWithRelay(const Line& line) {
  if (line.rtmp_mode != "relay") return;
  const bool calls = std::any_of(line.redirect_on_connect.begin(), line.redirect_on_connect.end(),
                                 [](const std::string& text) { return text.ends_with("false"); });
  if (calls) fail("--rtmp-mode relay tells no client where to go: --redirect-on-connect false is not for it");
  if (!line.redirect_scheme.empty())
    fail("--rtmp-mode relay carries clients by plain RTMP: --redirect-scheme is not for it");
}

void readRtmp(const Line& line, RtmpOptions& rtmp) {
  rtmp.mode = line.rtmp_mode == "redirect" ? RtmpMode::redirect
              : line.rtmp_mode == "relay"  ? RtmpMode::relay
                                           : RtmpMode::automatic;
  refuseRedirectsWithRelay(line);
  perApplication("--redirect-app", line.redirect_app, "an application, without blanks and '?'", rtmp, setApp);
  perApplication("--redirect-port", line.redirect_port, "a port from 1 to 65535", rtmp, setPort);
  perApplication("--redirect-scheme", line.redirect_scheme, "rtmp or rtmps", rtmp,
                 [](RtmpRedirect& redirect, const auto& value) {
                   redirect.scheme = value;
                   return value == "rtmp" || value == "rtmps";
                 });
  perApplication("--redirect-on-connect", line.redirect_on_connect, "true or false", rtmp,
                 [](RtmpRedirect& redirect, const auto& value) {
                   redirect.on_connect = value == "true";
                   return value == "true" || value == "false";
                 });
}

std::optional<balance::milliseconds> clockTolerance(const std::string& text) {
  if (text == "off") return {};
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 1000 || value > 86'400'000) {
    fail("--clock-tolerance is off, or a number of milliseconds from 1000 to 86400000, not \"" + text + "\"");
  }
  return balance::milliseconds(value);
}

std::string policy(const std::string& name) {
  if (balance::makePolicy(name)) return name;
  std::string known;
  for (const std::string& each : balance::policyNames()) known += (known.empty() ? "" : ", ") + each;
  fail("there is no policy \"" + name + "\", but " + known);
}

// The command line goes before the properties.
void readDispatcher(const Line& line, const WowzaOptions& wowza, BalancerOptions& options) {
  options.dispatcher.policy =
      policy(!line.policy.empty() ? policyOfClass(line.policy) : wowza.policy.value_or("least-loaded"));
  const auto timeout = line.message_timeout ? line.message_timeout : wowza.message_timeout_ms;
  balance::PoolOptions& pool = options.dispatcher.pool;
  if (timeout) pool.message_timeout = balance::milliseconds(*timeout);
  // An edge is known to be silent for a while before it is forgotten.
  pool.forget_after = std::max(pool.forget_after, 2 * pool.message_timeout);
  options.dispatcher.hold_until_edges = line.hold_until_edges;
}

void readPorts(const Line& line, const WowzaOptions& wowza, BalancerOptions& options) {
  options.listen = endpoints("--listen", line.listen);
  options.udp = endpoints("--udp", line.udp);
  if (options.listen.empty()) options.listen = {{{}, 1935}};
  if (!options.udp.empty()) return;
  const std::string host = wowza.udp_address.value_or("*");
  if (host != "*" && !net::Address::numeric(host, 0)) {
    fail("loadBalancerListenerIpAddress: \"" + host + "\" is not a numeric address");
  }
  options.udp = {{host == "*" ? "" : host, wowza.udp_port.value_or(1934)}};
}

WowzaOptions readWowza(const Line& line, std::vector<std::string>& warnings) {
  if (line.wowza_files.empty()) {
    if (!line.app_home.empty()) fail("--app-home is for --wowza-conf, which is missing");
    return {};
  }
  const std::filesystem::path home =
      line.app_home.empty() ? std::filesystem::current_path() : std::filesystem::path(line.app_home);
  const tools::WowzaConf conf = tools::readWowzaFiles(line.wowza_files, home);
  warnings.insert(warnings.end(), conf.warnings.begin(), conf.warnings.end());
  return wowzaOptions(conf);
}

std::vector<std::string> readKeys(const Line& line, const WowzaOptions& wowza,
                                  std::vector<std::string>& warnings) {
  const auto warn = [&warnings](const std::string& sentence) { warnings.push_back(sentence); };
  if (!line.key_file.empty() && wowza.key) {
    fail("both --key-file and loadBalancerListenerKey are given: one of them has to go");
  }
  if (!line.key_file.empty()) return tools::readKeys(line.key_file, warn);
  if (!wowza.key)
    fail("there is no key for the reports: --key-file, or loadBalancerListenerKey in --wowza-conf");
  tools::checkKey(*wowza.key, "loadBalancerListenerKey", warn);
  return {*wowza.key};
}

// A share of the descriptors that the system allows, so that no kind of client takes them all, and no network
// all of a kind.
void fitLimits(BalancerOptions& options) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  const auto fit = [&limit](std::size_t& all, std::size_t& of_network) {
    const std::size_t wanted = all;
    all = std::clamp<std::size_t>(limit.rlim_cur / 4, 16, wanted);
    of_network = of_network * all / wanted;
  };
  fit(options.client_port.max_waiting, options.client_port.max_waiting_per_network);
  fit(options.http.max_connections, options.http.max_per_network);
  fit(options.max_rtmp_connections, options.max_rtmp_per_network);
}

Arguments resolved(const Line& line, const std::string& log_level) {
  Arguments arguments;
  arguments.log_level = log_level;
  BalancerOptions& options = arguments.balancer;
  const WowzaOptions wowza = readWowza(line, arguments.warnings);
  options.keys = readKeys(line, wowza, arguments.warnings);
  readPorts(line, wowza, options);
  readDispatcher(line, wowza, options);
  options.admin = tools::readAdmin(
      line.admin, [&](const std::string& sentence) { arguments.warnings.push_back(sentence); });
  options.rtmp.applications = wowza.applications;
  readRtmp(line, options.rtmp);
  options.clock_tolerance = clockTolerance(line.clock_tolerance);
  options.state_file = line.state_file;
  options.server_info = line.server_info || wowza.server_info.value_or(false);
  fitLimits(options);
  arguments.reload_keys = [line](std::vector<std::string>& warnings) {
    std::vector<std::string> not_of_keys;
    return readKeys(line, readWowza(line, not_of_keys), warnings);
  };
  return arguments;
}

}  // namespace

ParsedArguments parseArguments(int argc, const char* const* argv) {
  CLI::App app{"Sends RTMP and HTTP clients to the edge with the most room; edges report by multiconn-agent.",
               "multiconn-balancer"};
  Line line;
  std::string log_level = "info";
  addOptions(app, line);
  tools::addCommonOptions(app, log_level);
  app.footer("Example: multiconn-balancer --key-file balancer.key --state-file balancer.state --admin 8936");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return {{}, tools::explain(app, error)};
  }
  return {resolved(line, log_level), 0};
}

}  // namespace multiconn::balancer
