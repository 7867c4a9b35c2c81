#pragma once

#include <memory>

#include "chaos/payloads.hpp"
#include "chaos/random.hpp"
#include "chaos/world.hpp"
#include "client/engine.hpp"

namespace multiconn::chaos {

/// What is alive of the client's.
struct Alive {
  int links = 0, timers = 0, tasks = 0;
  /// What a link was given, and what the application adds.
  Payloads payloads;
};

/// A Runtime in the simulated world.
class Engine final : public Runtime::Engine {
 public:
  Engine(World& world, Random random, Alive& alive) : world_(world), random_(random), alive_(alive) {}

  std::shared_ptr<net::Scheduler> makeScheduler() override;
  std::unique_ptr<net::Link> makeLink(net::Scheduler& scheduler, net::LinkTarget target) override;
  std::unique_ptr<net::Fetch> fetch(net::Scheduler& scheduler, net::FetchRequest request,
                                    std::function<void(net::FetchResult)> done) override;
  std::uint32_t random() override { return static_cast<std::uint32_t>(random_.bits()); }

 private:
  World& world_;
  Random random_;
  Alive& alive_;
};

}  // namespace multiconn::chaos
