#include "chaos/engine.hpp"

#include <utility>

#include "chaos/link.hpp"
#include "support/counted_link.hpp"

namespace multiconn::chaos {

namespace {

class CountedScheduler final : public net::Scheduler {
 public:
  CountedScheduler(test::SimulatedLoop& loop, Alive& alive) : loop_(loop), alive_(alive) {}

  void post(std::function<void()> task) override {
    loop_.post([task = std::move(task), counted = std::make_shared<Count>(alive_.tasks)] { task(); });
  }
  [[nodiscard]] net::Timer after(net::Duration delay, std::function<void()> task) override {
    return net::Timer(std::make_unique<Counted>(loop_.after(delay, std::move(task)), alive_.timers));
  }
  net::TimePoint now() const override { return loop_.now(); }

 private:
  struct Count {
    explicit Count(int& place) : count(place) { ++count; }
    ~Count() { --count; }
    Count(const Count&) = delete;
    Count& operator=(const Count&) = delete;
    int& count;
  };
  struct Counted final : net::Timer::Pending {
    Counted(net::Timer its_timer, int& place) : timer(std::move(its_timer)), count(place) {}
    net::Timer timer;
    Count count;
  };

  test::SimulatedLoop& loop_;
  Alive& alive_;
};

}  // namespace

std::shared_ptr<net::Scheduler> Engine::makeScheduler() {
  return std::make_shared<CountedScheduler>(world_.loop, alive_);
}

std::unique_ptr<net::Link> Engine::makeLink(net::Scheduler& scheduler, net::LinkTarget target) {
  const auto found = world_.servers.find(target.url.host);
  Server* const server = found == world_.servers.end() ? nullptr : found->second.get();
  const auto watch = [&alive = alive_](const rtmp::OutMessage& message) {
    alive.payloads.saw(message.payload);
  };
  return std::make_unique<test::CountedLink>(std::make_unique<Link>(scheduler, world_.loop, server),
                                             alive_.links, watch);
}

std::unique_ptr<net::Fetch> Engine::fetch(net::Scheduler&, net::FetchRequest request,
                                          std::function<void(net::FetchResult)> done) {
  return world_.web.fetch(std::move(request), std::move(done));
}

}  // namespace multiconn::chaos
