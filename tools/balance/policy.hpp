#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "balance/server_pool.hpp"

namespace multiconn::balance {

/// Chooses an edge for one client. May keep state of its own (a position, say); is asked from one thread.
class Policy {
 public:
  virtual ~Policy() = default;
  /// One of `candidates` (indices into pool.edges(), every one eligible, at least one), or nothing when all
  /// are full. The caller counts the redirect.
  virtual std::optional<std::size_t> choose(const ServerPool& pool, std::span<const std::size_t> candidates,
                                            TimePoint now, Random& random) = 0;
  /// How this policy sees an edge at the moment: "load 0.31", for ?explain=1.
  virtual std::string explain(const ServerPool& pool, const Edge& edge, TimePoint now) const = 0;
};

using PolicyFactory = std::function<std::unique_ptr<Policy>()>;

/// The policies by name, sorted: concurrent-connects, least-loaded (the default), random, round-robin, and
/// those that were registered.
std::vector<std::string> policyNames();
/// Nothing: there is none of that name.
std::unique_ptr<Policy> makePolicy(std::string_view name);
/// Before makePolicy(), from one thread. A name that is taken is replaced.
void registerPolicy(std::string name, PolicyFactory factory);

}  // namespace multiconn::balance
