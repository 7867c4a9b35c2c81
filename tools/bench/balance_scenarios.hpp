#pragma once

#include <string>
#include <vector>

#include "balance_world.hpp"

namespace multiconn::bench {

/// What one figure of a scenario may be at most, or, with `above`, has to exceed.
struct Bound {
  std::string figure;
  double (*value)(const WorldResult&);
  double gate;
  bool above = false;

  bool keptBy(double measured) const { return above ? measured > gate : measured <= gate; }
};

/// A world and what is expected of it.
struct Scenario {
  std::string name;   ///< as --scenario takes it
  std::string title;  ///< one line
  WorldOptions world;
  std::vector<Bound> bounds;
};

/// All of them. Those whose name begins with "control" use policies that balance badly, and have to show it.
std::vector<Scenario> scenarios();

/// Least connections by the last reports alone: what a control uses. Makes its name known to makePolicy().
void registerBlindPolicy();

}  // namespace multiconn::bench
