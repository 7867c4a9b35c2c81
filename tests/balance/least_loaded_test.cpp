#include "balance/least_loaded.hpp"

#include <gmock/gmock.h>

#include "balance/pool_fixture.hpp"
#include "net/counted_allocations.hpp"

namespace multiconn::balance::test {
namespace {

using std::chrono::seconds;
using testing::DoubleNear;
using testing::HasSubstr;
using testing::Not;

class LeastLoadedTest : public testing::Test {
 protected:
  /// The number of the edge that is chosen; 0: none.
  unsigned choose() {
    const auto candidates = cluster.candidates();
    const auto choice = policy.choose(cluster.pool, candidates, cluster.now, random);
    return choice ? cluster.numberOf(*choice) : 0;
  }
  /// Chooses and counts the redirect.
  unsigned take() {
    const unsigned number = choose();
    if (number != 0) cluster.redirect(number);
    return number;
  }
  std::map<unsigned, unsigned> takeMany(unsigned clients) {
    std::map<unsigned, unsigned> taken;
    for (unsigned i = 0; i < clients; ++i) ++taken[take()];
    return taken;
  }
  double load(unsigned number) { return LeastLoaded::load(cluster.pool, cluster.at(number)); }
  bool suspect(unsigned number) {
    return LeastLoaded::suspect(cluster.pool, cluster.at(number), cluster.now);
  }

