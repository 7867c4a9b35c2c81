#pragma once

#include "balance/policy.hpp"

namespace multiconn::balance {

/// Each in turn, by server id, whatever its load or capacity. An edge that leaves or returns does not
/// disturb the order of the others.
class RoundRobin : public Policy {
 public:
  std::optional<std::size_t> choose(const ServerPool& pool, std::span<const std::size_t> candidates,
                                    TimePoint now, Random& random) override;
  std::string explain(const ServerPool& pool, const Edge& edge, TimePoint now) const override;

 private:
  std::optional<Guid> last_;
};

}  // namespace multiconn::balance
