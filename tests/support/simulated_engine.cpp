#include "support/simulated_engine.hpp"

namespace multiconn::test {

namespace {

class SimulatedEngine final : public Runtime::Engine {
 public:
  explicit SimulatedEngine(SimulatedWorld& world) : world_(world) {}

  std::shared_ptr<net::Scheduler> makeScheduler() override {
    return std::make_shared<SimulatedScheduler>(world_.loop);
  }
  std::unique_ptr<net::Link> makeLink(net::Scheduler&, net::LinkTarget target) override {
    return std::make_unique<SimulatedLink>(world_.loop, world_.find(target.url.host),
                                           target.connect_patience);
  }
  std::unique_ptr<net::Fetch> fetch(net::Scheduler&, net::FetchRequest request,
                                    std::function<void(net::FetchResult)> done) override {
    return world_.web.fetch(std::move(request), std::move(done));
  }
  std::uint32_t random() override { return 0xEFACDAB0; }  // "0badcafe"

 private:
  SimulatedWorld& world_;
};

}  // namespace

SimulatedServer& SimulatedWorld::server(const std::string& host, Script script) {
  auto& server = servers_[host];
  if (!server) server = std::make_unique<SimulatedServer>(loop, std::move(script));
  return *server;
}

SimulatedServer* SimulatedWorld::find(const std::string& host) {
  const auto found = servers_.find(host);
  return found == servers_.end() ? nullptr : found->second.get();
}

std::unique_ptr<Runtime::Engine> SimulatedWorld::makeEngine() {
  return std::make_unique<SimulatedEngine>(*this);
}

}  // namespace multiconn::test
