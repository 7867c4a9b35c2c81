#include "balancer/answers.hpp"

#include <boost/json/value.hpp>
#include <pugixml.hpp>

#include <sstream>

#include "balancer/edge_facts.hpp"
#include "http/plain_json.hpp"

namespace multiconn::balancer {

namespace json = boost::json;

namespace {

std::uint16_t defaultPort(std::string_view scheme) {
  return scheme == "http" ? 80 : scheme == "rtmps" ? 443 : 1935;
}

void appendAuthority(std::string& out, const balance::RedirectAddress& address) {
  const bool ipv6 = address.host.find(':') != std::string::npos;
  if (ipv6) out += '[';
  out += address.host;
  if (ipv6) out += ']';
  if (portOf(address) == defaultPort(address.scheme)) return;
  out += ':';
  out += std::to_string(address.port);
}

json::object toJson(const balance::Chosen& chosen) {
  return {{"host", chosen.address.host},
          {"port", portOf(chosen.address)},
          {"scheme", chosen.address.scheme},
          {"serverId", chosen.guid.text()},
          {"load", chosen.load}};
}

void addServer(pugi::xml_node parent, const balance::ServerPool& pool, const balance::Edge& edge,
               balance::TimePoint now) {
  pugi::xml_node server = parent.append_child("LoadBalancerServer");
  const auto add = [&server](const char* name, const auto& value) {
    server.append_child(name).text().set(value);
  };
  const balance::LoadReport& report = edge.report;
  add("serverId", edge.guid.text().c_str());
  add("status", std::string(balance::nameOf(pool.status(edge, now))).c_str());
  add("redirect", shownAddress(edge).c_str());
  add("connectCount", report.connections);
  add("redirectCount", edge.redirects_since_report);
  add("lastMessage", (std::to_string(ageOf(edge, now).count()) + " milliseconds").c_str());
  add("connectCapacity", report.connection_capacity);
  add("redirectTotal", static_cast<unsigned long long>(edge.redirects));
  add("inRate", static_cast<unsigned long long>(report.in_bits));
  add("outRate", static_cast<unsigned long long>(report.out_bits));
  add("cpu", report.cpu);
}

}  // namespace

std::string authorityOf(const balance::RedirectAddress& address) {
  std::string text;
  appendAuthority(text, address);
  return text;
}

std::uint16_t portOf(const balance::RedirectAddress& address) {
  return address.port != 0 ? address.port : defaultPort(address.scheme);
}

std::string_view nameOf(balance::NoEdge reason) {
  switch (reason) {
    case balance::NoEdge::none:
      return "none";
    case balance::NoEdge::starting:
      return "starting";
    case balance::NoEdge::no_edges:
      return "no_edges";
    case balance::NoEdge::all_full:
      break;
  }
  return "all_full";
}

void appendText(std::string& out, const balance::Answer& answer) {
  if (answer.chosen.empty()) {
    out += "redirect=unknown";
    return;
  }
  bool first = true;
  for (const balance::Chosen& chosen : answer.chosen) {
    out += first ? "redirect=" : "&redirect=";
    appendAuthority(out, chosen.address);
    first = false;
  }
}

std::string toJson(const balance::Answer& answer) {
  json::object document;
  if (answer.chosen.empty()) {
    const std::string_view reason = nameOf(answer.reason);
    document["reason"] = json::string_view(reason.data(), reason.size());
    if (answer.retry_after.count() > 0) document["retryAfterMs"] = answer.retry_after.count();
    return http::plainJson(document);
  }
  document = toJson(answer.chosen.front());
  json::array servers;
  for (const balance::Chosen& chosen : answer.chosen) servers.push_back(toJson(chosen));
  document["servers"] = std::move(servers);
  return http::plainJson(document);
}

std::string locationOf(const balance::Chosen& chosen, const LookUpQuery& query) {
  std::string url = chosen.address.scheme + "://" + authorityOf(chosen.address) + query.path;
  if (!query.query.empty()) url += "?" + query.query;
  return url;
}

std::string serverInfoXml(const balance::ServerPool& pool, balance::TimePoint now) {
  pugi::xml_document document;
  pugi::xml_node declaration = document.append_child(pugi::node_declaration);
  declaration.append_attribute("version") = "1.0";
  declaration.append_attribute("encoding") = "UTF-8";
  const pugi::xml_node root = document.append_child("LoadBalancerServerInfo");
  for (const balance::Edge& edge : pool.edges()) addServer(root, pool, edge, now);
  std::ostringstream text;
  document.save(text, "", pugi::format_raw);
  return text.str();
}

std::string explain(const balance::ServerPool& pool, const balance::Policy& policy, balance::TimePoint now) {
  std::string text;
  for (const balance::Edge& edge : pool.edges()) {
    text += edge.guid.text() + " " + shownAddress(edge) + " ";
    if (pool.eligible(edge, now)) {
      text += policy.explain(pool, edge, now);
    } else {
      text += "out: " + whyOut(pool, edge, now);
    }
    text += "\n";
  }
  return text.empty() ? "no edge has reported\n" : text;
}

}  // namespace multiconn::balancer
