#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>

#include "agent/balancer_socket.hpp"
#include "agent/http/http_client.hpp"
#include "agent/tcp_server.hpp"
#include "program/listen_on.hpp"
#include "support/program_run.hpp"
#include "support/temporary_folder.hpp"
#include "support/vectors.hpp"

namespace multiconn {
namespace {

using balance::EdgeState;
using test::BalancerSocket;
using test::listeningPort;
using test::ProgramRun;
using test::TemporaryFolder;
using testing::HasSubstr;

class AgentProgram : public testing::Test {
 protected:
  std::string folder() const { return folder_.file(""); }
  /// The one line that it says before it ends with 1.
  std::string refusal(std::vector<std::string> arguments, const char* program = MULTICONN_AGENT) {
    arguments.insert(arguments.begin(), program);
    ProgramRun run(arguments, folder());
    const std::string errors = run.errors();
    EXPECT_EQ(run.status(), 1) << errors;
    EXPECT_EQ(std::count(errors.begin(), errors.end(), '\n'), 1) << errors;
    return errors;
  }
  std::string targets() { return folder_.write("targets.txt", balancer_.targetLine()); }
  std::string wowzaFile(const std::string& redirect) {
    const std::string placeholder = "[redirect-address]";
    std::string xml = test::wowzaVector("sender");
    xml.replace(xml.find(placeholder), placeholder.size(), redirect);
    return folder_.write("Server.xml", xml);
  }

