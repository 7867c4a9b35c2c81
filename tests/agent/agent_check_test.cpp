#include "agent/program/agent_check.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <boost/json/parse.hpp>

#include "agent/balancer_socket.hpp"
#include "agent/http/http_client.hpp"
#include "agent/local_thread.hpp"
#include "agent/program/admin.hpp"
#include "agent/program/attributes.hpp"
#include "agent/set_monitor.hpp"
#include "agent/tcp_server.hpp"
#include "support/temporary_folder.hpp"

namespace multiconn::agent {
namespace {

using testing::HasSubstr;

AgentStatus healthyAt(double share) {
  AgentStatus status;
  status.healthy = true;
  status.share = share;
  return status;
}

TEST(AgentCheckLine, IsTheShareThatIsFree) {
  EXPECT_EQ(agentCheckLine(healthyAt(0)), "up ready 100%\n");
  EXPECT_EQ(agentCheckLine(healthyAt(0.25)), "up ready 75%\n");
  EXPECT_EQ(agentCheckLine(healthyAt(0.999)), "up ready 1%\n");
  EXPECT_EQ(agentCheckLine(healthyAt(1)), "up ready 0%\n");
  EXPECT_EQ(agentCheckLine(healthyAt(3)), "up ready 0%\n");
}

TEST(AgentCheckLine, SaysWhyNobodyIsToCome) {
  AgentStatus status = healthyAt(0.5);
  status.state = AgentState::paused;
  EXPECT_EQ(agentCheckLine(status), "up drain\n");
  status.healthy = false;
  status.trouble = "the server\nhangs";
  EXPECT_EQ(agentCheckLine(status), "down #the server hangs\n");
  status.state = AgentState::stopping;
  EXPECT_EQ(agentCheckLine(status), "stopped\n");
}

TEST(AgentCheck, TellsWhoeverConnects) {
  test::LocalThread thread;
  std::optional<AgentCheck> check;
  thread.run([&] {
    check.emplace(thread.scheduler(), "127.0.0.1", 0, [] { return agentCheckLine(healthyAt(0.25)); });
    check->start();
  });
  for (const char* sent : {"", "be_rtmp/edge1\n"}) {
    const net::Socket client = test::connectTo(check->port());
    ::send(client.descriptor(), sent, strlen(sent), MSG_NOSIGNAL);
    EXPECT_EQ(test::readAll(client), "up ready 75%\n");
  }
  thread.run([&] { check.reset(); });
}

class AdminTest : public testing::Test {
 protected:
  AdminTest() {
    AgentOptions options;
    options.addresses = {{"rtmp", "edge1.example.com", 0, {}}};
    options.guid_file = folder_.file("Server.guid");
    options.targets = {{"127.0.0.1", balancer_.port(), "a-key-for-this-test"}};
    figures_->load.connections = 250;
    figures_->load.accepts = 300;
    agent_ = std::make_unique<Agent>(options, std::make_unique<test::SetMonitor>(figures_));
    balancer_.reports.take();
  }
  void serve(const std::string& token, bool read_needs_token = false) {
    web_ = std::make_unique<test::LocalWeb>(adminHandler(*agent_, {token, read_needs_token, {}}));
  }
  tools::HttpReply ask(const std::string& method, const std::string& target, const std::string& token = {}) {
    tools::HttpAsk ask;
    ask.method = method;
    if (!token.empty()) ask.authorization = "Bearer " + token;
    return tools::httpExchange(tools::parseHttpUrl(web_->url(target)), ask);
  }

