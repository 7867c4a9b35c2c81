#pragma once

#include <map>
#include <numeric>
#include <vector>

#include "balance/reports.hpp"
#include "balance/server_pool.hpp"

namespace multiconn::balance::test {

/// A pool and the agents that report to it. Time stands still until a test moves it.
class Cluster {
 public:
  explicit Cluster(PoolOptions options = {}) : pool(options) {}

  /// What edge `number` says next. At first: 1,000 slots, none in use, an exact counter of accepts, one
  /// target.
  LoadReport& edge(unsigned number) {
    const auto [agent, is_new] = agents_.try_emplace(number);
    if (is_new) {
      agent->second.report = reportAt(noon);
      agent->second.report.connections = 0;
      agent->second.report.accepts = 0;
    }
    return agent->second.report;
  }
  /// It says so. Returns its index.
  std::size_t report(unsigned number) {
    const LoadReport& report = edge(number);
    Agent& agent = agents_[number];
    pool.report({guidOf(number), agent.boot, ++agent.seq, report}, now);
    return index(number);
  }
  /// Edges 1 to `count`, each with so many of its slots in use.
  void start(unsigned count, std::uint32_t connections = 0) {
    for (unsigned number = 1; number <= count; ++number) {
      edge(number).connections = connections;
      report(number);
    }
  }
  void reboot(unsigned number) {
    Agent& agent = agents_[number];
    agent.boot = bootOf(agent.boot.counter + 1, number);
    agent.seq = 0;
  }
  void redirect(unsigned number, unsigned times = 1) {
    for (unsigned i = 0; i < times; ++i) pool.redirected(index(number), now);
  }
  std::size_t index(unsigned number) const { return pool.find(guidOf(number)).value(); }
  const Edge& at(unsigned number) const { return pool.edges().at(index(number)); }
  void wait(milliseconds time) { now += time; }

  /// Indices of all edges that may be sent clients.
  std::vector<std::size_t> candidates() const {
    std::vector<std::size_t> found;
    for (std::size_t i = 0; i < pool.edges().size(); ++i)
      if (pool.eligible(pool.edges()[i], now)) found.push_back(i);
    return found;
  }
  unsigned numberOf(std::size_t edge) const {
    for (const auto& [number, agent] : agents_)
      if (pool.edges().at(edge).guid == guidOf(number)) return number;
    return 0;
  }

  ServerPool pool;
  TimePoint now{std::chrono::hours(1)};

 private:
  struct Agent {
    Boot boot = bootOf(1);
    std::uint64_t seq = 0;
    LoadReport report;
  };
  std::map<unsigned, Agent> agents_;
};

}  // namespace multiconn::balance::test
