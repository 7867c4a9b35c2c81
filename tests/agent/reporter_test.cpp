#include "agent/reporter.hpp"

#include <gtest/gtest.h>

#include "support/simulated_loop.hpp"

namespace multiconn::agent {
namespace {

using namespace std::chrono_literals;
using balance::EdgeState;
using balance::LoadReport;

class ReporterTest : public testing::Test {
 protected:
  void start(ReporterOptions options = {}) {
    options.addresses = {{"rtmp", "192.0.2.1", 0, {}}};
    reporter_.emplace(
        scheduler_, options, balance::Random(7), [this] { return wall_; },
        [this](const LoadReport& report) {
          sent_.push_back({loop_.now(), report});
        });
    reporter_->setTargets(2);
    reporter_->start();
  }
  void figures(std::uint32_t connections, std::optional<std::uint64_t> accepts = {}) {
    AgentLoad load;
    load.connections = connections;
    load.accepts = accepts;
    reporter_->figures(load);
  }
  /// As a monitor does that is asked each 100 ms.
  void runWithFigures(net::Duration span, std::uint32_t connections = 10) {
    for (net::Duration run{}; run < span; run += 100ms) {
      figures(connections, accepts_);
      loop_.runFor(100ms);
    }
  }
  const LoadReport& last() const { return sent_.back().report; }

  struct Sent {
    net::TimePoint time;
    LoadReport report;
  };
  test::SimulatedLoop loop_;
  test::SimulatedScheduler scheduler_{loop_};
  balance::WallTime wall_{1700000000000ms};
  std::vector<Sent> sent_;
  std::uint64_t accepts_ = 100;
  std::optional<Reporter> reporter_;
};

TEST_F(ReporterTest, TheFirstReportComesWithTheFirstFigures) {
  start();
  loop_.runFor(300ms);
  EXPECT_TRUE(sent_.empty());
  figures(7, 50);
  loop_.settle();
  ASSERT_EQ(sent_.size(), 1U);
  EXPECT_EQ(last().connections, 7U);
  EXPECT_EQ(last().accepts, 50U);
  EXPECT_EQ(last().targets, 2U);
  EXPECT_EQ(last().sent, wall_);
  EXPECT_TRUE(last().healthy);
  EXPECT_TRUE(last().early_reports);
  EXPECT_EQ(last().addresses.front().host, "192.0.2.1");
}

TEST_F(ReporterTest, WithoutFiguresItSaysAfterASecondThatNobodyIsToCome) {
  start();
  loop_.runFor(1s);
  ASSERT_EQ(sent_.size(), 1U);
  EXPECT_FALSE(last().healthy);
  figures(1);
  loop_.settle();
  ASSERT_EQ(sent_.size(), 2U);
  EXPECT_TRUE(last().healthy);
}

TEST_F(ReporterTest, TheServersAnswerIsWaitedForAsWell) {
  ReporterOptions options;
  options.asks_server = true;
  start(options);
  figures(1);
  loop_.runFor(100ms);
  EXPECT_TRUE(sent_.empty());
  reporter_->serverAnswers(true, "");
  loop_.settle();
  ASSERT_EQ(sent_.size(), 1U);
  EXPECT_TRUE(last().healthy);
}

TEST_F(ReporterTest, ReportsRegularly) {
  start();
  runWithFigures(30s);
  ASSERT_GE(sent_.size(), 12U);
  EXPECT_LE(sent_.size(), 14U);
  for (std::size_t i = 2; i < sent_.size(); ++i) EXPECT_EQ(sent_[i].time - sent_[i - 1].time, 2500ms);
}

TEST_F(ReporterTest, PausesAndUnpausesAtOnce) {
  start();
  runWithFigures(1s);
  const std::size_t before = sent_.size();
  reporter_->pause(true);
  loop_.settle();
  ASSERT_EQ(sent_.size(), before + 1);
  EXPECT_EQ(last().state, EdgeState::paused);
  reporter_->pause(false);
  loop_.settle();
  ASSERT_EQ(sent_.size(), before + 2);
  EXPECT_EQ(last().state, EdgeState::running);
}

TEST_F(ReporterTest, TellsAtOnceThatTheServerHangsAndThatItAnswersAgain) {
  ReporterOptions options;
  options.asks_server = true;
  start(options);
  reporter_->serverAnswers(true, "");
  runWithFigures(1s);
  reporter_->serverAnswers(false, "it does not answer");
  loop_.settle();
  EXPECT_FALSE(last().healthy);
  EXPECT_EQ(reporter_->trouble(), "it does not answer");
  const std::size_t before = sent_.size();
  reporter_->serverAnswers(false, "it does not answer");
  loop_.settle();
  EXPECT_EQ(sent_.size(), before) << "known already";
  reporter_->serverAnswers(true, "");
  loop_.settle();
  EXPECT_TRUE(last().healthy);
}

TEST_F(ReporterTest, FiguresThatAreFiveSecondsOldAreNotBelieved) {
  start();
  runWithFigures(3s);
  EXPECT_TRUE(last().healthy);
  loop_.runFor(4800ms);
  EXPECT_TRUE(last().healthy);
  loop_.runFor(200ms);
  EXPECT_FALSE(last().healthy);
  figures(1);
  loop_.settle();
  EXPECT_TRUE(last().healthy);
}

TEST_F(ReporterTest, ReportsEarlyWhenACrowdComes) {
  start();
  runWithFigures(5s);
  const std::size_t before = sent_.size();
  accepts_ += 9;
  runWithFigures(200ms);
  EXPECT_EQ(sent_.size(), before) << "fewer than max(10, 1 %)";
  accepts_ += 1;
  runWithFigures(200ms);
  EXPECT_EQ(sent_.size(), before + 1);
  EXPECT_EQ(last().accepts, accepts_);
}

TEST_F(ReporterTest, EstimatesAreNotReportedEarly) {
  start();
  AgentLoad load;
  load.accepts = 5;
  load.accepts_estimated = true;
  reporter_->figures(load);
  loop_.settle();
  EXPECT_FALSE(last().early_reports);
  EXPECT_TRUE(last().accepts_estimated);
  load.accepts = 5000;
  const std::size_t before = sent_.size();
  loop_.runFor(150ms);
  reporter_->figures(load);
  loop_.runFor(10ms);
  EXPECT_LE(sent_.size(), before + 1);
}

TEST_F(ReporterTest, EarlyReportsCanBeSwitchedOff) {
  ReporterOptions options;
  options.early_reports = false;
  start(options);
  runWithFigures(3s);
  EXPECT_FALSE(last().early_reports);
  EXPECT_TRUE(last().accepts);
}

TEST_F(ReporterTest, TheLastReportSaysThatItStops) {
  start();
  runWithFigures(1s);
  reporter_->stop();
  EXPECT_EQ(last().state, EdgeState::stopping);
  const std::size_t all = sent_.size();
  figures(1);
  reporter_->pause(true);
  loop_.runFor(60s);
  EXPECT_EQ(sent_.size(), all);
}

TEST_F(ReporterTest, ANewTargetIsToldAtOnce) {
  start();
  runWithFigures(1s);
  const std::size_t before = sent_.size();
  reporter_->setTargets(3);
  loop_.settle();
  ASSERT_EQ(sent_.size(), before + 1);
  EXPECT_EQ(last().targets, 3U);
}

}  // namespace
}  // namespace multiconn::agent