  Cluster cluster;
  LeastLoaded policy;
  Random random{1};
};

TEST_F(LeastLoadedTest, takes_the_edge_with_the_smallest_share_in_use) {
  cluster.start(3, 500);
  cluster.edge(2).connections = 2000;
  cluster.edge(2).connection_capacity = 8000;
  cluster.report(2);
  EXPECT_EQ(choose(), 2U);
}

TEST_F(LeastLoadedTest, counts_those_it_has_sent_already) {
  cluster.start(2, 100);
  cluster.redirect(1, 20);
  EXPECT_EQ(choose(), 2U);
  cluster.redirect(2, 21);
  EXPECT_EQ(choose(), 1U);
}

TEST_F(LeastLoadedTest, shares_clients_in_proportion_to_capacity) {
  cluster.edge(1).connection_capacity = 4000;
  cluster.edge(2).connection_capacity = 12000;
  cluster.start(2);
  const auto taken = takeMany(400);
  EXPECT_NEAR(taken.at(1), 100, 1);
  EXPECT_NEAR(taken.at(2), 300, 1);
}

TEST_F(LeastLoadedTest, of_equals_each_is_first_as_often) {
  cluster.start(4, 100);
  std::map<unsigned, unsigned> chosen;
  for (int i = 0; i < 4000; ++i) ++chosen[choose()];
  for (unsigned number = 1; number <= 4; ++number) EXPECT_NEAR(chosen[number], 1000, 150) << number;
}

TEST_F(LeastLoadedTest, sends_nobody_to_an_edge_that_is_full) {
  cluster.start(2, 1000);
  cluster.edge(2).connections = 999;
  cluster.report(2);
  EXPECT_EQ(take(), 2U);
  EXPECT_EQ(load(2), 1) << "the one on the way fills it";
  cluster.edge(2).connections = 1000;
  cluster.report(2);
  EXPECT_EQ(take(), 0U) << "all are full";
}

TEST_F(LeastLoadedTest, who_asks_and_never_comes_cannot_make_all_full) {
  cluster.start(3);
  cluster.edge(3).connections = 1000;
  cluster.report(3);
  cluster.redirect(1, 1100);
  EXPECT_EQ(choose(), 2U) << "room goes first";
  cluster.redirect(2, 1200);
  EXPECT_EQ(choose(), 1U) << "of those without, the least load, and never one that is really full";
}

TEST_F(LeastLoadedTest, counts_on_what_other_balancers_send) {
  cluster.edge(1).targets = 4;
  cluster.edge(2).targets = 4;
  cluster.start(2, 100);
  cluster.redirect(1, 10);
  EXPECT_THAT(load(1), DoubleNear(0.14, 1e-9));
}

TEST_F(LeastLoadedTest, where_accepts_are_estimated_counts_on_as_many_balancers_as_there_are) {
  cluster.edge(1).targets = 3;
  cluster.edge(1).accepts_estimated = true;
  cluster.start(1, 100);
  cluster.redirect(1, 10);
  EXPECT_THAT(load(1), DoubleNear(0.13, 1e-9));
}

// ---- bandwidth and processor

TEST_F(LeastLoadedTest, bandwidth_counts_where_it_is_scarcer) {
  cluster.start(2, 100);
  cluster.edge(1).bandwidth_capacity = 1'000'000'000;
  cluster.edge(1).connection_bits = 5'000'000;
  cluster.report(1);
  EXPECT_THAT(load(1), DoubleNear(0.5, 1e-9));
  EXPECT_EQ(choose(), 2U);
  cluster.redirect(1, 20);
  EXPECT_THAT(load(1), DoubleNear(0.6, 1e-9)) << "those on the way will need it too";
  cluster.edge(1).bandwidth_capacity = 100'000'000'000;
  cluster.report(1);
  EXPECT_THAT(load(1), DoubleNear(0.12, 1e-9)) << "connections are scarcer";
}

TEST_F(LeastLoadedTest, without_a_bandwidth_capacity_that_term_is_left_out) {
  cluster.start(1, 100);
  cluster.edge(1).connection_bits = 5'000'000'000;
  cluster.report(1);
  EXPECT_THAT(load(1), DoubleNear(0.1, 1e-9));
}

TEST_F(LeastLoadedTest, an_edge_whose_bandwidth_is_used_up_is_full) {
  cluster.start(1, 200);
  cluster.edge(1).bandwidth_capacity = 1'000'000'000;
  cluster.edge(1).connection_bits = 5'000'000;
  cluster.report(1);
  EXPECT_EQ(choose(), 0U);
}

TEST_F(LeastLoadedTest, a_busy_processor_counts_above_85_percent) {
  cluster.start(2, 100);
  cluster.edge(1).cpu = 0.85F;
  cluster.report(1);
  EXPECT_THAT(load(1), DoubleNear(0.1, 1e-6));
  cluster.edge(1).cpu = 0.95F;
  cluster.report(1);
  EXPECT_THAT(load(1), DoubleNear(0.5, 1e-6));
  EXPECT_EQ(choose(), 2U);
  cluster.edge(1).cpu = 1;
  cluster.edge(1).connections = 400;
  cluster.report(1);
  EXPECT_GE(load(1), 1);
}

// ---- the bound on clients on the way

TEST_F(LeastLoadedTest, a_cold_edge_is_not_flooded) {
  cluster.start(20, 600);
  cluster.edge(20).connections = 0;
  cluster.report(20);
  // 5 % of its 1000 slots, and the client that exceeds them; the rest go to the others.
  EXPECT_EQ(takeMany(60).at(20), 51U);
}

TEST_F(LeastLoadedTest, the_bound_is_five_times_the_average_when_many_are_on_the_way) {
  cluster.start(20, 600);
  for (unsigned number = 1; number < 20; ++number) cluster.redirect(number, 40);
  cluster.edge(20).connections = 0;
  cluster.report(20);
  // 760 are on the way, and those n that it gets itself: n <= 1000 * 5 * (760 + n) / 20,000 up to 253.
  EXPECT_EQ(takeMany(254).at(20), 254U);
  EXPECT_NE(take(), 20U);
}

TEST_F(LeastLoadedTest, the_bound_counts_what_others_send) {
  for (unsigned number = 1; number <= 20; ++number) cluster.edge(number).targets = 4;
  cluster.start(20, 600);
  cluster.edge(20).connections = 0;
  cluster.report(20);
  EXPECT_EQ(takeMany(20).at(20), 13U);
}

TEST_F(LeastLoadedTest, the_bound_is_given_up_when_it_would_leave_nobody) {
  cluster.start(1);
  EXPECT_EQ(takeMany(300).at(1), 300U);
}

TEST_F(LeastLoadedTest, the_bound_is_given_up_when_the_others_are_full) {
  cluster.start(2, 1000);
  cluster.edge(2).connections = 100;
  cluster.report(2);
  EXPECT_EQ(takeMany(300).at(2), 300U);
}

// ---- suspects

TEST_F(LeastLoadedTest, suspects_an_edge_that_is_silent_about_clients_it_was_sent) {
  cluster.start(2, 500);
  cluster.edge(1).connections = 0;
  cluster.report(1);
  cluster.redirect(1, 46);  // more than 30 + 1.5 % of 1000
  cluster.wait(milliseconds(1200));
  cluster.report(2);
  EXPECT_FALSE(suspect(1));
  EXPECT_EQ(choose(), 1U);
  cluster.wait(milliseconds(20));
  EXPECT_TRUE(suspect(1));
  EXPECT_EQ(choose(), 2U);
  cluster.report(1);
  EXPECT_FALSE(suspect(1)) << "its report clears it";
}

TEST_F(LeastLoadedTest, is_not_suspicious_about_few_clients_or_new_ones) {
  cluster.start(2, 500);
  cluster.redirect(1, 45);
  cluster.wait(seconds(2));
  cluster.redirect(1, 500);
  EXPECT_FALSE(suspect(1));
  cluster.redirect(2, 500);
  EXPECT_FALSE(suspect(2));
}

TEST_F(LeastLoadedTest, suspicion_counts_what_others_send) {
  cluster.edge(1).targets = 4;
  cluster.start(1);
  cluster.redirect(1, 12);
  cluster.wait(seconds(2));
  EXPECT_TRUE(suspect(1));
}

TEST_F(LeastLoadedTest, suspects_an_edge_without_early_reports_after_one_and_a_half_intervals) {
  cluster.edge(1).early_reports = false;
  cluster.edge(1).interval = milliseconds(2000);
  cluster.start(2);
  cluster.wait(milliseconds(3000));
  EXPECT_FALSE(suspect(1));
  cluster.wait(milliseconds(1));
  EXPECT_TRUE(suspect(1));
  EXPECT_FALSE(suspect(2)) << "nobody was sent there";
}

TEST_F(LeastLoadedTest, an_edge_that_estimates_its_accepts_is_taken_not_to_report_early) {
  cluster.edge(1).accepts_estimated = true;
  cluster.start(1);
  cluster.wait(milliseconds(3751));
  EXPECT_TRUE(suspect(1));
  cluster.edge(1).accepts_estimated = false;
  cluster.edge(1).accepts.reset();
  cluster.report(1);
  cluster.wait(milliseconds(3751));
  EXPECT_TRUE(suspect(1));
}

TEST_F(LeastLoadedTest, suspects_are_taken_when_there_is_nobody_else) {
  cluster.edge(1).early_reports = false;
  cluster.edge(2).early_reports = false;
  cluster.start(2, 1000);
  cluster.edge(1).connections = 10;
  cluster.report(1);
  cluster.wait(seconds(4));
  EXPECT_EQ(choose(), 1U) << "all are suspects";
  cluster.report(2);
  EXPECT_EQ(choose(), 1U) << "all others are full";
}

TEST_F(LeastLoadedTest, explains_itself) {
  cluster.edge(1).early_reports = false;
  cluster.start(2, 310);
  cluster.redirect(1, 10);
  EXPECT_EQ(policy.explain(cluster.pool, cluster.at(1), cluster.now),
            "load 0.3200: 310 of 1000 connections, 10 on the way");
  cluster.wait(seconds(4));
  EXPECT_THAT(policy.explain(cluster.pool, cluster.at(1), cluster.now), HasSubstr(", suspect"));
  EXPECT_THAT(policy.explain(cluster.pool, cluster.at(2), cluster.now), Not(HasSubstr("full")));
  cluster.redirect(2, 690);
  EXPECT_THAT(policy.explain(cluster.pool, cluster.at(2), cluster.now), HasSubstr(", full"));
}

TEST_F(LeastLoadedTest, a_choice_allocates_nothing) {
  cluster.start(100, 300);
  const auto candidates = cluster.candidates();
  const std::size_t before = net::test::allocationCount();
  for (int i = 0; i < 1000; ++i) policy.choose(cluster.pool, candidates, cluster.now, random);
  EXPECT_EQ(net::test::allocationCount(), before);
}

}  // namespace
}  // namespace multiconn::balance::test
