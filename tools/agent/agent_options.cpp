#include "agent/agent_options.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>

#include "agent/targets_watch.hpp"
#include "balance/network.hpp"

namespace multiconn::agent {
namespace {

using std::chrono::milliseconds;

constexpr std::chrono::minutes longest_period{10};
constexpr std::size_t max_addresses = 8, max_targets = 255, min_key = 8, max_key = 256;

[[noreturn]] void refuse(const std::string& what) {
  throw std::runtime_error(what);
}

balance::RedirectAddress checked(const AgentAddress& address) {
  if (address.scheme != "rtmp" && address.scheme != "rtmps" && address.scheme != "http")
    refuse("a redirect address has the scheme rtmp, rtmps or http");
  if (!balance::isRedirectHost(address.host))
    refuse("the redirect address \"" + address.host + "\" is no name and no numeric address");
  return {address.scheme, address.host, address.port, address.network};
}

/// Networks and ports as well: rather now than with the first report.
void requireEncodable(const std::vector<balance::RedirectAddress>& addresses) {
  balance::LoadReport report;
  report.addresses = addresses;
  report.accepts = 0;  // not in every report
  try {
    balance::encode(report);
  } catch (const std::invalid_argument& error) {
    refuse(std::string("the redirect addresses cannot be reported: ") + error.what());
  }
}

bool isSameNetwork(const std::string& left, const std::string& right) {
  const auto a = balance::parseNetwork(left), b = balance::parseNetwork(right);
  if (!a || !b) return left == right;
  return a->prefix_bits == b->prefix_bits && a->contains(b->address);
}

/// A client is sent to one address: of two for the same clients one would never be used.
void requireDistinct(const std::vector<balance::RedirectAddress>& addresses) {
  for (auto one = addresses.begin(); one != addresses.end(); ++one) {
    const bool twice = std::any_of(addresses.begin(), one, [&](const auto& other) {
      return other.scheme == one->scheme && isSameNetwork(other.network, one->network);
    });
    if (twice)
      refuse("there are two redirect addresses of the scheme " + one->scheme + " for " +
             (one->network.empty() ? "everybody" : "clients in " + one->network));
  }
}

balance::Target checked(const AgentTarget& target) {
  if (target.host.empty() || target.port == 0) refuse("a target needs a host and a port");
  if (target.key.size() < min_key || target.key.size() > max_key)
    refuse("the key of the target " + target.host + " has to be 8 to 256 characters long");
  return {target.host, target.port, target.key};
}

}  // namespace

ReporterOptions reporterOptions(const AgentOptions& options) {
  if (options.addresses.empty()) refuse("an agent needs a redirect address: where clients are sent");
  if (options.addresses.size() > max_addresses) refuse("an agent has at most 8 redirect addresses");
  if (options.capacity == 0) refuse("the capacity has to be at least 1 connection");
  if (options.bandwidth_capacity > balance::max_bits)
    refuse("the bandwidth capacity has to be at most " + std::to_string(balance::max_bits) +
           " bits per second");
  if (options.interval < milliseconds(100) || options.interval > longest_period)
    refuse("the interval of reports has to be from 100 ms to 10 minutes");
  if (options.health_period < milliseconds(1) || options.health_period > longest_period)
    refuse("the period of health checks has to be from 1 ms to 10 minutes");
  if (options.health_timeout <= milliseconds(0) || options.health_timeout > milliseconds(1000))
    refuse("the deadline of a health check has to be from 1 to 1000 ms");
  if (options.guid_file.empty()) refuse("an agent needs a GUID file");
  ReporterOptions result;
  for (const AgentAddress& address : options.addresses) result.addresses.push_back(checked(address));
  requireEncodable(result.addresses);
  requireDistinct(result.addresses);
  result.capacity = options.capacity;
  result.bandwidth_capacity = options.bandwidth_capacity;
  result.interval = options.interval;
  result.early_reports = options.early_reports;
  result.asks_server = !options.rtmp_host.empty();
  return result;
}

std::vector<balance::Target> targetsOf(const AgentOptions& options) {
  if (options.targets_file.empty() == options.targets.empty())
    refuse("an agent needs a targets file or a list of targets, and not both");
  if (!options.targets_file.empty()) return readTargets(options.targets_file);
  if (options.targets.size() > max_targets) refuse("an agent has at most 255 targets");
  std::vector<balance::Target> targets;
  for (const AgentTarget& target : options.targets) targets.push_back(checked(target));
  return targets;
}

}  // namespace multiconn::agent
