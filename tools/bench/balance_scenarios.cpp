#include "balance_scenarios.hpp"

#include "balance/policy.hpp"

namespace multiconn::bench {
namespace {

constexpr const char* blind_policy = "blind-least-connections";

class BlindLeastConnections : public balance::Policy {
 public:
  std::optional<std::size_t> choose(const balance::ServerPool& pool, std::span<const std::size_t> candidates,
                                    balance::TimePoint, balance::Random&) override {
    std::size_t best = candidates.front();
    for (const std::size_t index : candidates)
      if (connections(pool, index) < connections(pool, best)) best = index;
    return best;
  }
  std::string explain(const balance::ServerPool&, const balance::Edge& edge,
                      balance::TimePoint) const override {
    return std::to_string(edge.report.connections) + " connections";
  }

 private:
  static std::uint32_t connections(const balance::ServerPool& pool, std::size_t index) {
    return pool.edges()[index].report.connections;
  }
};

Bound peak(double gate) {
  return {"peak load, x mean", [](const WorldResult& r) { return r.peak; }, gate};
}

Bound peakAbove(double gate) {
  Bound bound = peak(gate);
  bound.above = true;
  return bound;
}

Bound nobodyRefused() {
  return {"clients refused", [](const WorldResult& r) { return static_cast<double>(r.refused); }, 0};
}

WorldOptions balancers(std::vector<double> shares) {
  WorldOptions world;
  world.balancer_shares = std::move(shares);
  return world;
}

WorldOptions fourBalancers(Incident incident) {
  WorldOptions world;
  world.incident = incident;
  return world;
}

// As Wowza's agents, which report at their interval and no earlier.
WorldOptions control(std::vector<double> shares, std::string policy) {
  WorldOptions world = balancers(std::move(shares));
  world.policy = std::move(policy);
  world.early_reports = false;
  return world;
}

void addRushes(std::vector<Scenario>& all) {
  const std::vector<std::vector<double>> counts{{1}, {1, 1}, {1, 1, 1, 1}};
  for (const auto& shares : counts) {
    const std::string count = std::to_string(shares.size());
    all.push_back({"flash-" + count,
                   "flash crowd, balancers: " + count,
                   balancers(shares),
                   {peak(shares.size() > 2 ? 1.04 : 1.03), nobodyRefused()}});
  }
  for (const auto& shares : counts) {
    const std::string count = std::to_string(shares.size());
    WorldOptions world = balancers(shares);
    world.early_reports = false;
    all.push_back({"regular-" + count,
                   "no early reports, balancers: " + count,
                   std::move(world),
                   {peak(1.05), nobodyRefused()}});
  }
  all.push_back(
      {"shares", "4 balancers with 70/20/8/2 % of requests", balancers({70, 20, 8, 2}), {peak(1.04)}});
  WorldOptions uneven;
  uneven.start_load_from = 0.02;
  uneven.start_load_to = 0.48;
  all.push_back(
      {"uneven",
       "edges start at 2-48 % load",
       std::move(uneven),
       {{"after the flash, x mean", [](const WorldResult& r) { return r.peak_after_rush; }, 1.01}}});
  WorldOptions lossy;
  lossy.report_loss = 0.1;
  all.push_back({"loss", "10 % of the reports are lost", std::move(lossy), {peak(1.04)}});
  WorldOptions mixed;
  mixed.mixed_bitrates = true;
  all.push_back({"bitrates", "clients of 1 and 6 Mbit/s", std::move(mixed), {peak(1.20)}});
}

void addIncidents(std::vector<Scenario>& all) {
  all.push_back({"cold",
                 "a cold edge joins mid-flash",
                 fourBalancers(Incident::cold_edge_joins),
                 {{"s to 90 % of the mean", [](const WorldResult& r) { return r.cold_seconds; }, 3},
                  {"its peak, x mean", [](const WorldResult& r) { return r.cold_peak; }, 1.02}}});
  all.push_back({"death",
                 "the busiest edge dies mid-flash",
                 fourBalancers(Incident::busiest_edge_dies),
                 {{"clients sent to it",
                   [](const WorldResult& r) { return static_cast<double>(r.lost_with_edge); }, 1500}}});
  all.push_back({"restart-4",
                 "1 of 4 balancers restarts mid-flash",
                 fourBalancers(Incident::first_balancer_restarts),
                 {peak(1.05), nobodyRefused()}});
  WorldOptions alone = balancers({1});
  alone.incident = Incident::first_balancer_restarts;
  all.push_back(
      {"restart-1", "the only balancer restarts mid-flash", std::move(alone), {peak(1.05), nobodyRefused()}});
}

void addControls(std::vector<Scenario>& all) {
  all.push_back({"control-wowza-1",
                 "concurrent-connects, balancers: 1",
                 control({1}, "concurrent-connects"),
                 {peakAbove(2.0)}});
  all.push_back({"control-wowza-4",
                 "concurrent-connects, balancers: 4",
                 control({1, 1, 1, 1}, "concurrent-connects"),
                 {peakAbove(2.5)}});
  all.push_back({"control-blind",
                 "least connections, own redirects not counted",
                 control({1, 1, 1, 1}, blind_policy),
                 {peakAbove(3)}});
}

}  // namespace

std::vector<Scenario> scenarios() {
  std::vector<Scenario> all;
  addRushes(all);
  addIncidents(all);
  addControls(all);
  return all;
}

void registerBlindPolicy() {
  balance::registerPolicy(blind_policy, [] { return std::make_unique<BlindLeastConnections>(); });
}

}  // namespace multiconn::bench
