#include "agent/redirect_address.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <stdexcept>

#include "balance/load_report.hpp"
#include "balance/network.hpp"

namespace multiconn::agent {
namespace {

[[noreturn]] void refuse(std::string_view text) {
  throw std::invalid_argument("the redirect address \"" + std::string(text) +
                              "\" is not [SCHEME://]HOST[:PORT][@NETWORK]");
}

std::uint16_t parsePort(std::string_view digits, std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc() || end != digits.data() + digits.size() || port == 0) refuse(text);
  return port;
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return text;
}

/// RFC 6761 6.3, and the names that the hosts files of Debian and Red Hat have for loopback.
bool namesThisMachine(std::string_view host) {
  if (host.ends_with('.')) host.remove_suffix(1);
  constexpr std::array names = {"localhost",
                                "localhost.localdomain",
                                "localhost4",
                                "localhost6",
                                "localhost4.localdomain4",
                                "localhost6.localdomain6",
                                "ip6-localhost",
                                "ip6-loopback"};
  return host.ends_with(".localhost") || std::find(names.begin(), names.end(), host) != names.end();
}

/// 127.0.0.0/8, ::1, 0.0.0.0 and ::, however they are written.
bool isThisMachine(const std::string& host) {
  const auto address = balance::parseIpAddress(host);
  if (!address) return false;
  constexpr std::array<const char*, 4> networks = {"127.0.0.0/8", "::1", "0.0.0.0", "::"};
  return std::any_of(networks.begin(), networks.end(),
                     [&](const char* network) { return balance::parseNetwork(network)->contains(*address); });
}

}  // namespace

AgentAddress parseRedirectAddress(std::string_view text) {
  AgentAddress address;
  std::string_view rest = text;
  if (const std::size_t at = rest.find("://"); at != std::string_view::npos) {
    address.scheme = lower(std::string(rest.substr(0, at)));
    rest.remove_prefix(at + 3);
  }
  if (const std::size_t at = rest.rfind('@'); at != std::string_view::npos) {
    address.network = std::string(rest.substr(at + 1));
    if (address.network.empty()) refuse(text);
    rest = rest.substr(0, at);
  }
  if (rest.starts_with('[')) {
    const std::size_t close = rest.find(']');
    if (close == std::string_view::npos) refuse(text);
    address.host = std::string(rest.substr(1, close - 1));
    if (address.host.find(':') == std::string::npos) refuse(text);
    rest.remove_prefix(close + 1);
    if (!rest.empty() && rest.front() != ':') refuse(text);
    if (!rest.empty()) address.port = parsePort(rest.substr(1), text);
  } else {
    // Several colons are an IPv6 address without a port.
    const std::size_t colon = rest.find(':');
    const bool has_port =
        colon != std::string_view::npos && rest.find(':', colon + 1) == std::string_view::npos;
    address.host = std::string(rest.substr(0, has_port ? colon : rest.size()));
    if (has_port) address.port = parsePort(rest.substr(colon + 1), text);
  }
  const bool known = address.scheme == "rtmp" || address.scheme == "rtmps" || address.scheme == "http";
  if (!known || !balance::isRedirectHost(address.host)) refuse(text);
  return address;
}

void refuseLoopback(const AgentAddress& address) {
  const std::string host = lower(address.host);
  if (namesThisMachine(host) || isThisMachine(host))
    throw std::invalid_argument("the redirect address \"" + address.host +
                                "\" would send every client to its own machine: give the name or address by "
                                "which clients reach this server");
}

}  // namespace multiconn::agent
