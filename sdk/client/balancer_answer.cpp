#include "client/balancer_answer.hpp"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <charconv>
#include <utility>

#include "client/sentence.hpp"
#include "net/host_name.hpp"
#include "rtmp/url.hpp"

namespace multiconn {

std::string FoundServer::url(const std::string& app) const {
  rtmp::Url url;
  url.scheme = scheme;
  url.host = host;
  url.port = port;
  url.app = app;
  return url.tcUrl();
}

namespace client {

namespace {

namespace json = boost::json;

constexpr std::size_t most_servers = 16;
constexpr std::size_t longest_id = 64;
constexpr unsigned http_ok = 200;
constexpr std::string_view no_balancer = "It does not answer as a balancer does.";

BalancerAnswer readText(std::string_view text, const std::string& scheme);
BalancerAnswer readJson(const json::object& document, const std::string& scheme);
BalancerAnswer refusal(const net::FetchResult& result);

BalancerAnswer problem(std::string sentence) {
  BalancerAnswer answer;
  answer.problem = std::move(sentence);
  return answer;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n";
  const std::size_t first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::uint16_t defaultPort(const std::string& scheme) {
  const rtmp::UrlResult parsed = rtmp::parseUrl(scheme + "://h/");
  return parsed.url ? parsed.url->port : std::uint16_t{0};
}

bool isEncrypted(const std::string& scheme) {
  return scheme == "rtmps" || scheme == "rtmpts";
}

/// Makes the server one of `wanted`; false when it is not. What a balancer calls rtmp serves the tunneled and
/// scrambled forms at the same port.
bool fits(FoundServer& server, const std::string& wanted) {
  if (server.scheme.empty()) server.scheme = wanted.empty() ? "rtmp" : wanted;
  if (!isRtmpScheme(server.scheme) || !net::isHost(server.host)) return false;
  if (!wanted.empty() && server.scheme != wanted) {
    if (isEncrypted(server.scheme) != isEncrypted(wanted)) return false;
    server.scheme = wanted;
  }
  if (server.port == 0) server.port = defaultPort(server.scheme);
  return true;
}

}  // namespace

std::string balancerParameters(std::size_t count, const std::string& scheme) {
  const std::string known = scheme == "rtmp" || scheme == "rtmps" ? "&scheme=" + scheme : "";
  return "count=" + std::to_string(std::min(count, most_servers)) + "&format=json" + known;
}

bool isRtmpScheme(const std::string& scheme) {
  return defaultPort(scheme) != 0;
}

BalancerAnswer readBalancerAnswer(const net::FetchResult& result, const std::string& scheme) {
  if (result.status == 0) {
    BalancerAnswer failed = problem(sentence(result.failure.text));
    failed.final = result.failure.final;
    return failed;
  }
  if (result.status != http_ok) return refusal(result);
  const std::string_view text = trimmed(result.body);
  if (!text.starts_with('{')) return readText(text, scheme);
  boost::system::error_code error;
  const json::value document = json::parse({text.data(), text.size()}, error);
  if (error || !document.is_object()) return problem(std::string(no_balancer));
  return readJson(document.get_object(), scheme);
}

namespace {

/// "10.0.0.5", "10.0.0.5:1936", "[2001:db8::1]:1936", "2001:db8::1".
bool parseAddress(std::string_view text, FoundServer& server) {
  std::string_view port;
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return false;
    server.host = text.substr(1, end - 1);
    if (server.host.find(':') == std::string::npos) return false;
    port = text.substr(end + 1);
  } else {
    const std::size_t colon = text.find(':');
    const bool has_port = colon != std::string_view::npos && colon == text.rfind(':');
    server.host = text.substr(0, has_port ? colon : text.size());
    if (has_port) port = text.substr(colon);
  }
  if (port.empty()) return true;
  const auto [end, error] = std::from_chars(port.data() + 1, port.data() + port.size(), server.port);
  return port.front() == ':' && error == std::errc() && end == port.data() + port.size() && server.port != 0;
}

/// "redirect=A&redirect=B", "redirect=unknown". The original gives one, whatever count says.
BalancerAnswer readText(std::string_view text, const std::string& scheme) {
  constexpr std::string_view key = "redirect=";
  BalancerAnswer answer;
  while (answer.servers.size() < most_servers) {
    const std::size_t end = text.find('&');
    const std::string_view part = text.substr(0, end);
    if (!part.starts_with(key)) return problem(std::string(no_balancer));
    const std::string_view address = part.substr(key.size());
    if (address == "unknown") return problem("It knows no server that can take a client.");
    FoundServer server;
    if (!parseAddress(address, server) || !fits(server, scheme))
      return problem("What it names is no server.");
    answer.servers.push_back(std::move(server));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return answer;
}

std::string textOf(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains({name.data(), name.size()});
  const json::string* text = value ? value->if_string() : nullptr;
  return text ? std::string(text->data(), text->size()) : std::string();
}

/// What may be shown of a peer's word.
std::string printable(std::string text) {
  const auto harmless = [](char c) { return c > ' ' && c < 0x7F; };
  std::replace_if(
      text.begin(), text.end(), [&](char c) { return !harmless(c); }, ' ');
  return text.substr(0, longest_id);
}

bool readPort(const json::object& object, FoundServer& server) {
  const json::value* port = object.if_contains("port");
  if (!port || port->is_null()) return true;
  boost::system::error_code error;
  server.port = port->to_number<std::uint16_t>(error);
  return !error;
}

bool readServer(const json::value& entry, const std::string& scheme, FoundServer& server) {
  const json::object* object = entry.if_object();
  if (!object) return false;
  server.host = textOf(*object, "host");
  server.scheme = textOf(*object, "scheme");
  server.server_id = printable(textOf(*object, "serverId"));
  if (const json::value* load = object->if_contains("load"); load && load->is_number()) {
    boost::system::error_code error;
    const double value = load->to_number<double>(error);
    if (!error) server.load = value;
  }
  return readPort(*object, server) && fits(server, scheme);
}

BalancerAnswer readJson(const json::object& document, const std::string& scheme) {
  const json::value* servers = document.if_contains("servers");
  const json::array* list = servers ? servers->if_array() : nullptr;
  if (!list) return problem(std::string(no_balancer));
  if (list->empty()) return problem("It knows no server that can take a client.");
  BalancerAnswer answer;
  answer.counts = true;
  for (const json::value& entry : *list) {
    FoundServer server;
    if (readServer(entry, scheme, server)) answer.servers.push_back(std::move(server));
    if (answer.servers.size() == most_servers) break;
  }
  if (answer.servers.empty())
    return problem(scheme.empty() ? "What it names is no server."
                                  : "What it names is no server for " + scheme + ".");
  return answer;
}

/// 503 comes with the reason of a balancer that works and has nobody to send a client to.
BalancerAnswer refusal(const net::FetchResult& result) {
  boost::system::error_code error;
  const json::value document = json::parse({result.body.data(), result.body.size()}, error);
  std::string reason;
  if (const json::object* object = error ? nullptr : document.if_object()) {
    reason = textOf(*object, "reason");
    if (reason.empty()) reason = textOf(*object, "error");
  }
  reason = printable(std::move(reason));
  std::replace(reason.begin(), reason.end(), '_', ' ');
  if (result.status == 503 && !reason.empty()) return problem("It has no server to name: " + reason + ".");
  return problem("It answered with HTTP status " + std::to_string(result.status) + ".");
}

}  // namespace
}  // namespace client
}  // namespace multiconn
