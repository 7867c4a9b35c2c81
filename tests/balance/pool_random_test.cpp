// Random histories: edges come, go, pause, die, boot anew, lose reports; clients ask all the time.
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>

#include "balance/dispatcher.hpp"
#include "balance/reports.hpp"

namespace multiconn::balance::test {
namespace {

constexpr std::size_t max_edges = 12;
constexpr unsigned guids = 16;

class History {
 public:
  History(const std::string& policy, std::uint64_t seed)
      : random_(seed), dispatcher_(options(policy), now_, seed) {}

  void run(int steps) {
    for (int i = 0; i < steps && !testing::Test::HasFailure(); ++i) {
      now_ += milliseconds(below(40));
      step();
      check();
    }
  }

 private:
  struct Agent {
    Boot boot = bootOf(1);
    std::uint64_t seq = 0;
    std::uint64_t accepts = 0;
    LoadReport report = reportAt(noon);
  };

  static DispatcherOptions options(const std::string& policy) {
    DispatcherOptions options;
    options.policy = policy;
    options.pool.max_edges = max_edges;
    options.pool.forget_after = milliseconds(15'000);
    return options;
  }
  std::uint64_t below(std::uint64_t limit) { return random_() % limit; }

  void step() {
    switch (below(40)) {
      case 0:
        return reboot(agent());
      case 1:
        dispatcher_.pause(guidOf(static_cast<unsigned>(below(guids))), below(2) == 0);
        return;
      case 2:
        return dispatcher_.expire(now_);
      case 3:
        now_ += milliseconds(below(8000));
        return;
      default:
        return below(3) == 0 ? report() : ask();
    }
  }
  Agent& agent() { return agents_[number_ = static_cast<unsigned>(below(guids))]; }

  void reboot(Agent& agent) {
    agent.boot = bootOf(agent.boot.counter + below(2), static_cast<unsigned>(below(250)));
    agent.seq = 0;
    agent.accepts = 0;
  }

  void report() {
    Agent& agent = this->agent();
    LoadReport& report = agent.report;
    report.connection_capacity = static_cast<std::uint32_t>(1 + below(5000));
    report.connections = static_cast<std::uint32_t>(below(report.connection_capacity + 2));
    report.state = static_cast<EdgeState>(1 + (below(8) == 0 ? below(3) : 0));
    report.healthy = below(10) != 0;
    report.early_reports = below(4) != 0;
    report.accepts_estimated = below(4) == 0;
    report.targets = static_cast<std::uint8_t>(1 + below(255));
    report.cpu = static_cast<float>(below(101)) / 100;
    report.bandwidth_capacity = below(2) * (1 + below(10'000'000'000));
    report.connection_bits = below(10'000'000);
    agent.accepts = below(20) == 0 ? random_() : agent.accepts + below(300);
    report.accepts = agent.accepts;
    if (below(8) == 0) report.accepts.reset();
    // Now and then an older one comes late.
    const std::uint64_t seq = below(10) == 0 ? below(agent.seq + 1) : ++agent.seq;
    dispatcher_.report({guidOf(number_), agent.boot, seq, report}, now_);
  }

  void ask() {
    const Answer answer = dispatcher_.answer({1 + below(4), "rtmp", ""}, now_);
    EXPECT_EQ(answer.chosen.empty(), answer.reason != NoEdge::none);
    std::set<Guid> distinct;
    for (const Chosen& chosen : answer.chosen) {
      const Edge& edge = dispatcher_.pool().edges().at(chosen.edge);
      EXPECT_TRUE(dispatcher_.pool().eligible(edge, now_)) << nameOf(dispatcher_.pool().status(edge, now_));
      EXPECT_EQ(edge.guid, chosen.guid);
      EXPECT_TRUE(distinct.insert(edge.guid).second);
      EXPECT_TRUE(std::isfinite(chosen.load));
    }
  }

  void check() {
    const ServerPool& pool = dispatcher_.pool();
    EXPECT_LE(pool.edges().size(), max_edges);
    EXPECT_GE(pool.arrivalRatio(), 1);
    EXPECT_LE(pool.arrivalRatio(), 16);
    for (std::size_t i = 0; i < pool.edges().size(); ++i) {
      const Edge& edge = pool.edges()[i];
      EXPECT_EQ(pool.find(edge.guid), i);
      std::uint64_t sum = 0;
      for (const Edge::Bucket& bucket : edge.pending) sum += bucket.count;
      EXPECT_EQ(edge.pending_sum, sum);
      EXPECT_LE(edge.pending_sum, edge.redirects);
      EXPECT_LE(edge.pending.size(), 600U);
      EXPECT_EQ(pool.pendingBefore(edge, now_ + milliseconds(20)), sum);
    }
  }

  Random random_;
  TimePoint now_{std::chrono::hours(1)};
  Dispatcher dispatcher_;
  std::map<unsigned, Agent> agents_;
  unsigned number_ = 0;
};

TEST(PoolRandom, no_history_breaks_a_rule) {
  for (const char* policy : {"least-loaded", "concurrent-connects", "round-robin", "random"})
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
      SCOPED_TRACE(policy + std::string(", seed ") + std::to_string(seed));
      History(policy, seed).run(2000);
      if (HasFailure()) return;
    }
}

}  // namespace
}  // namespace multiconn::balance::test
