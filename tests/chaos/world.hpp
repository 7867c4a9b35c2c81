#pragma once

#include <map>
#include <memory>
#include <string>

#include "chaos/server.hpp"
#include "support/simulated_loop.hpp"
#include "support/simulated_web.hpp"

namespace multiconn::chaos {

/// Servers by host name, and time.
struct World {
  World() = default;
  ~World() { loop.clear(); }
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  test::SimulatedLoop loop;
  test::SimulatedWeb web{loop};
  /// Several names may lead to one.
  std::map<std::string, std::shared_ptr<Server>> servers;
};

}  // namespace multiconn::chaos
