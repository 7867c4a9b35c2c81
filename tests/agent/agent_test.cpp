#include <multiconn/agent.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <limits>

#include "agent/balancer_socket.hpp"
#include "agent/set_monitor.hpp"
#include "agent/tcp_server.hpp"
#include "support/error_of.hpp"
#include "support/temporary_folder.hpp"

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
    options_.guid_file = folder_.file("Server.guid");
    options_.targets_file = folder_.write("targets.txt", one_.targetLine() + two_.targetLine());
    options_.interval = 200ms;
    options_.log = [this](AgentLogLevel level, const std::string& line) { log_.put({level, line}); };
  }
  void start() { agent_ = std::make_unique<Agent>(options_, std::make_unique<test::SetMonitor>(figures_)); }
  std::string failureOfStart() {
    return test::errorOf([this] { start(); });
  }
  static bool isRunning(const OpenedReport& report) { return report.report.state == EdgeState::running; }

  struct Line {
    AgentLogLevel level;
    std::string text;
  };
  const test::TemporaryFolder folder_;
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
  folder_.write("targets.txt", one_.targetLine() + "nonsense\n");
  const auto line = log_.takeThat([](const Line& l) { return l.level == AgentLogLevel::error; });
  ASSERT_TRUE(line);
  EXPECT_THAT(line->text, HasSubstr("line 2"));
  EXPECT_THAT(line->text, HasSubstr("kept"));
  const std::uint64_t seq = agent_->status().reports;
  EXPECT_TRUE(two_.reports.takeThat([&](const auto& r) { return r.seq > seq; })) << "still told";
}

TEST_F(AgentTest, FollowsItsTargetsFile) {
  folder_.write("targets.txt", one_.targetLine());
  start();
  const auto first = one_.reports.take();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->report.targets, 1U);
  folder_.write("targets.txt", one_.targetLine() + two_.targetLine());
  const auto at_two = two_.reports.take();
  ASSERT_TRUE(at_two);
  EXPECT_EQ(at_two->report.targets, 2U);
  folder_.write("targets.txt", two_.targetLine());
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
  folder_.write("targets.txt", "balancer.invalid,1934,a-key-of-its-own\n" + one_.targetLine());
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
  refused([](AgentOptions& o) { o.interval = std::chrono::milliseconds::max(); }, "interval");
  refused([](AgentOptions& o) { o.bandwidth_capacity = balance::max_bits + 1; }, "bandwidth capacity");
  refused([](AgentOptions& o) { o.bandwidth_capacity = ~std::uint64_t{0}; }, "bandwidth capacity");
  refused([](AgentOptions& o) { o.health_period = 0ms; }, "period of health checks");
  refused([](AgentOptions& o) { o.health_period = std::chrono::milliseconds::max(); },
          "period of health checks");
  refused([](AgentOptions& o) { o.health_timeout = std::chrono::milliseconds::max(); }, "health check");
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

TEST_F(AgentTest, RefusesTwoAddressesForTheSameClients) {
  const auto refusalOf = [this](const std::string& scheme, const std::string& one, const std::string& two) {
    options_.addresses = {{scheme, "192.0.2.1", 0, one}, {"rtmp", "192.0.2.2", 1936, two}};
    const std::string failure = failureOfStart();
    agent_.reset();
    return failure;
  };
  EXPECT_THAT(refusalOf("rtmp", "", ""),
              HasSubstr("two redirect addresses of the scheme rtmp for everybody"));
  EXPECT_THAT(refusalOf("rtmp", "10.0.0.0/8", "10.1.2.3/8"), HasSubstr("for clients in 10.1.2.3/8"));
  EXPECT_EQ(refusalOf("rtmp", "", "10.0.0.0/8"), "");
  EXPECT_EQ(refusalOf("rtmp", "10.0.0.0/16", "10.0.0.0/8"), "");
  EXPECT_EQ(refusalOf("rtmps", "", ""), "");
}

TEST_F(AgentTest, ReportsTheLargestFiguresThereAre) {
  options_.capacity = std::numeric_limits<std::uint32_t>::max();
  options_.bandwidth_capacity = balance::max_bits;
  options_.interval = std::chrono::minutes(10);
  options_.health_period = std::chrono::minutes(10);
  options_.rtmp_port = std::numeric_limits<std::uint16_t>::max();
  options_.addresses.front().port = std::numeric_limits<std::uint16_t>::max();
  AgentLoad& load = figures_->load;
  load.connections = 1;
  load.capacity = std::numeric_limits<std::uint32_t>::max();
  load.accepts = load.in_bits = load.out_bits = ~std::uint64_t{0};
  load.cpu = std::numeric_limits<double>::max();
  start();
  const auto one = one_.reports.take();
  ASSERT_TRUE(one);
  EXPECT_EQ(one->report.in_bits, balance::max_bits);
  EXPECT_EQ(one->report.out_bits, balance::max_bits);
  EXPECT_EQ(one->report.connection_bits, balance::max_bits);
  EXPECT_EQ(one->report.bandwidth_capacity, balance::max_bits);
  EXPECT_EQ(one->report.accepts, ~std::uint64_t{0});
  EXPECT_EQ(one->report.cpu, 1);
  EXPECT_EQ(one->report.connection_capacity, std::numeric_limits<std::uint32_t>::max());
  figures_->set([](AgentLoad& l) {
    l.connections = std::numeric_limits<std::uint32_t>::max();
    l.accepts = 1000;  // the server restarted, and a crowd came to it
    l.healthy = false;
  });
  const auto many = one_.reports.takeThat([](const auto& r) { return !r.report.healthy; });
  ASSERT_TRUE(many);
  EXPECT_EQ(many->report.connections, std::numeric_limits<std::uint32_t>::max());
}

TEST_F(AgentTest, WarnsOfATargetsFileThatEverybodyMayRead) {
  using std::filesystem::perm_options;
  using std::filesystem::perms;
  const auto either = [](const Line& line) {
    return line.text.find("chmod o-r") != std::string::npos || line.text.find("paused") == 0;
  };
  const auto firstOf = [&](perm_options change) {
    std::filesystem::permissions(options_.targets_file, perms::others_read, change);
    start();
    agent_->pause();
    const auto line = log_.takeThat(either);
    return line ? line->text : "";
  };
  EXPECT_THAT(firstOf(perm_options::remove), HasSubstr("paused"));
  agent_.reset();
  EXPECT_THAT(firstOf(perm_options::add), HasSubstr("holds keys and may be read by everybody"));
}

TEST_F(AgentTest, TakesAListInPlaceOfAFile) {
  options_.targets_file.clear();
  options_.targets = {{"127.0.0.1", one_.port(), "the-first-balancers-key"}};
  start();
  EXPECT_TRUE(one_.reports.take());
}

}  // namespace
}  // namespace multiconn
