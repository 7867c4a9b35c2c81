#include <multiconn/agent.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

#include "agent/balancer_socket.hpp"
#include "agent/scratch.hpp"
#include "agent/set_monitor.hpp"
#include "agent/tcp_server.hpp"

namespace multiconn {
namespace {

using namespace std::chrono_literals;
using balance::EdgeState;
using balance::OpenedReport;
using test::BalancerSocket;
using testing::HasSubstr;

class AgentTest : public testing::Test {
 protected:
  AgentTest() {
    figures_->load.connections = 12;
    figures_->load.accepts = 40;
    options_.addresses = {{"rtmp", "192.0.2.1", 0, {}}};
    options_.guid_file = scratch_ / "Server.guid";
    options_.targets_file = scratch_.write("targets.txt", one_.targetLine() + two_.targetLine());
    options_.interval = 200ms;
    options_.log = [this](AgentLogLevel level, const std::string& line) { log_.put({level, line}); };
  }
  void start() { agent_ = std::make_unique<Agent>(options_, std::make_unique<test::SetMonitor>(figures_)); }
  std::string failureOfStart() {
    try {
      start();
    } catch (const std::exception& error) {
      return error.what();
    }
    return "";
  }
  static bool isRunning(const OpenedReport& report) { return report.report.state == EdgeState::running; }

  struct Line {
    AgentLogLevel level;
    std::string text;
  };
  const test::Scratch scratch_;
  BalancerSocket one_{"the-first-balancers-key"}, two_{"the-second-balancers-key"};
  std::shared_ptr<test::SetMonitor::Shared> figures_ = std::make_shared<test::SetMonitor::Shared>();
  test::Inbox<Line> log_;
  AgentOptions options_;
  std::unique_ptr<Agent> agent_;
};

TEST_F(AgentTest, TellsEveryBalancerUnderItsOwnKey) {
  start();
  const auto at_one = one_.reports.take(), at_two = two_.reports.take();
  ASSERT_TRUE(at_one && at_two);
  EXPECT_EQ(at_one->report.connections, 12U);
  EXPECT_EQ(at_one->report.accepts, 40U);
  EXPECT_EQ(at_one->report.targets, 2U);
  EXPECT_EQ(at_one->guid, at_two->guid);
  EXPECT_EQ(at_one->seq, at_two->seq);
  EXPECT_EQ(at_one->boot.counter, 1U);
  const auto next = one_.reports.take();
  ASSERT_TRUE(next);
  EXPECT_GT(next->seq, at_one->seq);
  const AgentStatus status = agent_->status();
  EXPECT_EQ(status.guid, at_one->guid.text());
  EXPECT_TRUE(status.healthy);
  EXPECT_EQ(status.targets.size(), 2U);
  EXPECT_EQ(status.targets.front().address, "127.0.0.1");
}

TEST_F(AgentTest, SaysAtOnceThatItStops) {
  start();
  ASSERT_TRUE(one_.reports.take());
  agent_.reset();
  EXPECT_TRUE(one_.reports.takeThat([](const auto& r) { return r.report.state == EdgeState::stopping; }));
  EXPECT_TRUE(two_.reports.takeThat([](const auto& r) { return r.report.state == EdgeState::stopping; }));
}

TEST_F(AgentTest, PausesAndUnpauses) {
  options_.interval = 60s;
  start();
  ASSERT_TRUE(one_.reports.take());
  agent_->pause();
  ASSERT_TRUE(one_.reports.takeThat([](const auto& r) { return r.report.state == EdgeState::paused; }));
  agent_->unpause();
  ASSERT_TRUE(one_.reports.takeThat(isRunning));
}

TEST_F(AgentTest, ReportsACrowdEarly) {
  options_.interval = 60s;
  start();
  ASSERT_TRUE(one_.reports.take());
  figures_->set([](AgentLoad& load) { load.accepts = 90; });
  const auto early = one_.reports.takeThat([](const auto& r) { return r.report.accepts == 90U; });
  EXPECT_TRUE(early);
}

TEST_F(AgentTest, ABrokenTargetsFileChangesNothingAndIsOneLine) {
  start();
  ASSERT_TRUE(one_.reports.take());
  scratch_.write("targets.txt", one_.targetLine() + "nonsense\n");
  const auto line = log_.takeThat([](const Line& l) { return l.level == AgentLogLevel::error; });
  ASSERT_TRUE(line);
  EXPECT_THAT(line->text, HasSubstr("line 2"));
  EXPECT_THAT(line->text, HasSubstr("kept"));
  const std::uint64_t seq = agent_->status().reports;
  EXPECT_TRUE(two_.reports.takeThat([&](const auto& r) { return r.seq > seq; })) << "still told";
}

TEST_F(AgentTest, FollowsItsTargetsFile) {
  scratch_.write("targets.txt", one_.targetLine());
  start();
  const auto first = one_.reports.take();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->report.targets, 1U);
  scratch_.write("targets.txt", one_.targetLine() + two_.targetLine());
  const auto at_two = two_.reports.take();
  ASSERT_TRUE(at_two);
  EXPECT_EQ(at_two->report.targets, 2U);
  scratch_.write("targets.txt", two_.targetLine());
  EXPECT_TRUE(two_.reports.takeThat([](const auto& r) { return r.report.targets == 1U; }));
}

TEST_F(AgentTest, AServerThatHangsGetsNoClientsUntilItAnswers) {
  const test::TcpServer server;
  options_.rtmp_host = "127.0.0.1";
  options_.rtmp_port = server.port();
  options_.health_period = 20ms;
  options_.health_timeout = 100ms;
  start();
  const auto out = one_.reports.take();
  ASSERT_TRUE(out);
  EXPECT_FALSE(out->report.healthy);
  EXPECT_THAT(agent_->status().trouble, HasSubstr("does not answer"));
}

TEST_F(AgentTest, AMonitorThatFailsIsNoReasonToBeSilent) {
  figures_->failure = "the page is gone";
  start();
  const auto report = one_.reports.take();
  ASSERT_TRUE(report);
  EXPECT_FALSE(report->report.healthy);
  EXPECT_TRUE(
      log_.takeThat([](const Line& l) { return l.text.find("the page is gone") != std::string::npos; }));
  figures_->set([&](AgentLoad&) { figures_->failure.clear(); });
  EXPECT_TRUE(one_.reports.takeThat([](const auto& r) { return r.report.healthy; }));
}

/// Never answers until it is cancelled.
class StuckMonitor final : public AgentMonitor {
 public:
  AgentLoad load() override {
    cancelled_.get_future().wait();
    return {};
  }
  void cancel() override { cancelled_.set_value(); }

