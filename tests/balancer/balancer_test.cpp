#include "balancer/balancer.hpp"

#include <gmock/gmock.h>
#include <sys/socket.h>

#include <boost/json/parse.hpp>

#include "balancer/client.hpp"
#include "balancer/state_file.hpp"
#include "balancer/test_agent.hpp"
#include "support/error_of.hpp"
#include "support/temporary_folder.hpp"

namespace multiconn::balancer {
namespace {

using balance::test::guidOf;
using balance::test::key_text;
using std::chrono::milliseconds;
using test::bodyOf;
using test::Client;
using test::statusOf;
using test::TestAgent;
using testing::HasSubstr;
using testing::Not;

constexpr const char* token = "the token of this test";

BalancerOptions onFreePorts() {
  BalancerOptions options;
  options.listen = options.udp = {{"127.0.0.1", 0}};
  options.admin = tools::AdminListener{{"127.0.0.1", 0}, token, {}};
  options.keys = {key_text};
  options.server_info = true;
  options.dispatcher.hold = milliseconds(0);
  return options;
}

class BalancerTest : public testing::Test {
 protected:
  void start(BalancerOptions options = onFreePorts()) {
    balancer.reset();
    balancer = std::make_unique<Balancer>(loop.scheduler(), std::move(options),
                                          [this](LogLevel, const auto& line) { log += line + "\n"; });
  }
  net::Address address(const std::string& kind) {
    for (const std::string& line : balancer->listening()) {
      if (line.starts_with(kind + " ")) {
        return *net::Address::numeric(
            "127.0.0.1", static_cast<std::uint16_t>(std::stoi(line.substr(line.rfind(':') + 1))));
      }
    }
    ADD_FAILURE() << kind;
    return {};
  }
  std::string ask(const std::string& target) {
    Client client(loop, address("rtmp").port());
    return bodyOf(client.get(target));
  }
  std::string admin(const std::string& target, const std::string& method = "GET",
                    const std::string& secret = {}, const std::string& host = "127.0.0.1") {
    Client client(loop, address("admin").port());
    const std::string field = secret.empty() ? "" : "Authorization: Bearer " + secret + "\r\n";
    client.send(method + " " + target + " HTTP/1.1\r\nHost: " + host + "\r\n" + field +
                "Content-Length: 0\r\n\r\n");
    return client.responses();
  }
  boost::json::object servers() { return boost::json::parse(bodyOf(admin("/servers"))).as_object(); }
  boost::json::array edges() { return servers().at("servers").as_array(); }
  bool told(const std::string& answer) {
    return loop.until([&] { return ask("/loadbalancer") == answer; });
  }

