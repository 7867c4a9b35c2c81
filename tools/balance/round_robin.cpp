#include "balance/round_robin.hpp"

#include <algorithm>

namespace multiconn::balance {

std::optional<std::size_t> RoundRobin::choose(const ServerPool& pool, std::span<const std::size_t> candidates,
                                              TimePoint, Random&) {
  // The next id after the last one; after the highest comes the lowest.
  const auto next =
      *std::min_element(candidates.begin(), candidates.end(), [&](std::size_t left, std::size_t right) {
        const Guid &a = pool.edges()[left].guid, &b = pool.edges()[right].guid;
        const bool a_wraps = last_ && a <= *last_, b_wraps = last_ && b <= *last_;
        return a_wraps != b_wraps ? b_wraps : a < b;
      });
  last_ = pool.edges()[next].guid;
  return next;
}

std::string RoundRobin::explain(const ServerPool&, const Edge& edge, TimePoint) const {
  return "in turn, " + std::to_string(edge.redirects) + " redirects so far";
}

}  // namespace multiconn::balance