 private:
  std::promise<void> cancelled_;
};

TEST_F(AgentTest, AMonitorThatHangsDelaysNoReport) {
  agent_ = std::make_unique<Agent>(options_, std::make_unique<StuckMonitor>());
  const auto first = one_.reports.take(), second = one_.reports.take();
  ASSERT_TRUE(first && second);
  EXPECT_FALSE(second->report.healthy);
  agent_.reset();
  EXPECT_TRUE(one_.reports.takeThat([](const auto& r) { return r.report.state == EdgeState::stopping; }));
}

TEST_F(AgentTest, ANameThatIsNotFoundHarmsNobodyElse) {
  scratch_.write("targets.txt", "balancer.invalid,1934,a-key-of-its-own\n" + one_.targetLine());
  start();
  EXPECT_TRUE(one_.reports.take());
  EXPECT_TRUE(log_.takeThat([](const Line& l) {
    return l.level == AgentLogLevel::warning && l.text.find("balancer.invalid") != std::string::npos;
  }));
}

TEST_F(AgentTest, StartsAgainUnderItsNameWithAHigherCounter) {
  start();
  const auto before = one_.reports.take();
  agent_.reset();
  start();
  const auto after = one_.reports.takeThat([&](const auto& r) { return r.boot.counter == 2; });
  ASSERT_TRUE(before && after);
  EXPECT_EQ(before->guid, after->guid);
}

TEST_F(AgentTest, ASecondAgentUnderTheSameNameRefusesToStart) {
  start();
  const auto first = std::move(agent_);
  EXPECT_THAT(failureOfStart(), HasSubstr("in use by another agent"));
}

TEST_F(AgentTest, RefusesOptionsThatMakeNoSense) {
  const AgentOptions good = options_;
  const auto refused = [&](const std::function<void(AgentOptions&)>& spoil, const char* what) {
    options_ = good;
    spoil(options_);
    EXPECT_THAT(failureOfStart(), HasSubstr(what));
  };
  refused([](AgentOptions& o) { o.addresses.clear(); }, "redirect address");
  refused([](AgentOptions& o) { o.addresses.front().host = "a b"; }, "no name and no numeric address");
  refused([](AgentOptions& o) { o.addresses.front().network = "10.0.0.0/99"; }, "redirect addresses");
  refused([](AgentOptions& o) { o.capacity = 0; }, "capacity");
  refused([](AgentOptions& o) { o.interval = 10ms; }, "interval");
  refused([](AgentOptions& o) { o.targets_file.clear(); }, "targets file");
  refused([](AgentOptions& o) { o.targets = {{"10.0.0.1", 1934, "a-good-key"}}; }, "not both");
  refused([](AgentOptions& o) { o.health_timeout = 2s; }, "health check");
  refused(
      [](AgentOptions& o) {
        o.targets_file.clear();
        o.targets = {{"10.0.0.1", 1934, "short"}};
      },
      "8 to 256");
}

TEST_F(AgentTest, TakesAListInPlaceOfAFile) {
  options_.targets_file.clear();
  options_.targets = {{"127.0.0.1", one_.port(), "the-first-balancers-key"}};
  start();
  EXPECT_TRUE(one_.reports.take());
}

}  // namespace
}  // namespace multiconn