  net::test::Loop loop;
  std::string log;
  std::unique_ptr<Balancer> balancer;
  multiconn::test::TemporaryFolder folder;
};

TEST_F(BalancerTest, FromReportToPause) {
  start();
  EXPECT_EQ(ask("/loadbalancer"), "redirect=unknown");
  TestAgent agent(5);
  agent.reportTo(address("udp"));
  EXPECT_TRUE(told("redirect=10.0.0.5"));
  EXPECT_THAT(ask("/loadbalancer?serverInfoXML"), HasSubstr("<status>RUNNING</status>"));
  EXPECT_EQ(statusOf(admin("/servers/" + guidOf(5).text() + "/pause", "POST", token)), 200);
  EXPECT_EQ(ask("/loadbalancer"), "redirect=unknown");
  EXPECT_THAT(ask("/loadbalancer?serverInfoXML"), HasSubstr("<status>PAUSED</status>"));
  EXPECT_EQ(statusOf(admin("/servers/" + guidOf(5).text() + "/unpause", "POST", token)), 200);
  EXPECT_EQ(ask("/loadbalancer"), "redirect=10.0.0.5");
  agent.report.state = balance::EdgeState::stopping;
  agent.reportTo(address("udp"));
  EXPECT_TRUE(told("redirect=unknown"));
  EXPECT_THAT(ask("/loadbalancer?serverInfoXML"), HasSubstr("<status>STOPPED</status>"));
}

TEST_F(BalancerTest, OperationsNeedTheToken) {
  start();
  TestAgent(5).reportTo(address("udp"));
  ASSERT_TRUE(told("redirect=10.0.0.5"));
  const std::string pause = "/servers/" + guidOf(5).text() + "/pause";
  EXPECT_EQ(statusOf(admin(pause, "POST")), 401);
  EXPECT_EQ(statusOf(admin(pause, "POST", "another token of this test")), 401);
  EXPECT_EQ(statusOf(admin("/servers/nobody/pause", "POST", token)), 404);
  EXPECT_EQ(statusOf(admin("/servers/" + guidOf(5).text() + "/stop", "POST", token)), 404);
  EXPECT_EQ(ask("/loadbalancer"), "redirect=10.0.0.5");
  EXPECT_THAT(log, Not(HasSubstr(token)));
}

TEST_F(BalancerTest, PagesOnLoopbackAreNotForNamesThatWereMadeToLeadThere) {
  BalancerOptions options = onFreePorts();
  options.admin->names = {"admin.example.com"};
  start(options);
  EXPECT_EQ(statusOf(admin("/servers")), 200);
  EXPECT_EQ(statusOf(admin("/servers", "GET", {}, "admin.example.com:1936")), 200);
  EXPECT_EQ(statusOf(admin("/servers", "GET", {}, "rebound.example.com")), 401);
  EXPECT_EQ(statusOf(admin("/servers", "GET", token, "rebound.example.com")), 200);
  options.admin->token.clear();
  start(options);
  EXPECT_EQ(statusOf(admin("/servers")), 200);
  for (const char* const path : {"/servers", "/history", "/metrics"}) {
    EXPECT_EQ(statusOf(admin(path, "GET", {}, "rebound.example.com")), 421) << path;
  }
}

TEST_F(BalancerTest, WithoutATokenNothingCanBeChanged) {
  BalancerOptions options = onFreePorts();
  options.admin->token.clear();
  start(options);
  EXPECT_EQ(statusOf(admin("/servers/x/pause", "POST")), 403);
  EXPECT_EQ(servers().at("balancer").at("operations"), false);
}

TEST_F(BalancerTest, AdminShowsEdgesMetricsAndThePage) {
  start();
  TestAgent agent(5);
  agent.report.connection_capacity = 34;
  agent.reportTo(address("udp"));
  ASSERT_TRUE(told("redirect=10.0.0.5"));
  const auto document = servers();
  const auto& server = document.at("servers").as_array().at(0);
  EXPECT_EQ(server.at("id").as_string().c_str(), guidOf(5).text());
  EXPECT_EQ(server.at("redirect"), "10.0.0.5");
  EXPECT_EQ(server.at("status"), "running");
  EXPECT_EQ(server.at("connections"), 17);
  EXPECT_EQ(server.at("load"), 0.5);
  EXPECT_EQ(document.at("balancer").at("reports"), 1);
  const std::string metrics = bodyOf(admin("/metrics"));
  EXPECT_THAT(metrics, HasSubstr("multiconn_balancer_edges{status=\"running\"} 1\n"));
  EXPECT_THAT(metrics, HasSubstr("multiconn_balancer_edge_redirects_total{edge=\"" + guidOf(5).text() +
                                 "\",address=\"10.0.0.5\"} 1\n"));
  EXPECT_THAT(metrics, HasSubstr("multiconn_balancer_report_refusals_total{reason=\"bad_seal\"} 0\n"));
  EXPECT_THAT(metrics, HasSubstr("multiconn_balancer_report_drops_total 0\n"));
  EXPECT_THAT(metrics, HasSubstr("multiconn_balancer_look_ups_total{form=\"text\",result=\"ok\"} 1\n"));
  EXPECT_THAT(metrics, HasSubstr("multiconn_balancer_process_resident_bytes "));
  EXPECT_THAT(bodyOf(admin("/history")), HasSubstr("\"samples\":[{"));
  EXPECT_EQ(bodyOf(admin("/healthz")), "ok\n");
  for (const char* const file : {"/", "/page.css", "/page.js"}) {
    const std::string response = admin(file);
    EXPECT_EQ(statusOf(response), 200) << file;
    EXPECT_THAT(response, HasSubstr("Content-Security-Policy: default-src 'none'; script-src 'self'"));
  }
}

TEST_F(BalancerTest, RefusesForgeriesSilentlyAndCountsThem) {
  start();
  TestAgent agent(5);
  const rtmp::Bytes sealed = agent.seal();
  rtmp::Bytes broken = sealed;
  broken.back() ^= std::byte{1};
  agent.sendTo(address("udp"), broken);
  agent.sendTo(address("udp"), rtmp::Bytes(1500, std::byte{7}));
  agent.sendTo(address("udp"), {});
  agent.sendTo(address("udp"), sealed);
  agent.sendTo(address("udp"), sealed);
  ASSERT_TRUE(loop.until([&] { return servers().at("balancer").at("refused").as_int64() == 4; }));
  const auto document = servers();
  const auto& refusals = document.at("balancer").at("refusals");
  EXPECT_EQ(refusals.at("bad_seal"), 1);
  EXPECT_EQ(refusals.at("oversized"), 1);
  EXPECT_EQ(refusals.at("malformed"), 1);
  EXPECT_EQ(refusals.at("replayed"), 1);
  EXPECT_EQ(document.at("balancer").at("reports"), 1);
  EXPECT_FALSE(agent.wasAnswered());
  EXPECT_THAT(log, HasSubstr("127.0.0.1: its seal is broken"));
  EXPECT_THAT(log, Not(HasSubstr(key_text)));
}

TEST_F(BalancerTest, HoldsItsAnswersAfterTheStart) {
  BalancerOptions options = onFreePorts();
  options.dispatcher.hold = std::chrono::hours(1);
  options.dispatcher.hold_until_edges = 2;
  start(options);
  TestAgent(5).reportTo(address("udp"));
  ASSERT_TRUE(loop.until([&] { return servers().at("servers").as_array().size() == 1; }));
  EXPECT_EQ(ask("/loadbalancer"), "redirect=unknown");
  EXPECT_THAT(ask("/loadbalancer?format=json"), HasSubstr("\"reason\":\"starting\""));
  EXPECT_EQ(servers().at("balancer").at("state"), "starting");
  TestAgent(6).reportTo(address("udp"));
  EXPECT_TRUE(loop.until([&] { return ask("/loadbalancer") != "redirect=unknown"; }));
  EXPECT_EQ(servers().at("balancer").at("state"), "running");
}

TEST_F(BalancerTest, RefusesAReplayAfterARestart) {
  BalancerOptions options = onFreePorts();
  options.state_file = folder.path() / "state";
  start(options);
  TestAgent agent(5);
  const rtmp::Bytes recorded = agent.seal();
  agent.sendTo(address("udp"), recorded);
  ASSERT_TRUE(told("redirect=10.0.0.5"));
  balancer.reset();
  start(options);
  agent.sendTo(address("udp"), recorded);
  ASSERT_TRUE(loop.until([&] { return servers().at("balancer").at("refused").as_int64() == 1; }));
  EXPECT_EQ(ask("/loadbalancer"), "redirect=unknown");
  EXPECT_TRUE(loop.until([&] {
    agent.reportTo(address("udp"));
    return ask("/loadbalancer") == "redirect=10.0.0.5";
  }));
}

TEST_F(BalancerTest, WhatIsPausedIsStillPausedAfterARestart) {
  BalancerOptions options = onFreePorts();
  options.state_file = folder.path() / "state";
  TestAgent agent(5);
  const auto restarted = [&] {
    balancer.reset();
    start(options);
    // Nothing is accepted that was sent in the millisecond of the last save.
    EXPECT_TRUE(loop.until([&] {
      agent.reportTo(address("udp"));
      return edges().size() == 1 && edges().at(0).at("reports") != 0;
    }));
    return edges().at(0).at("status");
  };
  const auto operate = [&](const std::string& operation) {
    return statusOf(admin("/servers/" + guidOf(5).text() + "/" + operation, "POST", token));
  };
  EXPECT_EQ(restarted(), "running");
  EXPECT_EQ(operate("pause"), 200);
  EXPECT_EQ(restarted(), "paused");
  EXPECT_EQ(ask("/loadbalancer"), "redirect=unknown");
  // Twice: what was read has to be written again.
  EXPECT_EQ(restarted(), "paused");
  EXPECT_EQ(operate("unpause"), 200);
  EXPECT_EQ(restarted(), "running");
  EXPECT_EQ(ask("/loadbalancer"), "redirect=10.0.0.5");
}

TEST_F(BalancerTest, AnEdgeThatHasNotComeYetCanBeUnpaused) {
  BalancerOptions options = onFreePorts();
  options.state_file = folder.path() / "state";
  writeStateFile(options.state_file, {{}, {}, {guidOf(5), guidOf(6)}});
  start(options);
  EXPECT_THAT(log, HasSubstr("still paused: 2 (" + guidOf(5).text() + ", " + guidOf(6).text() + ")"));
  EXPECT_EQ(edges().size(), 2u);
  EXPECT_EQ(statusOf(admin("/servers/" + guidOf(5).text() + "/unpause", "POST", token)), 200);
  EXPECT_EQ(edges().size(), 1u);
  EXPECT_EQ(statusOf(admin("/servers/" + guidOf(5).text() + "/unpause", "POST", token)), 404);
  TestAgent(5).reportTo(address("udp"));
  TestAgent(6).reportTo(address("udp"));
  EXPECT_TRUE(told("redirect=10.0.0.5"));
  EXPECT_EQ(ask("/loadbalancer?count=2"), "redirect=10.0.0.5");
}

TEST_F(BalancerTest, NamesTheFirstFiveOfThoseThatAreStillPaused) {
  BalancerOptions options = onFreePorts();
  options.state_file = folder.path() / "state";
  SavedState saved;
  for (unsigned number = 1; number <= 6; ++number) saved.paused.push_back(guidOf(number));
  writeStateFile(options.state_file, saved);
  start(options);
  EXPECT_THAT(log, HasSubstr("still paused: 6 ("));
  EXPECT_THAT(log, HasSubstr(guidOf(5).text() + ", ...): multiconn-ctl servers lists them"));
  EXPECT_THAT(log, Not(HasSubstr(guidOf(6).text())));
  EXPECT_EQ(edges().size(), 6u);
}

TEST_F(BalancerTest, NothingIsSaidOfThePausedWhereAPortIsTaken) {
  BalancerOptions options = onFreePorts();
  start(options);
  options.admin->at.port = address("admin").port();
  options.state_file = folder.path() / "state";
  writeStateFile(options.state_file, {{}, {}, {guidOf(5)}});
  log.clear();
  const auto ignore = [this](LogLevel, const auto& line) { log += line + "\n"; };
  EXPECT_THROW(Balancer(loop.scheduler(), options, ignore), std::system_error);
  EXPECT_EQ(log, "");
}

TEST_F(BalancerTest, APauseIsSavedWithoutAnyReport) {
  BalancerOptions options = onFreePorts();
  options.state_file = folder.path() / "state";
  start(options);
  const auto saved = [&] {
    return std::get<SavedState>(parseState(readStateFile(options.state_file).value_or("")));
  };
  TestAgent(5).reportTo(address("udp"));
  ASSERT_TRUE(loop.until([&] { return saved().marks.size() == 1; }));
  EXPECT_EQ(statusOf(admin("/servers/" + guidOf(5).text() + "/pause", "POST", token)), 200);
  EXPECT_TRUE(loop.until([&] { return saved().paused == std::vector{guidOf(5)}; }));
}

TEST_F(BalancerTest, ADamagedStateFileLetsNothingOldIn) {
  BalancerOptions options = onFreePorts();
  options.state_file = folder.write("state", "multiconn-balancer state 1\nsaved 17");
  TestAgent agent(5);
  const rtmp::Bytes recorded = agent.seal();
  start(options);
  EXPECT_THAT(log, HasSubstr("is of no use"));
  agent.sendTo(address("udp"), recorded);
  EXPECT_TRUE(loop.until([&] { return servers().at("balancer").at("refused").as_int64() == 1; }));
  const auto text = readStateFile(options.state_file);
  ASSERT_TRUE(text);
  EXPECT_TRUE(std::holds_alternative<SavedState>(parseState(*text)));
}

TEST_F(BalancerTest, OverwritesNoFileOfSomebodyElse) {
  BalancerOptions options = onFreePorts();
  for (const char* const text : {"[Unit]\nDescription=x\n", "multiconn-balancer state 2\nend 0\n", "\n"}) {
    options.state_file = folder.write("other", text);
    EXPECT_THAT(multiconn::test::errorOf([&] { start(options); }), HasSubstr("other is no state file"));
    EXPECT_EQ(readStateFile(options.state_file), text);
  }
  options.state_file = folder.write("empty", "");
  start(options);
  EXPECT_THAT(log, HasSubstr("is of no use"));
}

TEST_F(BalancerTest, TwoDoNotShareAStateFile) {
  BalancerOptions options = onFreePorts();
  options.state_file = folder.path() / "state";
  start(options);
  EXPECT_THAT(
      multiconn::test::errorOf([&] { Balancer(loop.scheduler(), options, [](LogLevel, const auto&) {}); }),
      HasSubstr("state is in use by another balancer"));
  start(options);
}

TEST_F(BalancerTest, SavesItsStateEachSecond) {
  BalancerOptions options = onFreePorts();
  options.state_file = folder.path() / "state";
  start(options);
  TestAgent(5).reportTo(address("udp"));
  EXPECT_TRUE(loop.until([&] {
    const auto state = parseState(readStateFile(options.state_file).value_or(""));
    return std::get<SavedState>(state).marks.size() == 1;
  }));
}

TEST_F(BalancerTest, KeysCanBeRotated) {
  start();
  balancer->setKeys({balance::test::other_key_text, key_text});
  TestAgent old_key(5), new_key(6, balance::test::other_key_text);
  old_key.reportTo(address("udp"));
  new_key.reportTo(address("udp"));
  ASSERT_TRUE(loop.until([&] { return servers().at("servers").as_array().size() == 2; }));
  balancer->setKeys({balance::test::other_key_text});
  old_key.reportTo(address("udp"));
  EXPECT_TRUE(
      loop.until([&] { return servers().at("balancer").at("refusals").at("unknown_key").as_int64() == 1; }));
}

TEST_F(BalancerTest, ListensOnSeveralPortsAndBothFamilies) {
  BalancerOptions options = onFreePorts();
  options.udp = {{"", 0}, {"127.0.0.1", 0}};
  options.listen = {{"", 0}, {"127.0.0.1", 0}};
  start(options);
  EXPECT_EQ(balancer->listening().size(), 5u);
  TestAgent(5).reportTo(address("udp"));
  EXPECT_TRUE(told("redirect=10.0.0.5"));
}

TEST_F(BalancerTest, SaysWhichPortIsInUse) {
  start();
  BalancerOptions options = onFreePorts();
  options.udp = {{"127.0.0.1", address("udp").port()}};
  EXPECT_THAT(
      multiconn::test::errorOf([&] { Balancer(loop.scheduler(), options, [](LogLevel, const auto&) {}); }),
      HasSubstr("cannot listen for reports on 127.0.0.1 port " + std::to_string(options.udp[0].port)));
}

}  // namespace
}  // namespace multiconn::balancer
