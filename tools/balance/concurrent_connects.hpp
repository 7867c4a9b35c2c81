#pragma once

#include "balance/policy.hpp"

namespace multiconn::balance {

/// Wowza's LoadBalancerRedirectorConcurrentConnects: the fewest connections, plus what this balancer has sent
/// since the last report; ties by server id. Knows no capacities: nobody is ever full.
class ConcurrentConnects : public Policy {
 public:
  std::optional<std::size_t> choose(const ServerPool& pool, std::span<const std::size_t> candidates,
                                    TimePoint now, Random& random) override;
  std::string explain(const ServerPool& pool, const Edge& edge, TimePoint now) const override;
};

}  // namespace multiconn::balance
