#pragma once

#include "balance/policy.hpp"

namespace multiconn::balance {

/// Any, each as likely, whatever its load or capacity.
class RandomChoice : public Policy {
 public:
  std::optional<std::size_t> choose(const ServerPool& pool, std::span<const std::size_t> candidates,
                                    TimePoint now, Random& random) override;
  std::string explain(const ServerPool& pool, const Edge& edge, TimePoint now) const override;
};

}  // namespace multiconn::balance
