#pragma once

#include <map>
#include <memory>
#include <string>

#include "client/engine.hpp"
#include "support/simulated_link.hpp"
#include "support/simulated_loop.hpp"
#include "support/simulated_server.hpp"
#include "support/simulated_web.hpp"

namespace multiconn::test {

/// The world of one test: simulated time, and servers by host name. Outlives the Runtime that runs on it.
class SimulatedWorld {
 public:
  SimulatedWorld() = default;
  ~SimulatedWorld() { loop.clear(); }
  SimulatedWorld(const SimulatedWorld&) = delete;
  SimulatedWorld& operator=(const SimulatedWorld&) = delete;

  SimulatedLoop loop;
  SimulatedWeb web{loop};
  /// The server that links to this host meet; made on first use.
  SimulatedServer& server(const std::string& host, Script script = {});
  std::unique_ptr<Runtime::Engine> makeEngine();
  /// Null when there is none of this name.
  SimulatedServer* find(const std::string& host);

 private:
  std::map<std::string, std::unique_ptr<SimulatedServer>> servers_;
};

}  // namespace multiconn::test
