// find_server, redirect and multiconn-publish --balancer as processes, with balancers that follow a script.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <future>
#include <memory>

#include <multiconn/origin.hpp>

#include "support/loop.hpp"
#include "support/web_server.hpp"

namespace multiconn::test {
namespace {

using namespace std::chrono_literals;
using net::test::webAnswer;
using net::test::WebServer;
using testing::AllOf;
using testing::HasSubstr;

struct Ran {
  int exit_code = -1;
  std::string output;  ///< of both streams
};

/// Sends clients elsewhere, or tells them where to go when they ask.
class Redirector : public Application {
 public:
  explicit Redirector(std::string url) : url_(std::move(url)) {
    method("getLoadBalancerRedirect", [](const Client&, const Arguments&) { return AmfValue("10.0.0.5"); });
  }
  ConnectDecision onConnect(const Client&, const ConnectRequest& request) override {
    if (url_.empty()) return ConnectDecision::accept();
    EXPECT_EQ(request.object.numberOr("multiconn", 0), 1) << "a balancer would relay";
    return ConnectDecision::redirect(url_);
  }

 private:
  std::string url_;
};

class BalancerSamples : public testing::Test {
 protected:
  /// Runs it while the web servers of the test answer.
  Ran run(const std::string& command) {
    auto ran = std::async(std::launch::async, [&] {
      Ran result;
      FILE* pipe = ::popen((std::string(MULTICONN_BIN) + "/" + command + " 2>&1 </dev/null").c_str(), "r");
      std::array<char, 4096> buffer;
      while (const std::size_t size = std::fread(buffer.data(), 1, buffer.size(), pipe))
        result.output.append(buffer.data(), size);
      const int status = ::pclose(pipe);
      result.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
      return result;
    });
    const auto deadline = std::chrono::steady_clock::now() + 60s;
    while (ran.wait_for(0ms) != std::future_status::ready && std::chrono::steady_clock::now() < deadline)
      loop.runFor(1ms);
    return ran.get();
  }
  std::unique_ptr<WebServer> balancer(const std::string& bytes) {
    return std::make_unique<WebServer>(loop.scheduler(), [bytes](const std::string&) { return bytes; });
  }
  static OriginOptions origin() {
    OriginOptions options;
    options.address = "127.0.0.1";
    options.port = 0;
    return options;
  }
  static std::string serverJson(std::uint16_t port) {
    return R"({"host":"127.0.0.1","port":)" + std::to_string(port) + "}";
  }

  net::test::Loop loop;
};

TEST_F(BalancerSamples, FindServerPrintsTheServer) {
  const auto dead = balancer(webAnswer(200, "redirect=unknown"));
  const auto good = balancer(
      webAnswer(200, R"({"servers":[{"host":"10.0.0.5","port":1936,"scheme":"rtmp","load":0.31}]})"));
  const Ran ran = run("find_server " + dead->url() + " " + good->url());
  EXPECT_EQ(ran.exit_code, 0);
  EXPECT_EQ(ran.output, "rtmp://10.0.0.5:1936/ load 0.31\n");
  EXPECT_EQ(run("find_server --count 2 " + good->url()).exit_code, 2);
  EXPECT_EQ(run("find_server").exit_code, 1);
}

TEST_F(BalancerSamples, FindServerSaysWhatEachBalancerAnswered) {
  const auto full = balancer(webAnswer(503, R"({"error":"all_full"})"));
  const auto missing = balancer(webAnswer(404, ""));
  const Ran ran = run("find_server " + full->url() + " " + missing->url());
  EXPECT_EQ(ran.exit_code, 2);
  EXPECT_THAT(ran.output, AllOf(HasSubstr("No balancer has named a server."), HasSubstr("all full"),
                                HasSubstr("HTTP status 404")));
}

TEST_F(BalancerSamples, RedirectFollowsTheBalancer) {
  const OriginServer edge(origin());
  const std::string url = "rtmp://127.0.0.1:" + std::to_string(edge.port()) + "/live";
  OriginOptions options = origin();
  options.application_factories["live"] = [&](const std::string&) {
    return std::make_unique<Redirector>(url);
  };
  const OriginServer server(std::move(options));
  const Ran ran = run("redirect rtmp://127.0.0.1:" + std::to_string(server.port()) + "/live");
  EXPECT_EQ(ran.exit_code, 0);
  EXPECT_EQ(ran.output, "The server redirects to " + url + ".\nConnected there.\n");
}

TEST_F(BalancerSamples, RedirectAsksABalancerThatLetsItConnect) {
  OriginOptions options = origin();
  options.application_factories["live"] = [](const std::string&) { return std::make_unique<Redirector>(""); };
  const OriginServer server(std::move(options));
  const Ran ran = run("redirect rtmp://127.0.0.1:" + std::to_string(server.port()) + "/live");
  EXPECT_EQ(ran.exit_code, 0);
  EXPECT_EQ(ran.output, "The balancer says: 10.0.0.5\n");
}

TEST_F(BalancerSamples, PublishGoesWhereTheBalancerSays) {
  const OriginServer one(origin()), two(origin()), plain(origin());
  const auto good = balancer(
      webAnswer(200, R"({"servers":[)" + serverJson(one.port()) + "," + serverJson(two.port()) + "]}"));
  const auto dead = balancer(webAnswer(404, ""));
  const std::string film = MULTICONN_VECTORS "/enhanced/h264_aac.flv";
  const Ran ran = run("multiconn-publish --stats json --no-realtime " + film +
                      " rtmp://127.0.0.1:" + std::to_string(plain.port()) + "/live/key --balancer " +
                      dead->url() + "," + good->url() + " --count 2 --app live --stream hushed");
  EXPECT_EQ(ran.exit_code, 0) << ran.output;
  for (const OriginServer* server : {&plain, &one, &two})
    EXPECT_THAT(ran.output, HasSubstr("rtmp://127.0.0.1:" + std::to_string(server->port()) + "/live"));
  EXPECT_THAT(ran.output, HasSubstr("NetConnection.Connect.Found"));
  EXPECT_THAT(ran.output, Not(HasSubstr("hushed")));
}

TEST_F(BalancerSamples, PublishFailsSetupWhenNoBalancerNamesAServer) {
  const auto full = balancer(webAnswer(200, "redirect=unknown"));
  const std::string film = MULTICONN_VECTORS "/enhanced/h264_aac.flv";
  const Ran ran = run("multiconn-publish --stats none --setup-timeout 500ms --log-level off " + film +
                      " --balancer " + full->url() + "?k=hushed --app live --stream key");
  EXPECT_EQ(ran.exit_code, 2);
  EXPECT_EQ(std::count(ran.output.begin(), ran.output.end(), '\n'), 1) << ran.output;
  EXPECT_THAT(ran.output,
              AllOf(HasSubstr("setup failed: " + full->url() + "?k=****: No balancer has named a server."),
                    HasSubstr("It knows no server that can take a client."), Not(HasSubstr("hushed"))));
}

}  // namespace
}  // namespace multiconn::test
