#include "balance.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <cstdio>
#include <iostream>
#include <stdexcept>

#include "balance/policy.hpp"
#include "balance_scenarios.hpp"

namespace multiconn::bench {
namespace {

/// One scenario with all its seeds.
struct Runs {
  Scenario scenario;
  std::vector<WorldResult> results;

  double worst(const Bound& bound) const {
    std::vector<double> values;
    for (const WorldResult& result : results) values.push_back(bound.value(result));
    return bound.above ? *std::min_element(values.begin(), values.end())
                       : *std::max_element(values.begin(), values.end());
  }
  bool kept() const {
    return std::all_of(scenario.bounds.begin(), scenario.bounds.end(),
                       [this](const Bound& bound) { return bound.keptBy(worst(bound)); });
  }
  double refusedShare() const {
    double share = 0;
    for (const WorldResult& r : results)
      share = std::max(share, static_cast<double>(r.refused) / static_cast<double>(r.clients));
    return share;
  }
};

std::vector<Scenario> chosen(const BalanceOptions& options) {
  registerBlindPolicy();
  if (!balance::makePolicy(options.policy))
    throw std::invalid_argument("there is no policy \"" + options.policy + "\"");
  std::vector<Scenario> all = scenarios();
  for (Scenario& scenario : all)
    if (!scenario.name.starts_with("control")) scenario.world.policy = options.policy;
  if (options.scenarios.empty()) return all;
  std::vector<Scenario> some;
  for (const std::string& name : options.scenarios) {
    const auto found =
        std::find_if(all.begin(), all.end(), [&](const Scenario& s) { return s.name == name; });
    if (found == all.end()) throw std::invalid_argument("there is no scenario \"" + name + "\"");
    some.push_back(*found);
  }
  return some;
}

Runs run(const Scenario& scenario, std::uint64_t seeds) {
  Runs runs{scenario, {}};
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    WorldOptions world = scenario.world;
    world.seed = seed;
    runs.results.push_back(simulate(world));
  }
  return runs;
}

std::string hexadecimal(std::uint64_t value) {
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(value));
  return text;
}

// Equal when every seed gave the same answers in the same order.
std::uint64_t hashOfAll(const Runs& runs) {
  std::uint64_t hash = 0;
  for (const WorldResult& result : runs.results) hash = hash * 31 + result.redirect_hash;
  return hash;
}

void printRow(const Runs& runs) {
  const char* title = runs.scenario.title.c_str();
  for (const Bound& bound : runs.scenario.bounds) {
    const double worst = runs.worst(bound);
    std::printf("%-46s %-24s %9.4g %2s %-6g %-6s %6.1f %%  %s\n", title, bound.figure.c_str(), worst,
                bound.above ? ">" : "<=", bound.gate, bound.keptBy(worst) ? "ok" : "MISSED",
                100 * runs.refusedShare(), hexadecimal(hashOfAll(runs)).c_str());
    title = "";
  }
  std::fflush(stdout);
}

void printJson(const Runs& runs) {
  boost::json::array bounds, seeds;
  for (const Bound& bound : runs.scenario.bounds)
    bounds.push_back(boost::json::object{{"figure", bound.figure},
                                         {"worst", runs.worst(bound)},
                                         {"gate", bound.gate},
                                         {"above", bound.above},
                                         {"ok", bound.keptBy(runs.worst(bound))}});
  std::uint64_t seed = 0;
  for (const WorldResult& r : runs.results)
    seeds.push_back(boost::json::object{{"seed", ++seed},
                                        {"peak", r.peak},
                                        {"peak_after_flash", r.peak_after_rush},
                                        {"fill", r.fill},
                                        {"clients", r.clients},
                                        {"refused", r.refused},
                                        {"asked_again", r.asked_again},
                                        {"reports", r.reports},
                                        {"redirects", hexadecimal(r.redirect_hash)}});
  std::cout << boost::json::object{{"scenario", runs.scenario.name},
                                   {"policy", runs.scenario.world.policy},
                                   {"balancers", runs.scenario.world.balancer_shares.size()},
                                   {"ok", runs.kept()},
                                   {"bounds", std::move(bounds)},
                                   {"seeds", std::move(seeds)}}
            << std::endl;
}

}  // namespace

int runBalance(const BalanceOptions& options) {
  const std::vector<Scenario> list = chosen(options);
  if (!options.json)
    std::printf("%-46s %-24s %9s    %-6s %-6s %8s  %s\n", "scenario",
                ("worst of " + std::to_string(options.seeds) + " seeds").c_str(), "figure", "gate", "",
                "refused", "redirects");
  bool kept = true;
  for (const Scenario& scenario : list) {
    const Runs runs = run(scenario, options.seeds);
    kept = kept && runs.kept();
    options.json ? printJson(runs) : printRow(runs);
  }
  return kept ? 0 : 3;
}

}  // namespace multiconn::bench
