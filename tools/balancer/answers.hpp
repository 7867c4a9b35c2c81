#pragma once

#include <string>
#include <string_view>

#include "balance/dispatcher.hpp"
#include "balancer/look_up_query.hpp"

namespace multiconn::balancer {

/// What clients are told, as text. All of it is pure.

/// Host and port as they stand in a URL: IPv6 in brackets, no port where it is the scheme's own.
std::string authorityOf(const balance::RedirectAddress& address);
/// The scheme's own where none was given: rtmp 1935, rtmps 443, http 80.
std::uint16_t portOf(const balance::RedirectAddress& address);
/// starting, no_edges, all_full.
std::string_view nameOf(balance::NoEdge reason);

/// `redirect=A&redirect=B`, or `redirect=unknown`.
void appendText(std::string& out, const balance::Answer& answer);

/// {"host","port","scheme","serverId","load"} of the best, and "servers": those of all, best first; or
/// {"error":REASON} and, at the start, "retryAfterMs".
std::string toJson(const balance::Answer& answer);

/// Where an HTTP player goes on.
std::string locationOf(const balance::Chosen& chosen, const LookUpQuery& query);

/// The <LoadBalancerServerInfo> document.
std::string serverInfoXml(const balance::ServerPool& pool, balance::TimePoint now);

/// A line for each edge: its score, or why it is out.
std::string explain(const balance::ServerPool& pool, const balance::Policy& policy, balance::TimePoint now);

}  // namespace multiconn::balancer
