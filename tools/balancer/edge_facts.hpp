#pragma once

#include <string>

#include "balance/server_pool.hpp"

namespace multiconn::balancer {

/// What people read about an edge: in logs, documents and on the status page.

/// The first of its addresses, as it stands in a URL.
std::string shownAddress(const balance::Edge& edge);
balance::milliseconds ageOf(const balance::Edge& edge, balance::TimePoint now);
/// Why it is sent no clients; "" when it is.
std::string whyOut(const balance::ServerPool& pool, const balance::Edge& edge, balance::TimePoint now);
/// running, paused, stopped, unhealthy or silent.
std::string_view wordOf(balance::EdgeStatus status);
constexpr std::size_t edge_status_count = 5;

}  // namespace multiconn::balancer
