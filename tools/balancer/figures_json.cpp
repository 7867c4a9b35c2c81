#include <boost/json/value.hpp>

#include "balancer/answers.hpp"
#include "balancer/edge_facts.hpp"
#include "balancer/figures.hpp"
#include "http/plain_json.hpp"

namespace multiconn::balancer {

namespace json = boost::json;

namespace {

json::string text(std::string_view view) {
  return json::string(view.data(), view.size());
}

json::array addressesOf(const balance::LoadReport& report) {
  json::array addresses;
  for (const balance::RedirectAddress& address : report.addresses) {
    json::object entry{{"scheme", address.scheme}, {"host", address.host}, {"port", portOf(address)}};
    if (!address.network.empty()) entry["network"] = address.network;
    addresses.push_back(std::move(entry));
  }
  return addresses;
}

json::object serverOf(const EdgeDirectory& edges, const balance::Edge& edge, balance::TimePoint now) {
  const balance::LoadReport& report = edge.report;
  json::object server{
      {"id", edge.guid.text()},
      {"redirect", shownAddress(edge)},
      {"addresses", addressesOf(report)},
      {"status", text(wordOf(edges.pool().status(edge, now)))},
      {"why", whyOut(edges.pool(), edge, now)},
      {"paused_here", edge.paused_here},
      {"duplicate_guid", edges.isDuplicated(edge.guid, now)},
      {"connections", report.connections},
      {"capacity", report.connection_capacity},
      {"load", static_cast<double>(report.connections) / report.connection_capacity},
      {"pending", edge.pending_sum},
      {"redirects", edge.redirects},
      {"reports", edge.reports},
      {"in_bits", report.in_bits},
      {"out_bits", report.out_bits},
      {"bandwidth_capacity", report.bandwidth_capacity},
      {"cpu", report.cpu},
      {"last_report_ms", ageOf(edge, now).count()},
      {"interval_ms", report.interval.count()},
      {"early_reports", report.early_reports},
      {"balancers", report.targets},
  };
  if (report.accepts) server["accepts"] = *report.accepts;
  return server;
}

/// One that is paused here and has not reported since the start. What only a report would tell is left out.
json::object serverOf(const EdgeDirectory& edges, const balance::Guid& guid, balance::TimePoint now) {
  return {
      {"id", guid.text()},
      {"redirect", ""},
      {"addresses", json::array()},
      {"status", text(wordOf(balance::EdgeStatus::paused))},
      {"why", "paused at this balancer, and no report since its start"},
      {"paused_here", true},
      {"duplicate_guid", edges.isDuplicated(guid, now)},
      {"pending", 0},
      {"redirects", 0},
      {"reports", 0},
  };
}

json::object refusalsOf(const DirectoryCounts& counts) {
  json::object refusals;
  for (std::size_t i = 0; i < counts.refusals.size(); ++i) {
    refusals[balance::nameOf(static_cast<balance::Refusal>(i))] = counts.refusals[i];
  }
  return refusals;
}

json::object balancerOf(const Figures& figures, const EdgeDirectory& edges, balance::TimePoint now) {
  const DirectoryCounts& counts = edges.counts();
  json::array listening;
  for (const std::string& line : figures.listening) listening.push_back(json::value(line));
  return {
      {"version", MULTICONN_VERSION},
      {"uptime_ms", std::chrono::duration_cast<balance::milliseconds>(now - figures.started).count()},
      {"state", figures.starting ? "starting" : "running"},
      {"policy", figures.policy},
      {"rtmp_mode", figures.rtmp_mode},
      {"message_timeout_ms", figures.message_timeout.count()},
      {"server_info_xml", figures.server_info},
      {"operations", figures.operations},
      {"listening", std::move(listening)},
      {"arrival_ratio", edges.pool().arrivalRatio()},
      {"reports", counts.reports},
      {"reports_dropped", figures.reports_dropped},
      {"refused", counts.refused()},
      {"refusals", refusalsOf(counts)},
      {"duplicate_guids", edges.duplicates(now)},
      {"look_ups", counts.lookUps()},
      {"redirects", counts.redirects},
      {"http_connections", figures.http_connections},
      {"rtmp_connections", figures.rtmp_connections},
      {"relayed", figures.rtmp.relayed},
      {"waiting_connections", figures.clients.waiting},
      {"state_file_failures", figures.state_failures},
  };
}

}  // namespace

std::string serversJson(const Figures& figures, const EdgeDirectory& edges, balance::TimePoint now) {
  json::array servers;
  for (const balance::Edge& edge : edges.pool().edges()) servers.push_back(serverOf(edges, edge, now));
  for (const balance::Guid& guid : edges.pool().expectedPaused())
    servers.push_back(serverOf(edges, guid, now));
  return http::plainJson(
             json::object{{"balancer", balancerOf(figures, edges, now)}, {"servers", std::move(servers)}}) +
         "\n";
}

std::string historyJson(const History& history, balance::TimePoint now) {
  json::array samples;
  for (const History::Sample& sample : history.samples()) {
    samples.push_back(
        json::object{{"age_ms", std::chrono::duration_cast<balance::milliseconds>(now - sample.time).count()},
                     {"mean_load", sample.mean_load},
                     {"max_load", sample.max_load},
                     {"min_load", sample.min_load},
                     {"edges", sample.edges},
                     {"redirects_per_second", sample.redirects_per_second}});
  }
  return http::plainJson(json::object{{"samples", std::move(samples)}}) + "\n";
}

}  // namespace multiconn::balancer
