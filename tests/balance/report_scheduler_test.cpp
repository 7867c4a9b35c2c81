#include "balance/report_scheduler.hpp"

#include <gtest/gtest.h>

#include <set>

namespace multiconn::balance {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint start{1h};

class ReportSchedulerTest : public testing::Test {
 protected:
  /// Runs until `end`, reading the counter each 10 ms; tells when reports were made.
  std::vector<milliseconds> run(milliseconds until, std::uint64_t accepts_per_tick, std::uint32_t capacity) {
    std::vector<milliseconds> reports;
    for (; now_ < start + until; now_ += 10ms) {
      accepts_ += accepts_per_tick;
      scheduler_.accepted(accepts_, capacity, now_);
      if (scheduler_.due() > now_) continue;
      scheduler_.reported(now_);
      reports.push_back(std::chrono::duration_cast<milliseconds>(now_ - start));
    }
    return reports;
  }

  Random random_{7};
  ReportScheduler scheduler_{2500ms, start, random_};
  TimePoint now_ = start;
  std::uint64_t accepts_ = 500;
};

TEST_F(ReportSchedulerTest, ReportsRegularly) {
  const auto reports = run(60s, 0, 1000);
  ASSERT_EQ(reports.size(), 24U);
  for (std::size_t i = 1; i < reports.size(); ++i)
    EXPECT_LE(std::chrono::abs(reports[i] - reports[i - 1] - 2500ms), 10ms);
}

TEST_F(ReportSchedulerTest, HasARandomPhase) {
  std::set<TimePoint> phases;
  for (int i = 0; i < 1000; ++i) {
    const TimePoint due = ReportScheduler(2500ms, start, random_).due();
    EXPECT_GE(due, start);
    EXPECT_LT(due, start + 2500ms);
    phases.insert(due);
  }
  EXPECT_GT(phases.size(), 500U);
}

TEST_F(ReportSchedulerTest, ReportsAtOnceWhenTold) {
  scheduler_.reported(start);
  const TimePoint regular = scheduler_.due();
  scheduler_.reportNow(start + 1ms);
  EXPECT_LE(scheduler_.due(), start + 1ms);
  scheduler_.reported(start + 1ms);
  EXPECT_EQ(scheduler_.due(), regular) << "the regular ones keep their phase";
}

TEST_F(ReportSchedulerTest, ReportsEarlyWhenManyHaveCome) {
  scheduler_.reported(start);
  scheduler_.accepted(500, 1000, start);
  scheduler_.accepted(509, 1000, start);
  EXPECT_GT(scheduler_.due(), start + 100ms);
  scheduler_.accepted(510, 1000, start);
  EXPECT_EQ(scheduler_.due(), start + 100ms);
  scheduler_.accepted(510, 1001, start);
  EXPECT_GT(scheduler_.due(), start + 100ms) << "11 are 1 % of 1001, rounded up";
  scheduler_.accepted(511, 1001, start);
  EXPECT_EQ(scheduler_.due(), start + 100ms);
  scheduler_.reported(start + 200ms);
  EXPECT_GT(scheduler_.due(), start + 300ms) << "each client counts once";
}

TEST_F(ReportSchedulerTest, ReportsAtMostEach100MillisecondsInACrowd) {
  const auto reports = run(10s, 1000, 4000);
  EXPECT_NEAR(static_cast<double>(reports.size()), 100, 26);
  for (std::size_t i = 1; i < reports.size(); ++i) {
    EXPECT_LE(reports[i] - reports[i - 1], 110ms);
  }
}

TEST_F(ReportSchedulerTest, TakesTheFirstCountAndARestartForABaseline) {
  scheduler_.reported(start);
  scheduler_.accepted(1'000'000, 10, start);
  EXPECT_GT(scheduler_.due(), start + 100ms);
  scheduler_.accepted(3, 10, start + 1ms);
  EXPECT_GT(scheduler_.due(), start + 100ms);
  scheduler_.accepted(13, 10, start + 2ms);
  EXPECT_EQ(scheduler_.due(), start + 100ms);
}

TEST_F(ReportSchedulerTest, KeepsItsPhaseAfterALongPause) {
  const TimePoint first = scheduler_.due();
  scheduler_.reported(first);
  const TimePoint late = first + 1h + 1ms;
  scheduler_.reported(late);
  EXPECT_GT(scheduler_.due(), late);
  EXPECT_LE(scheduler_.due(), late + 2500ms);
  EXPECT_EQ((scheduler_.due() - first) % 2500ms, 0ms);
}

TEST_F(ReportSchedulerTest, TakesANewInterval) {
  scheduler_.reported(start + 2500ms);
  scheduler_.setInterval(500ms, start + 2500ms);
  EXPECT_LE(scheduler_.due(), start + 3000ms);
  const TimePoint due = scheduler_.due();
  scheduler_.reported(due);
  EXPECT_EQ(scheduler_.due(), due + 500ms);
  scheduler_.setInterval(10s, due);
  EXPECT_EQ(scheduler_.due(), due + 500ms);
  scheduler_.reported(due + 500ms);
  EXPECT_EQ(scheduler_.due(), due + 10500ms);
}

}  // namespace
}  // namespace multiconn::balance
