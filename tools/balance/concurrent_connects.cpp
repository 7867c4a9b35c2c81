#include "balance/concurrent_connects.hpp"

#include <algorithm>

namespace multiconn::balance {
namespace {

std::uint64_t connects(const Edge& edge) {
  return std::uint64_t{edge.report.connections} + edge.redirects_since_report;
}

}  // namespace

std::optional<std::size_t> ConcurrentConnects::choose(const ServerPool& pool,
                                                      std::span<const std::size_t> candidates, TimePoint,
                                                      Random&) {
  return *std::min_element(candidates.begin(), candidates.end(), [&](std::size_t left, std::size_t right) {
    const Edge &a = pool.edges()[left], &b = pool.edges()[right];
    if (connects(a) != connects(b)) return connects(a) < connects(b);
    return a.guid < b.guid;
  });
}

std::string ConcurrentConnects::explain(const ServerPool&, const Edge& edge, TimePoint) const {
  return std::to_string(edge.report.connections) + " connections + " +
         std::to_string(edge.redirects_since_report) + " redirects since the last report";
}

}  // namespace multiconn::balance