  const TemporaryFolder folder_;
  BalancerSocket balancer_{"a-key-of-22-characters"};
};

TEST_F(AgentProgram, ReportsUntilItIsStopped) {
  const test::TcpServer server;
  const net::Socket client = test::connectTo(server.port());
  const std::string port = std::to_string(server.port());
  ProgramRun agent(
      {MULTICONN_AGENT, "--targets", targets(), "--redirect-address", "192.0.2.7:1936", "--monitor", "tcp",
       "--rtmp", "127.0.0.1:" + port, "--capacity", "300", "--admin", "0", "--agent-check", "127.0.0.1:0"},
      folder());
  const std::uint16_t admin = listeningPort(agent.line(), "admin");
  const std::uint16_t check = listeningPort(agent.line(), "agent-check");
  const auto report = balancer_.reports.take();
  ASSERT_TRUE(report);
  EXPECT_EQ(report->report.addresses.front().host, "192.0.2.7");
  EXPECT_EQ(report->report.addresses.front().port, 1936);
  EXPECT_EQ(report->report.connections, 1U);
  EXPECT_EQ(report->report.connection_capacity, 300U);
  EXPECT_FALSE(report->report.healthy) << "nobody shakes hands there";
  EXPECT_THAT(tools::httpExchange({"127.0.0.1", admin, "/status", {}}, {}).body,
              HasSubstr(report->guid.text()));
  EXPECT_THAT(test::readAll(test::connectTo(check)), HasSubstr("down"));
  agent.signal(SIGTERM);
  EXPECT_TRUE(
      balancer_.reports.takeThat([](const auto& r) { return r.report.state == EdgeState::stopping; }));
  EXPECT_EQ(agent.status(), 0);
  EXPECT_THAT(folder_.read("Server.guid"), HasSubstr(report->guid.text()));
}

TEST_F(AgentProgram, TakesTheDocumentsFilesAsTheyStand) {
  std::filesystem::create_directory(folder_.file("conf"));
  folder_.write(
      "conf/loadbalancertargets.txt",
      "# [load-balancer-ip-address],[load-balancer-port],[encryption-key]\n" + balancer_.targetLine());
  ProgramRun agent({MULTICONN_AGENT, "--wowza-conf", wowzaFile("192.0.2.7"), "--app-home", folder(), "--rtmp",
                    "off", "--monitor", "tcp"},
                   folder());
  const auto report = balancer_.reports.take();
  ASSERT_TRUE(report);
  EXPECT_EQ(report->report.addresses.front().host, "192.0.2.7");
  EXPECT_EQ(report->report.interval, std::chrono::milliseconds(2500));
}

TEST_F(AgentProgram, RefusesWowzasTrap) {
  for (const char* address : {"localhost", "127.0.0.1", "127.1.1.1"})
    EXPECT_THAT(refusal({"--wowza-conf", wowzaFile(address), "--targets", targets()}),
                HasSubstr("its own machine"));
  EXPECT_THAT(refusal({"--wowza-conf", wowzaFile(""), "--targets", targets()}),
              HasSubstr("--redirect-address"));
}

TEST_F(AgentProgram, WarnsOfAShortKeyAndOfACapacityThatIsNotKnown) {
  folder_.write("targets.txt", "127.0.0.1," + std::to_string(balancer_.port()) + ",023D4FB4IS83\n");
  ProgramRun agent(
      {MULTICONN_AGENT, "--targets", "targets.txt", "--redirect-address", "192.0.2.7", "--monitor", "tcp"},
      folder());
  ASSERT_TRUE(balancer_.refused.take()) << "another key";
  agent.signal(SIGTERM);
  const std::string errors = agent.errors();
  EXPECT_THAT(errors, HasSubstr("multiconn-ctl keygen"));
  EXPECT_THAT(errors, HasSubstr("--capacity"));
  EXPECT_THAT(errors, testing::Not(HasSubstr("023D4FB4IS83")));
}

TEST_F(AgentProgram, SaysInOneLineWhatIsWrong) {
  const std::string good = targets();
  const auto with = [&](std::vector<std::string> more) {
    more.insert(more.begin(), {"--targets", good, "--redirect-address", "192.0.2.7"});
    return refusal(more);
  };
  EXPECT_THAT(refusal({}), HasSubstr("--targets is missing"));
  EXPECT_THAT(refusal({"--targets", good}), HasSubstr("--redirect-address is missing"));
  EXPECT_THAT(refusal({"--targets", "none.txt", "--redirect-address", "192.0.2.7"}), HasSubstr("none.txt"));
  EXPECT_THAT(refusal({"--targets", good, "--redirect-address", "localhost"}), HasSubstr("its own machine"));
  EXPECT_THAT(
      refusal({"--targets", folder_.write("bad", "10.0.0.1,1934,023D4FB4IS83\n10.0.0.2,x,secretsecret\n"),
               "--redirect-address", "192.0.2.7"}),
      HasSubstr("line 2"));
  EXPECT_THAT(refusal({"--targets", folder_.write("short", "10.0.0.1,1934,1234567\n"), "--redirect-address",
                       "192.0.2.7"}),
              testing::AllOf(HasSubstr("line 1"), testing::Not(HasSubstr("1234567"))));
  EXPECT_THAT(with({"--monitor", "wowza"}), HasSubstr("--monitor"));
  EXPECT_THAT(with({"--monitor", "exec"}), HasSubstr("needs a command: --exec"));
  EXPECT_THAT(with({"--exec", "true"}), HasSubstr("--exec is for --monitor exec"));
  EXPECT_THAT(with({"--monitor", "tcp", "--monitor-url", "http://127.0.0.1/"}),
              HasSubstr("reads no --monitor-url"));
  EXPECT_THAT(with({"--monitor", "srs", "--monitor-url", "ftp://x"}), HasSubstr("http://host"));
  EXPECT_THAT(with({"--rtmp", "127.0.0.1:x"}), HasSubstr("ADDRESS:PORT"));
  EXPECT_THAT(with({"--capacity", "0"}), HasSubstr("--capacity"));
  EXPECT_THAT(with({"--interval", "5"}), HasSubstr("--interval"));
  EXPECT_THAT(with({"--bandwidth-capacity", "10Qb"}), HasSubstr("--bandwidth-capacity"));
  EXPECT_THAT(with({"--bandwidth-capacity", "9999999999999999"}), HasSubstr("bandwidth capacity"));
  EXPECT_THAT(with({"--app-home", "."}), HasSubstr("--wowza-conf, which is missing"));
  EXPECT_THAT(with({"--redirect-address", "192.0.2.8:1936"}), HasSubstr("two redirect addresses"));
  EXPECT_THAT(with({"--redirect-address", "rtmps://[::ffff:127.0.0.1]"}), HasSubstr("its own machine"));
  EXPECT_THAT(with({"--admin", "*:0"}), HasSubstr("every address"));
  EXPECT_THAT(with({"--admin", "0.0.0.0:0"}), HasSubstr("--admin-token-file"));
  EXPECT_THAT(with({"--admin", "host.example.com:0"}), HasSubstr("numeric"));
  EXPECT_THAT(with({"--admin-token-file", "x"}), HasSubstr("--admin, which is missing"));
  EXPECT_THAT(with({"--admin", "0", "--admin-token-file", "none"}), HasSubstr("none"));
  EXPECT_THAT(with({"--guid-file", "nowhere/Server.guid"}), HasSubstr("nowhere/Server.guid"));
  EXPECT_THAT(with({"--wowza-conf", "none.xml"}), HasSubstr("none.xml"));
  EXPECT_THAT(with({"--config", "none.ini"}), HasSubstr("none.ini"));
  EXPECT_THAT(with({"--fly"}), HasSubstr("--fly"));
}

TEST_F(AgentProgram, AnExecMonitorsLargestFiguresAreReported) {
  const std::string figures =
      R"({"connections":99999999999,"inBits":99999999999999999,"outBits":1e17,"accepts":18446744073709551615})";
  ProgramRun agent({MULTICONN_AGENT, "--targets", targets(), "--redirect-address", "192.0.2.7", "--monitor",
                    "exec", "--exec", "echo", "--exec", figures, "--rtmp", "off"},
                   folder());
  const auto report = balancer_.reports.take();
  ASSERT_TRUE(report);
  EXPECT_EQ(report->report.in_bits, balance::max_bits);
  EXPECT_EQ(report->report.out_bits, balance::max_bits);
  agent.signal(SIGTERM);
  EXPECT_EQ(agent.status(), 0);
}

TEST_F(AgentProgram, ListensOnEveryAddressOrLoopback) {
  const std::string token = folder_.write("admin.token", "0123456789abcdef");
  std::filesystem::permissions(token, std::filesystem::perms::others_read,
                               std::filesystem::perm_options::add);
  ProgramRun agent({MULTICONN_AGENT, "--targets", targets(), "--redirect-address", "192.0.2.7", "--admin",
                    ":0", "--admin-token-file", token, "--agent-check", ":0"},
                   folder());
  EXPECT_THAT(agent.line(), HasSubstr("listening admin 127.0.0.1:"));
  const std::string check = agent.line();
  EXPECT_THAT(check, testing::AnyOf(HasSubstr("agent-check [::]:"), HasSubstr("agent-check 0.0.0.0:")));
  EXPECT_NE(test::readAll(test::connectTo(listeningPort(check, "agent-check"))), "");
  agent.signal(SIGTERM);
  EXPECT_THAT(agent.errors(), HasSubstr("admin.token holds a token and may be read by everybody"));
}

TEST(ListenOn, FallsBackToIpv4WhereThereIsNoIpv6) {
  const auto withoutIpv6 = [](const std::string& host) {
    if (host.find(':') != std::string::npos)
      throw std::system_error(std::make_error_code(std::errc::address_family_not_supported));
  };
  EXPECT_EQ(tools::listenOn("", withoutIpv6), "0.0.0.0");
  EXPECT_EQ(tools::listenOn("127.0.0.1", withoutIpv6), "127.0.0.1");
  EXPECT_THROW(tools::listenOn("::", withoutIpv6), std::system_error) << "asked for by name";
  EXPECT_EQ(tools::listenOn("", [](const std::string&) {}), "::");
  const auto taken = [](const std::string&) {
    throw std::system_error(std::make_error_code(std::errc::address_in_use));
  };
  EXPECT_THROW(tools::listenOn("", taken), std::system_error);
}

TEST_F(AgentProgram, SaysThatAPortIsTaken) {
  const test::TcpServer taken;
  ProgramRun agent({MULTICONN_AGENT, "--targets", targets(), "--redirect-address", "192.0.2.7", "--capacity",
                    "5", "--log-level", "off", "--admin", "127.0.0.1:" + std::to_string(taken.port())},
                   folder());
  EXPECT_THAT(agent.errors(), HasSubstr(std::to_string(taken.port())));
  EXPECT_EQ(agent.status(), 1);
}

TEST_F(AgentProgram, ReadsItsOptionsFromAFile) {
  const std::string config = folder_.write(
      "agent.ini", "targets=\"" + targets() +
                       "\"\nredirect-address=\"192.0.2.9\"\ncapacity=42\n"
                       "monitor=\"exec\"\nexec=[\"echo\",\"{\\\"connections\\\":5}\"]\nrtmp=\"off\"\n");
  ProgramRun agent({MULTICONN_AGENT, "--config", config}, folder());
  const auto report = balancer_.reports.take();
  ASSERT_TRUE(report);
  EXPECT_EQ(report->report.connections, 5U);
  EXPECT_EQ(report->report.connection_capacity, 42U);
}

TEST_F(AgentProgram, OriginCarriesTheAgentInside) {
  ProgramRun origin({MULTICONN_ORIGIN, "--listen", "127.0.0.1:0", "--max-connections", "77", "--targets",
                     targets(), "--redirect-address", "192.0.2.8"},
                    folder());
  unsigned port = 0;
  ASSERT_EQ(std::sscanf(origin.line().c_str(), "listening rtmp 127.0.0.1:%u", &port), 1);
  const auto report = balancer_.reports.takeThat([](const auto& r) { return r.report.healthy; });
  ASSERT_TRUE(report);
  EXPECT_EQ(report->report.connections, 0U);
  EXPECT_EQ(report->report.accepts, 0U) << "a probe is no client";
  EXPECT_EQ(report->report.connection_capacity, 77U);
  EXPECT_EQ(report->report.addresses.front().port, port);
  EXPECT_TRUE(report->report.early_reports);
  origin.signal(SIGTERM);
  EXPECT_TRUE(
      balancer_.reports.takeThat([](const auto& r) { return r.report.state == EdgeState::stopping; }));
  EXPECT_EQ(origin.status(), 0);
}

TEST_F(AgentProgram, OriginRefusesWhatTheAgentCannotTake) {
  const auto refused = [this](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"--listen", "0"});
    return refusal(arguments, MULTICONN_ORIGIN);
  };
  EXPECT_THAT(refused({"--redirect-address", "192.0.2.8"}), HasSubstr("--targets is missing"));
  EXPECT_THAT(refused({"--targets", targets()}), HasSubstr("--redirect-address is missing"));
  EXPECT_THAT(refused({"--targets", targets(), "--redirect-address", "localhost"}),
              HasSubstr("its own machine"));
  EXPECT_THAT(refused({"--targets", "none", "--redirect-address", "192.0.2.8"}), HasSubstr("none"));
  EXPECT_THAT(refused({"--targets", targets(), "--redirect-address", "192.0.2.8", "--bandwidth-capacity",
                       "9999999999999999"}),
              HasSubstr("bandwidth capacity"));
}

}  // namespace
}  // namespace multiconn
