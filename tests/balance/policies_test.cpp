#include "balance/policy.hpp"

#include <gmock/gmock.h>

#include "balance/pool_fixture.hpp"

namespace multiconn::balance::test {
namespace {

using testing::ElementsAre;
using testing::IsSupersetOf;

/// The policy of that name and the edges it chooses, by number; each choice is counted as a redirect.
class Chooser {
 public:
  Chooser(Cluster& cluster, const char* name, std::uint64_t seed = 1)
      : cluster_(cluster), policy_(makePolicy(name)), random_(seed) {}

  unsigned next() {
    const auto candidates = cluster_.candidates();
    const std::size_t edge = policy_->choose(cluster_.pool, candidates, cluster_.now, random_).value();
    cluster_.pool.redirected(edge, cluster_.now);
    return cluster_.numberOf(edge);
  }
  std::vector<unsigned> next(int count) {
    std::vector<unsigned> chosen;
    for (int i = 0; i < count; ++i) chosen.push_back(next());
    return chosen;
  }

 private:
  Cluster& cluster_;
  std::unique_ptr<Policy> policy_;
  Random random_;
};

TEST(Policies, are_known_by_name) {
  EXPECT_THAT(policyNames(), IsSupersetOf({"concurrent-connects", "least-loaded", "random", "round-robin"}));
  for (const std::string& name : policyNames()) EXPECT_TRUE(makePolicy(name)) << name;
  EXPECT_FALSE(makePolicy("best"));
  EXPECT_FALSE(makePolicy(""));
}

TEST(ConcurrentConnects, takes_the_fewest_connections_and_redirects_since_the_report) {
  Cluster cluster;
  cluster.edge(1).connections = 10;
  cluster.edge(2).connections = 12;
  cluster.report(1);
  cluster.report(2);
  Chooser chooser(cluster, "concurrent-connects");
  EXPECT_THAT(chooser.next(5), ElementsAre(1, 1, 1, 2, 1));
}

TEST(ConcurrentConnects, ties_go_to_the_lower_id) {
  Cluster cluster;
  for (const unsigned number : {3U, 1U, 2U}) cluster.report(number);
  Chooser chooser(cluster, "concurrent-connects");
  EXPECT_THAT(chooser.next(6), ElementsAre(1, 2, 3, 1, 2, 3));
}

TEST(ConcurrentConnects, forgets_its_redirects_with_each_report) {
  Cluster cluster;
  cluster.start(2);
  Chooser chooser(cluster, "concurrent-connects");
  EXPECT_THAT(chooser.next(2), ElementsAre(1, 2));
  cluster.report(1);
  EXPECT_THAT(chooser.next(2), ElementsAre(1, 1)) << "they have not arrived yet, and it does not know";
}

TEST(ConcurrentConnects, knows_no_capacities) {
  Cluster cluster;
  cluster.edge(1).connection_capacity = 10;
  cluster.edge(1).connections = 20;
  cluster.edge(2).connections = 30;
  cluster.report(1);
  cluster.report(2);
  EXPECT_EQ(Chooser(cluster, "concurrent-connects").next(), 1U);
}

TEST(RoundRobin, takes_each_in_turn) {
  Cluster cluster;
  for (const unsigned number : {2U, 3U, 1U}) cluster.report(number);
  EXPECT_THAT(Chooser(cluster, "round-robin").next(7), ElementsAre(1, 2, 3, 1, 2, 3, 1));
}

TEST(RoundRobin, keeps_its_place_when_edges_come_and_go) {
  Cluster cluster;
  cluster.start(4);
  Chooser chooser(cluster, "round-robin");
  EXPECT_THAT(chooser.next(2), ElementsAre(1, 2));
  cluster.pool.pause(guidOf(2), true);
  cluster.pool.pause(guidOf(3), true);
  EXPECT_THAT(chooser.next(2), ElementsAre(4, 1));
  cluster.pool.pause(guidOf(2), false);
  EXPECT_THAT(chooser.next(2), ElementsAre(2, 4));
}

TEST(RandomChoice, takes_each_as_often) {
  Cluster cluster;
  cluster.start(4);
  Chooser chooser(cluster, "random");
  std::map<unsigned, int> chosen;
  for (int i = 0; i < 4000; ++i) ++chosen[chooser.next()];
  for (unsigned number = 1; number <= 4; ++number) EXPECT_NEAR(chosen[number], 1000, 150) << number;
}

TEST(Policies, choose_the_same_with_the_same_seed) {
  for (const std::string& name : policyNames()) {
    const auto sequence = [&](std::uint64_t seed) {
      Cluster cluster;
      cluster.start(8, 100);
      return Chooser(cluster, name.c_str(), seed).next(200);
    };
    EXPECT_EQ(sequence(7), sequence(7)) << name;
  }
  Cluster one, other;
  one.start(8);
  other.start(8);
  EXPECT_NE(Chooser(one, "random", 1).next(200), Chooser(other, "random", 2).next(200));
}

TEST(Policies, explain_themselves) {
  Cluster cluster;
  cluster.start(1, 5);
  cluster.redirect(1, 2);
  const auto explain = [&](const char* name) {
    return makePolicy(name)->explain(cluster.pool, cluster.at(1), cluster.now);
  };
  EXPECT_EQ(explain("concurrent-connects"), "5 connections + 2 redirects since the last report");
  EXPECT_EQ(explain("round-robin"), "in turn, 2 redirects so far");
  EXPECT_EQ(explain("random"), "at random, 2 redirects so far");
}

}  // namespace
}  // namespace multiconn::balance::test
