#pragma once

#include "balance/policy.hpp"

namespace multiconn::balance {

/// The edge with the smallest share of its capacity in use, counting the clients that are on their way there
/// from this balancer and, by ServerPool::arrivalRatio(), from others. Stateless; allocates nothing per
/// choice. docs/policies.md says why each rule is there.
class LeastLoaded : public Policy {
 public:
  std::optional<std::size_t> choose(const ServerPool& pool, std::span<const std::size_t> candidates,
                                    TimePoint now, Random& random) override;
  std::string explain(const ServerPool& pool, const Edge& edge, TimePoint now) const override;

  /// The larger of the shares of connections and bandwidth, and a penalty above 85 % CPU; 1 is full.
  static double load(const ServerPool& pool, const Edge& edge);
  /// Silent while clients that this balancer sent should have shown up: it may be dead.
  static bool suspect(const ServerPool& pool, const Edge& edge, TimePoint now);
};

}  // namespace multiconn::balance
