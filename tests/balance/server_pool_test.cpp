#include "balance/server_pool.hpp"

#include <gmock/gmock.h>

#include <cmath>

#include "balance/pool_fixture.hpp"

namespace multiconn::balance::test {
namespace {

using std::chrono::seconds;
using testing::DoubleNear;

TEST(ServerPool, knows_what_an_edge_reported) {
  Cluster cluster;
  cluster.edge(1).connections = 42;
  cluster.report(1);
  ASSERT_EQ(cluster.pool.edges().size(), 1U);
  EXPECT_EQ(cluster.at(1).report.connections, 42U);
  EXPECT_EQ(cluster.at(1).received, cluster.now);
  EXPECT_EQ(cluster.at(1).reports, 1U);
  EXPECT_FALSE(cluster.pool.find(guidOf(2)));
}

TEST(ServerPool, passes_over_reports_that_are_older_than_the_last) {
  Cluster cluster;
  LoadReport report = cluster.edge(1);
  report.connections = 5;
  cluster.pool.report({guidOf(1), bootOf(2), 7, report}, cluster.now);
  report.connections = 6;
  cluster.pool.report({guidOf(1), bootOf(2), 7, report}, cluster.now);
  cluster.pool.report({guidOf(1), bootOf(2), 6, report}, cluster.now);
  cluster.pool.report({guidOf(1), bootOf(1), 99, report}, cluster.now);
  EXPECT_EQ(cluster.at(1).report.connections, 5U);
  EXPECT_EQ(cluster.at(1).reports, 1U);
}

TEST(ServerPool, counts_redirects_until_a_report_can_have_counted_them) {
  Cluster cluster;
  cluster.start(1);
  cluster.redirect(1, 3);
  cluster.wait(milliseconds(200));
  cluster.redirect(1, 2);
  cluster.wait(milliseconds(99));
  cluster.report(1);
  EXPECT_EQ(cluster.at(1).pending_sum, 5U);
  cluster.wait(milliseconds(20));
  cluster.report(1);
  EXPECT_EQ(cluster.at(1).pending_sum, 2U);
  cluster.wait(milliseconds(200));
  EXPECT_EQ(cluster.at(1).pending_sum, 2U) << "only a report shows that they have arrived";
  cluster.report(1);
  EXPECT_EQ(cluster.at(1).pending_sum, 0U);
  EXPECT_EQ(cluster.at(1).redirects, 5U);
}

TEST(ServerPool, keeps_redirects_of_ten_milliseconds_together) {
  Cluster cluster;
  cluster.start(1);
  for (int i = 0; i < 100; ++i) {
    cluster.redirect(1, 4);
    cluster.wait(milliseconds(1));
  }
  EXPECT_EQ(cluster.at(1).pending.size(), 10U);
  EXPECT_EQ(cluster.at(1).pending_sum, 400U);
}

TEST(ServerPool, a_long_timeout_does_not_take_more_memory) {
  PoolOptions options;
  options.message_timeout = std::chrono::minutes(10);
  Cluster cluster(options);
  cluster.start(1);
  for (int i = 0; i < 60'000; ++i) {
    cluster.redirect(1);
    cluster.wait(milliseconds(10));
  }
  EXPECT_LE(cluster.at(1).pending.size(), 600U);
  EXPECT_EQ(cluster.at(1).pending_sum, 60'000U);
}

TEST(ServerPool, tells_old_redirects_from_new_ones) {
  Cluster cluster;
  cluster.start(1);
  cluster.redirect(1, 3);
  cluster.wait(milliseconds(500));
  cluster.redirect(1, 4);
  EXPECT_EQ(cluster.pool.pendingBefore(cluster.at(1), cluster.now - milliseconds(100)), 3U);
  EXPECT_EQ(cluster.pool.pendingBefore(cluster.at(1), cluster.now), 3U);
  EXPECT_EQ(cluster.pool.pendingBefore(cluster.at(1), cluster.now + milliseconds(10)), 7U);
  EXPECT_EQ(cluster.pool.pendingBefore(cluster.at(1), cluster.now - seconds(10)), 0U);
}

TEST(ServerPool, a_new_boot_starts_with_nobody_on_the_way) {
  Cluster cluster;
  cluster.edge(1).accepts = 1000;
  cluster.start(1);
  cluster.redirect(1, 9);
  cluster.wait(seconds(1));
  cluster.reboot(1);
  cluster.edge(1).accepts = 100'000;
  cluster.report(1);
  EXPECT_EQ(cluster.at(1).pending_sum, 0U);
  EXPECT_TRUE(cluster.at(1).pending.empty());
  EXPECT_EQ(cluster.pool.arrivalRatio(), 1) << "its counter says nothing about the time between";
}

TEST(ServerPool, an_edge_that_was_silent_keeps_its_redirects) {
  Cluster cluster;
  cluster.start(1);
  cluster.redirect(1, 9);
  cluster.wait(seconds(20));
  EXPECT_EQ(cluster.at(1).pending_sum, 9U);
  EXPECT_FALSE(cluster.pool.eligible(cluster.at(1), cluster.now));
  cluster.report(1);
  EXPECT_EQ(cluster.at(1).pending_sum, 0U);
  EXPECT_TRUE(cluster.pool.eligible(cluster.at(1), cluster.now));
}

TEST(ServerPool, redirects_since_the_last_report_are_zeroed_by_it) {
  Cluster cluster;
  cluster.start(1);
  cluster.redirect(1, 3);
  EXPECT_EQ(cluster.at(1).redirects_since_report, 3U);
  cluster.report(1);
  EXPECT_EQ(cluster.at(1).redirects_since_report, 0U);
}

TEST(ServerPool, status_tells_why_an_edge_is_out) {
  Cluster cluster;
  cluster.start(1);
  const auto status = [&] { return cluster.pool.status(cluster.at(1), cluster.now); };
  EXPECT_EQ(status(), EdgeStatus::running);
  cluster.edge(1).healthy = false;
  cluster.report(1);
  EXPECT_EQ(status(), EdgeStatus::unhealthy);
  cluster.edge(1).state = EdgeState::paused;
  cluster.report(1);
  EXPECT_EQ(status(), EdgeStatus::paused);
  cluster.wait(milliseconds(5000));
  EXPECT_EQ(status(), EdgeStatus::paused);
  cluster.wait(milliseconds(1));
  EXPECT_EQ(status(), EdgeStatus::silent);
  cluster.edge(1).state = EdgeState::stopping;
  cluster.report(1);
  EXPECT_EQ(status(), EdgeStatus::stopped);
  cluster.wait(seconds(30));
  EXPECT_EQ(status(), EdgeStatus::stopped) << "it said that it would be silent";
}

TEST(ServerPool, status_names_are_those_of_server_info) {
  EXPECT_EQ(nameOf(EdgeStatus::running), "RUNNING");
  EXPECT_EQ(nameOf(EdgeStatus::paused), "PAUSED");
  EXPECT_EQ(nameOf(EdgeStatus::stopped), "STOPPED");
  EXPECT_EQ(nameOf(EdgeStatus::unhealthy), "UNKNOWN");
  EXPECT_EQ(nameOf(EdgeStatus::silent), "MSGTIMEOUT");
}

TEST(ServerPool, pauses_an_edge_whatever_its_agent_says) {
  Cluster cluster;
  cluster.start(2);
  EXPECT_TRUE(cluster.pool.pause(guidOf(1), true));
  cluster.report(1);
  EXPECT_EQ(cluster.pool.status(cluster.at(1), cluster.now), EdgeStatus::paused);
  EXPECT_EQ(cluster.pool.status(cluster.at(2), cluster.now), EdgeStatus::running);
  EXPECT_TRUE(cluster.pool.pause(guidOf(1), false));
  EXPECT_EQ(cluster.pool.status(cluster.at(1), cluster.now), EdgeStatus::running);
  EXPECT_FALSE(cluster.pool.pause(guidOf(3), true));
}

TEST(ServerPool, forgets_an_edge_after_a_minute_of_silence) {
  Cluster cluster;
  cluster.start(3);
  cluster.wait(seconds(30));
  cluster.report(2);
  cluster.wait(seconds(30));
  cluster.pool.expire(cluster.now);
  EXPECT_EQ(cluster.pool.edges().size(), 3U);
  cluster.wait(milliseconds(1));
  cluster.pool.expire(cluster.now);
  ASSERT_EQ(cluster.pool.edges().size(), 1U);
  EXPECT_EQ(cluster.at(2).guid, guidOf(2)) << "indices follow";
  cluster.wait(seconds(30));
  cluster.pool.expire(cluster.now);
  EXPECT_TRUE(cluster.pool.edges().empty());
}

TEST(ServerPool, an_edge_that_is_paused_here_is_paused_still_when_it_comes_back) {
  Cluster cluster;
  cluster.start(1);
  cluster.pool.pause(guidOf(1), true);
  cluster.wait(std::chrono::hours(1));
  cluster.pool.expire(cluster.now);
  cluster.reboot(1);
  cluster.report(1);
  EXPECT_EQ(cluster.pool.status(cluster.at(1), cluster.now), EdgeStatus::paused);
  cluster.wait(seconds(61));
  cluster.pool.expire(cluster.now);
  cluster.pool.pause(guidOf(1), false);
  cluster.pool.expire(cluster.now);
  EXPECT_TRUE(cluster.pool.edges().empty());
}

TEST(ServerPool, takes_no_more_edges_than_it_may) {
  PoolOptions options;
  options.max_edges = 2;
  Cluster cluster(options);
  cluster.start(2);
  cluster.pool.report({guidOf(3), bootOf(1), 1, cluster.edge(3)}, cluster.now);
  EXPECT_FALSE(cluster.pool.find(guidOf(3)));
  cluster.edge(1).connections = 8;
  cluster.report(1);
  EXPECT_EQ(cluster.at(1).report.connections, 8U);
}

TEST(ServerPool, smooths_what_a_connection_needs) {
  Cluster cluster;
  cluster.edge(1).connection_bits = 1'000'000;
  cluster.start(1);
  EXPECT_EQ(cluster.at(1).connection_bits, 1'000'000) << "the first is believed";
  cluster.edge(1).connection_bits = 2'000'000;
  cluster.report(1);
  EXPECT_EQ(cluster.at(1).connection_bits, 1'200'000);
  cluster.edge(1).connection_bits = 0;
  cluster.report(1);
  EXPECT_EQ(cluster.at(1).connection_bits, 1'200'000) << "no connection, nothing new";
}

// ---- the arrival ratio

/// Each second for `time`: so many redirects of ours, then a report that so many clients came.
void pass(Cluster& cluster, int time, unsigned redirects, unsigned accepts) {
  for (int i = 0; i < time; ++i) {
    cluster.redirect(1, redirects);
    cluster.wait(seconds(1));
    *cluster.edge(1).accepts += accepts;
    cluster.report(1);
  }
}

TEST(ServerPool, believes_the_number_of_balancers_until_it_has_counted) {
  Cluster cluster;
  cluster.edge(1).targets = 4;
  cluster.start(1);
  EXPECT_EQ(cluster.pool.arrivalRatio(), 4);
}

TEST(ServerPool, learns_how_many_clients_come_for_each_that_it_sent) {
  Cluster cluster;
  cluster.edge(1).targets = 4;
  cluster.start(1);
  pass(cluster, 60, 100, 250);
  EXPECT_THAT(cluster.pool.arrivalRatio(), DoubleNear(2.5, 0.05));
}

TEST(ServerPool, unlearns_with_a_time_constant_of_ten_seconds) {
  Cluster cluster;
  cluster.start(1);
  pass(cluster, 60, 1000, 4000);
  const double sum = 1000 / (1 - std::exp(-0.1));  // of a decayed sum with 1000 a second
  EXPECT_THAT(cluster.pool.arrivalRatio(), DoubleNear((4 * sum + 20) / (sum + 20), 0.02));
  cluster.wait(seconds(30));
  cluster.report(1);
  const double left = sum * std::exp(-3.0);
  EXPECT_THAT(cluster.pool.arrivalRatio(), DoubleNear((4 * left + 20) / (left + 20), 0.02));
}

TEST(ServerPool, the_arrival_ratio_stays_between_1_and_16) {
  Cluster cluster;
  cluster.start(1);
  pass(cluster, 20, 1, 5000);
  EXPECT_EQ(cluster.pool.arrivalRatio(), 16);
  Cluster lost;
  lost.start(1);
  pass(lost, 20, 500, 1);
  EXPECT_EQ(lost.pool.arrivalRatio(), 1);
}

TEST(ServerPool, a_server_that_was_started_anew_teaches_nothing) {
  Cluster cluster;
  cluster.edge(1).accepts = 1'000'000;
  cluster.start(1);
  cluster.redirect(1, 100);
  cluster.wait(seconds(1));
  cluster.edge(1).accepts = 500;
  cluster.report(1);
  EXPECT_EQ(cluster.pool.arrivalRatio(), 1);
  EXPECT_EQ(cluster.at(1).pending_sum, 0U) << "they have arrived all the same";
}

TEST(ServerPool, accepts_that_are_estimated_teach_nothing) {
  Cluster cluster;
  cluster.edge(1).accepts_estimated = true;
  cluster.edge(1).targets = 3;
  cluster.start(1);
  pass(cluster, 20, 10, 1000);
  EXPECT_EQ(cluster.pool.arrivalRatio(cluster.at(1)), 3);
  EXPECT_EQ(cluster.pool.arrivalRatio(), 3);
  cluster.edge(1).targets = 200;
  cluster.report(1);
  EXPECT_EQ(cluster.pool.arrivalRatio(cluster.at(1)), 16);
}

TEST(ServerPool, clients_on_the_way_are_redirects_times_the_ratio) {
  Cluster cluster;
  cluster.edge(1).targets = 4;
  cluster.start(1);
  cluster.redirect(1, 10);
  EXPECT_EQ(cluster.pool.onTheWay(cluster.at(1)), 40);
}

}  // namespace
}  // namespace multiconn::balance::test