  const test::TemporaryFolder folder_;
  test::BalancerSocket balancer_{"a-key-for-this-test"};
  std::shared_ptr<test::SetMonitor::Shared> figures_ = std::make_shared<test::SetMonitor::Shared>();
  std::unique_ptr<Agent> agent_;
  std::unique_ptr<test::LocalWeb> web_;
};

TEST_F(AdminTest, TellsItsAttributes) {
  serve("");
  const tools::HttpReply reply = ask("GET", "/status");
  EXPECT_EQ(reply.status, 200U);
  const boost::json::object status = boost::json::parse(reply.body).as_object();
  EXPECT_EQ(status.at("id").as_string(), agent_->status().guid.c_str());
  EXPECT_EQ(status.at("status"), "RUNNING");
  EXPECT_EQ(status.at("redirect"), "edge1.example.com");
  EXPECT_EQ(status.at("connections"), 250);
  EXPECT_EQ(status.at("capacity"), 1000);
  EXPECT_GE(status.at("load").to_number<double>(), 0.25);
  EXPECT_EQ(status.at("accepts"), 300);
  EXPECT_EQ(status.at("paused"), false);
  EXPECT_THAT(reply.body, testing::Not(HasSubstr("a-key-for-this-test")));
  EXPECT_EQ(ask("GET", "/healthz").status, 200U);
  EXPECT_EQ(ask("GET", "/else").status, 404U);
  EXPECT_EQ(ask("GET", "/pause").status, 405U);
}

TEST_F(AdminTest, HasMetrics) {
  serve("");
  const std::string text = ask("GET", "/metrics").body;
  EXPECT_THAT(text, HasSubstr("multiconn_agent_connections 250"));
  EXPECT_THAT(text, HasSubstr("multiconn_agent_accepts_total 300"));
  EXPECT_THAT(text, HasSubstr("multiconn_agent_healthy 1"));
  EXPECT_THAT(text, HasSubstr("multiconn_agent_target_reports_total{"));
}

TEST_F(AdminTest, PausesForWhoeverHasTheToken) {
  serve("a-token-of-some-length");
  EXPECT_EQ(ask("POST", "/pause").status, 401U);
  EXPECT_EQ(ask("POST", "/pause", "another-token-entirely").status, 401U);
  EXPECT_EQ(ask("POST", "/pause", "a-token-of-some-length").status, 200U);
  ASSERT_TRUE(
      balancer_.reports.takeThat([](const auto& r) { return r.report.state == balance::EdgeState::paused; }));
  EXPECT_EQ(ask("GET", "/healthz").status, 503U);
  EXPECT_THAT(ask("GET", "/status").body, HasSubstr("PAUSED"));
  EXPECT_EQ(ask("POST", "/unpause", "a-token-of-some-length").status, 200U);
  EXPECT_TRUE(balancer_.reports.takeThat(
      [](const auto& r) { return r.report.state == balance::EdgeState::running; }));
  EXPECT_EQ(ask("POST", "/status", "a-token-of-some-length").status, 404U);
}

TEST_F(AdminTest, WithoutATokenNothingCanBeChanged) {
  serve("");
  EXPECT_EQ(ask("POST", "/pause").status, 403U);
}

TEST_F(AdminTest, TurnsAwayWhoeverComesByAnotherName) {
  serve("");
  const auto under = [&](const std::string& host) {
    http::HttpRequest request;
    request.method = "GET";
    request.path = "/status";
    request.host = host;
    return adminHandler(*agent_, {"", false, {"edge1.example.com"}})(request).status;
  };
  EXPECT_EQ(under("127.0.0.1:8080"), 200U);
  EXPECT_EQ(under("edge1.example.com"), 200U);
  EXPECT_EQ(under("rebound.example.com"), 421U);
}

TEST_F(AdminTest, ReadingCanNeedTheTokenToo) {
  serve("a-token-of-some-length", true);
  EXPECT_EQ(ask("GET", "/status").status, 401U);
  EXPECT_EQ(ask("GET", "/metrics").status, 401U);
  EXPECT_EQ(ask("GET", "/status", "a-token-of-some-length").status, 200U);
  EXPECT_EQ(ask("GET", "/healthz").status, 200U);
}

TEST_F(AdminTest, WhyItIsIllIsForThoseWhoMayRead) {
  constexpr const char* token = "a-token-of-some-length";
  constexpr const char* reason = "its monitor says that it takes no clients\n";
  figures_->set([](AgentLoad& load) { load.healthy = false; });
  ASSERT_TRUE(balancer_.reports.takeThat([](const auto& r) { return !r.report.healthy; }));
  serve(token, true);
  EXPECT_EQ(ask("GET", "/healthz").status, 503U);
  EXPECT_EQ(ask("GET", "/healthz").body, "UNKNOWN\n");
  EXPECT_EQ(ask("GET", "/healthz", "another-token-entirely").body, "UNKNOWN\n");
  EXPECT_EQ(ask("GET", "/healthz", token).status, 503U);
  EXPECT_EQ(ask("GET", "/healthz", token).body, reason);
  http::HttpRequest request;
  request.method = "GET";
  request.path = "/healthz";
  const auto onLoopback = adminHandler(*agent_, {});
  EXPECT_EQ(onLoopback(request).body, reason);
  request.host = "rebound.example.com";
  EXPECT_EQ(onLoopback(request).status, 503U);
  EXPECT_EQ(onLoopback(request).body, "UNKNOWN\n");
}

}  // namespace
}  // namespace multiconn::agent
