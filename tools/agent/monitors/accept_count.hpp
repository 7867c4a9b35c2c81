#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <unordered_set>
#include <vector>

namespace multiconn::agent {

/// A server's counter of accepted connections without the agent's own.
class AcceptCount {
 public:
  /// `counter` grows, and where it has fallen the server has started again. `probes` has those that the
  /// server is yet to count, and falls when one of them failed.
  std::uint64_t read(std::uint64_t counter, std::uint64_t probes) {
    const bool restarted = counter < counter_;
    const auto accepted = static_cast<std::int64_t>(restarted ? counter : counter - counter_);
    const auto probed = static_cast<std::int64_t>(probes - probes_);
    const std::int64_t clients = restarted ? accepted : accepted - probed + owed_;
    owed_ = std::min<std::int64_t>(clients, 0);
    total_ += static_cast<std::uint64_t>(std::max<std::int64_t>(clients, 0));
    counter_ = counter;
    probes_ = probes;
    return total_;
  }

 private:
  std::uint64_t counter_ = 0, probes_ = 0, total_ = 0;
  std::int64_t owed_ = 0;
};

/// Counts clients by the ids that a server lists: those which were not there the time before.
template <class Id>
class NewcomerCount {
 public:
  std::uint64_t read(const std::vector<Id>& present) {
    std::unordered_set<Id> now(present.begin(), present.end());
    for (const Id& id : now) total_ += known_.count(id) == 0 ? 1U : 0U;
    known_ = std::move(now);
    return total_;
  }

 private:
  std::unordered_set<Id> known_;
  std::uint64_t total_ = 0;
};

}  // namespace multiconn::agent
