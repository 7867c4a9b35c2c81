#include "balance/random_choice.hpp"

namespace multiconn::balance {

std::optional<std::size_t> RandomChoice::choose(const ServerPool&, std::span<const std::size_t> candidates,
                                                TimePoint, Random& random) {
  return candidates[static_cast<std::size_t>(random() % candidates.size())];
}

std::string RandomChoice::explain(const ServerPool&, const Edge& edge, TimePoint) const {
  return "at random, " + std::to_string(edge.redirects) + " redirects so far";
}

}  // namespace multiconn::balance
