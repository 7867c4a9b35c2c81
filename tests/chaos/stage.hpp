#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "chaos/complaints.hpp"
#include "chaos/engine.hpp"
#include "chaos/ledger.hpp"
#include "chaos/plan.hpp"
#include "chaos/random.hpp"
#include "chaos/run.hpp"
#include "chaos/site.hpp"
#include "chaos/world.hpp"

namespace multiconn::chaos {

/// Where a run takes place: the servers and what befalls them, what is known of the client, what is wrong.
struct Stage {
  Stage(std::uint64_t seed, bool tell);

  Site& addSite(bool touched);
  /// From now on.
  void scheduleFaults(Site& site);
  Site& site(ServerId id);

  Random random;
  Plan plan;
  Ledger ledger;
  Alive alive;
  World world;
  std::vector<std::unique_ptr<Site>> sites;
  Complaints complaints;
  RunResult sum;
  net::TimePoint healed_at{};  ///< when the last fault is over
};

}  // namespace multiconn::chaos
