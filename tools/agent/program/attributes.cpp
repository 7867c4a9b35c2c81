#include "agent/program/attributes.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <cmath>

#include "http/plain_json.hpp"

namespace multiconn::agent {
namespace {

namespace json = boost::json;

double rounded(double value) {
  return std::round(value * 1000) / 1000;
}

json::value countOrNull(const std::optional<std::uint64_t>& count) {
  return count ? json::value(*count) : json::value(nullptr);
}

json::array addressesJson(const std::vector<AgentAddress>& addresses) {
  json::array result;
  for (const AgentAddress& address : addresses) {
    result.push_back(json::object{{"scheme", address.scheme},
                                  {"host", address.host},
                                  {"port", address.port},
                                  {"network", address.network}});
  }
  return result;
}

json::array targetsJson(const std::vector<AgentTargetStatus>& targets) {
  json::array result;
  for (const AgentTargetStatus& target : targets) {
    result.push_back(json::object{{"host", target.host},
                                  {"port", target.port},
                                  {"address", target.address},
                                  {"reports", target.reports},
                                  {"failures", target.failures},
                                  {"trouble", target.trouble}});
  }
  return result;
}

}  // namespace

std::string statusWord(const AgentStatus& status) {
  if (status.state == AgentState::stopping) return "STOPPED";
  if (status.state == AgentState::paused) return "PAUSED";
  return status.healthy ? "RUNNING" : "UNKNOWN";
}

std::string attributesJson(const AgentStatus& status) {
  const AgentLoad& load = status.load;
  return http::plainJson(
      json::object{{"id", status.guid},
                   {"status", statusWord(status)},
                   {"redirect", status.addresses.empty() ? "" : status.addresses.front().host},
                   {"connections", load.connections},
                   {"capacity", load.capacity.value_or(0)},
                   {"load", rounded(status.share)},
                   {"paused", status.state == AgentState::paused},
                   {"healthy", status.healthy},
                   {"trouble", status.trouble},
                   {"monitor", status.monitor},
                   {"accepts", countOrNull(load.accepts)},
                   {"acceptsEstimated", load.accepts_estimated},
                   {"earlyReports", status.early_reports},
                   {"inBits", load.in_bits},
                   {"outBits", load.out_bits},
                   {"bandwidthCapacity", status.bandwidth_capacity},
                   {"connectionBits", status.connection_bits},
                   {"cpu", rounded(load.cpu.value_or(0))},
                   {"bootCounter", status.boot_counter},
                   {"reports", status.reports},
                   {"intervalMs", status.interval.count()},
                   {"addresses", addressesJson(status.addresses)},
                   {"targets", targetsJson(status.targets)}});
}

}  // namespace multiconn::agent
