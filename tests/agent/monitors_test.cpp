#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/local_thread.hpp"
#include "agent/monitors/auto_monitor.hpp"
#include "agent/monitors/make_monitor.hpp"
#include "agent/monitors/mediamtx_monitor.hpp"
#include "agent/monitors/nginx_rtmp_monitor.hpp"
#include "agent/monitors/origin_status_monitor.hpp"
#include "agent/monitors/srs_monitor.hpp"
#include "agent/tcp_server.hpp"
#include "agent/waiting.hpp"
#include "support/error_of.hpp"
#include "support/vectors.hpp"

namespace multiconn::agent {
namespace {

using namespace std::chrono_literals;
using http::HttpRequest;
using http::HttpResponse;
using test::LocalWeb;
using test::monitorVector;

HttpResponse page(std::string body) {
  return {200, "application/json", std::move(body), {}};
}
const HttpResponse not_found{404, "text/plain", "", {}};

TEST(NginxStat, OfARecordedPage) {
  const NginxStat stat = parseNginxStat(monitorVector("nginx_stat.xml"));
  EXPECT_EQ(stat.clients, 3U);
  EXPECT_EQ(stat.accepts, 4U);
  EXPECT_EQ(stat.bytes_in, 157685U);
  EXPECT_EQ(stat.bytes_out, 79924U);
  EXPECT_EQ(stat.pid, 13582);
}

TEST(NginxStat, RefusesOtherPages) {
  for (const char* text : {"", "<html></html>", "<rtmp>", "{}"})
    EXPECT_THROW(parseNginxStat(text), std::runtime_error) << text;
}

TEST(NginxWorkers, OfAProcessThatIsNoNginx) {
  EXPECT_EQ(nginxWorkers(::getpid()), 1);
  EXPECT_EQ(nginxWorkers(0), std::nullopt);
}

TEST(NginxRtmpMonitor, ReadsThePageAndLeavesItsProbesOut) {
  const LocalWeb web([](const HttpRequest& request) {
    return request.path == "/stat" ? page(monitorVector("nginx_stat.xml")) : not_found;
  });
  NginxRtmpMonitor monitor(tools::parseHttpUrl(web.url("/stat")));
  monitor.probing(50000);
  monitor.probed(50000, true);
  const AgentLoad load = monitor.load();
  EXPECT_EQ(load.connections, 3U);
  EXPECT_EQ(load.accepts, 3U);
  EXPECT_FALSE(load.accepts_estimated);
  NginxRtmpMonitor wrong(tools::parseHttpUrl(web.url("/statistics?secret")));
  EXPECT_EQ(test::errorOf([&] { wrong.load(); }),
            web.url("/statistics") + " answered with HTTP 404; --monitor-url names another page");
}

TEST(SrsAnswers, OfItsDocumentation) {
  const SrsSummary summary = parseSrsSummary(monitorVector("srs_summaries.json"));
  EXPECT_EQ(summary.bytes_in, 89323998U);
  EXPECT_EQ(summary.bytes_out, 66463941U);
  EXPECT_THAT(parseSrsClients(monitorVector("srs_clients.json")),
              testing::ElementsAre("b3op069g", "2a02u288", "7kw4p1z3"));
  EXPECT_THAT(parseSrsClients(monitorVector("srs2_clients.json")), testing::ElementsAre("107", "109"));
}

TEST(SrsAnswers, RefuseErrorsAndNonsense) {
  for (const char* text : {"", "[]", "{}", R"({"code":100})", R"({"code":0})", R"({"code":0,"clients":7})"}) {
    EXPECT_THROW(parseSrsClients(text), std::runtime_error) << text;
    EXPECT_THROW(parseSrsSummary(text), std::runtime_error) << text;
  }
}

TEST(SrsMonitor, CountsNewClients) {
  std::string clients = monitorVector("srs2_clients.json");
  const LocalWeb web([&](const HttpRequest& request) {
    if (request.path == "/api/v1/summaries") return page(monitorVector("srs_summaries.json"));
    EXPECT_EQ(request.query, "start=0&count=10000");
    return request.path == "/api/v1/clients/" ? page(clients) : not_found;
  });
  SrsMonitor monitor(tools::parseHttpUrl(web.url()));
  EXPECT_EQ(monitor.load().connections, 2U);
  clients = monitorVector("srs_clients.json");
  const AgentLoad load = monitor.load();
  EXPECT_EQ(load.connections, 3U);
  EXPECT_EQ(load.accepts, 5U);
  EXPECT_TRUE(load.accepts_estimated);
}

TEST(MediamtxPage, OfItsDocumentation) {
  const MediamtxPage older = parseMediamtxPage(monitorVector("mediamtx_rtmpconns.json"));
  ASSERT_EQ(older.connections.size(), 3U);
  EXPECT_EQ(older.pages, 1U);
  EXPECT_EQ(older.connections[0].id, "6f2a6a1c-24b1-4f0e-8a1e-1f6f0e6d8a11");
  EXPECT_EQ(older.connections[0].port, 50210);
  EXPECT_EQ(older.connections[1].port, 50211);
  EXPECT_EQ(older.connections[1].bytes_out, 66455000U);
  const MediamtxPage newer = parseMediamtxPage(monitorVector("mediamtx_rtmpconns_newer.json"));
  EXPECT_EQ(newer.connections.at(0).bytes_in, 1000U);
  for (const char* text : {"", "{}", R"({"items":3})"})
    EXPECT_THROW(parseMediamtxPage(text), std::runtime_error) << text;
}

TEST(MediamtxMonitor, LeavesItsProbesOut) {
  const LocalWeb web([](const HttpRequest& request) {
    return request.path == "/v3/rtmpconns/list" ? page(monitorVector("mediamtx_rtmpconns.json")) : not_found;
  });
  MediamtxMonitor monitor(tools::parseHttpUrl(web.url()));
  monitor.probing(50212);
  const AgentLoad load = monitor.load();
  EXPECT_EQ(load.connections, 2U);
  EXPECT_EQ(load.accepts, 2U);
  EXPECT_TRUE(load.accepts_estimated);
}

TEST(MediamtxMonitor, ReadsEveryPageOfBothLists) {
  const LocalWeb web([](const HttpRequest& request) {
    const bool second = request.query == "itemsPerPage=1000&page=1";
    if (request.path == "/v3/rtmpsconns/list") return page(R"({"pageCount":1,"items":[{"id":"c"}]})");
    return page(second ? R"({"pageCount":2,"items":[{"id":"b"}]})"
                       : R"({"pageCount":2,"items":[{"id":"a"}]})");
  });
  MediamtxMonitor monitor(tools::parseHttpUrl(web.url()));
  EXPECT_EQ(monitor.load().connections, 3U);
}

constexpr const char* origin_status =
    R"({"uptime_s":3.2,"connections":4,"connections_total":90,"connections_refused":0,"bytes_in":1000,)"
    R"("bytes_out":2000,"streams":[],"applications":[{"app":"live","clients":2,"shared_objects":[]},)"
    R"({"app":"chat","clients":1,"shared_objects":[]}]})";

TEST(OriginStatusMonitor, CountsClientsNotConnections) {
  const LocalWeb web([](const HttpRequest&) { return page(origin_status); });
  OriginStatusMonitor monitor(tools::parseHttpUrl(web.url("/status.json")));
  const AgentLoad load = monitor.load();
  EXPECT_EQ(load.connections, 3U);
  EXPECT_EQ(load.accepts, 90U);
  EXPECT_THROW(parseOriginStatus("{}"), std::runtime_error);
}

class AutoMonitorTest : public testing::Test {
 protected:
  AgentLoad loadOf(const LocalWeb& web) {
    options_.url = tools::parseHttpUrl(web.url("/stat"));
    monitor_ = std::make_unique<AutoMonitor>(options_);
    return monitor_->load();
  }
  AutoOptions options_;
  std::unique_ptr<AutoMonitor> monitor_;
};

TEST_F(AutoMonitorTest, KnowsEachServerByWhatItAnswers) {
  const LocalWeb nginx([](const HttpRequest&) { return page(monitorVector("nginx_stat.xml")); });
  EXPECT_EQ(loadOf(nginx).connections, 3U);
  EXPECT_EQ(monitor_->name(), "nginx-rtmp");
  const LocalWeb origin([](const HttpRequest&) { return page(origin_status); });
  loadOf(origin);
  EXPECT_EQ(monitor_->name(), "origin");
  const LocalWeb srs([](const HttpRequest& request) {
    return page(
        monitorVector(request.path == "/api/v1/summaries" ? "srs_summaries.json" : "srs_clients.json"));
  });
  loadOf(srs);
  EXPECT_EQ(monitor_->name(), "srs");
  const LocalWeb mediamtx([](const HttpRequest& request) {
    return request.path == "/v3/rtmpconns/list" ? page(monitorVector("mediamtx_rtmpconns.json")) : not_found;
  });
  EXPECT_EQ(loadOf(mediamtx).connections, 3U);
  EXPECT_EQ(monitor_->name(), "mediamtx");
}

TEST_F(AutoMonitorTest, CountsConnectionsWhereNobodyTellsFigures) {
  const test::TcpServer server;
  const net::Socket client = test::connectTo(server.port());
  options_.rtmp_port = server.port();
  const LocalWeb web([](const HttpRequest&) { return not_found; });
  EXPECT_EQ(loadOf(web).connections, 1U);
  EXPECT_EQ(monitor_->name(), "tcp");
}

TEST_F(AutoMonitorTest, SaysWhereItReads) {
  std::string told;
  options_.log = [&](const std::string& line) { told = line; };
  const LocalWeb web([](const HttpRequest&) { return page(origin_status); });
  loadOf(web);
  EXPECT_EQ(told, "figures are read by the monitor origin, at " + web.url("/stat"));
}

TEST_F(AutoMonitorTest, GoesOnCountingWhenItFindsSomethingBetter) {
  const test::TcpServer server;
  const net::Socket client = test::connectTo(server.port());
  options_.rtmp_port = server.port();
  options_.again = 0ms;
  bool running = false;
  const LocalWeb web([&](const HttpRequest&) { return running ? page(origin_status) : not_found; });
  EXPECT_EQ(loadOf(web).accepts, 1U);
  running = true;
  const AgentLoad load = monitor_->load();
  EXPECT_EQ(monitor_->name(), "origin");
  EXPECT_EQ(load.accepts, 1U) << "90 clients have not come at once";
  EXPECT_EQ(load.connections, 3U);
}

TEST(MakeMonitor, KnowsEveryName) {
  for (const std::string& name : monitorNames()) {
    MonitorChoice choice;
    choice.name = name;
    if (name == "exec") choice.command = {"true"};
    EXPECT_NE(makeMonitor(choice), nullptr) << name;
  }
}

TEST(MakeMonitor, RefusesContradictions) {
  const auto refused = [](MonitorChoice choice) { EXPECT_THROW(makeMonitor(choice), std::invalid_argument); };
  refused({.name = "wowza"});
  refused({.name = "exec"});
  refused({.name = "tcp", .url = "http://127.0.0.1/stat"});
  refused({.name = "nginx-rtmp", .url = "https://127.0.0.1/stat"});
  refused({.name = "srs", .command = {"true"}});
}

}  // namespace
}  // namespace multiconn::agent
