#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <set>

#include "agent/local_thread.hpp"
#include "agent/waiting.hpp"
#include "ctl/admin_client.hpp"
#include "ctl/commands.hpp"
#include "support/error_of.hpp"
#include "support/program_run.hpp"
#include "support/temporary_folder.hpp"

namespace multiconn::ctl {
namespace {

using http::HttpRequest;
using http::HttpResponse;
using test::errorOf;
using test::LocalWeb;
using test::ProgramRun;
using testing::HasSubstr;

constexpr const char* servers_json =
    R"({"servers":[)"
    R"({"id":"9915ed19-7b64-42c7-b57e-2633689ca849","status":"running","redirect":"edge1.example.com",)"
    R"("connections":310,"capacity":1000,"load":0.31,"redirects":5120,"last_report_ms":632,"why":"","new":{"x":1}},)"
    R"({"id":"99a5ed19-7b64-42c7-b57e-2633689ca850","status":"paused","redirect":"10.0.0.5:1936",)"
    R"("connections":4,"capacity":8000,"load":0.0005,"redirects":2,"last_report_ms":1200,"paused_here":true}],)"
    R"("policy":"least-loaded"})";

constexpr const char* status_json =
    R"({"id":"9915ed19-7b64-42c7-b57e-2633689ca849","status":"RUNNING","redirect":"edge1","connections":3,)"
    R"("capacity":10,"load":0.3,"paused":false,"healthy":true})";

const HttpResponse not_found{404, "text/plain", "", {}};

/// A balancer's admin listener that remembers what it was told.
class FakeBalancer {
 public:
  std::string url() const { return web_.url(); }
  test::Inbox<std::string> orders;

 private:
  HttpResponse answer(const HttpRequest& request) {
    if (request.method == "POST" && request.authorization != "Bearer the-token-of-this-test")
      return {401, "text/plain", "", {}};
    if (request.method == "POST" && request.path.rfind("/servers/", 0) == 0) {
      orders.put(request.path);
      return {200, "application/json", "{}", {}};
    }
    if (request.path == "/servers") return {200, "application/json", servers_json, {}};
    return not_found;
  }
  LocalWeb web_{[this](const HttpRequest& request) { return answer(request); }};
};

AdminClient clientOf(const std::string& url, const std::string& token = "the-token-of-this-test") {
  return {tools::parseHttpUrl(url), token};
}

TEST(ServerTable, IsAligned) {
  EXPECT_EQ(table(parseServers(servers_json), 0),
            "ID                                    STATUS   REDIRECT           CONNECTIONS  CAPACITY    LOAD "
            " REDIRECTS    AGE\n"
            "9915ed19-7b64-42c7-b57e-2633689ca849  RUNNING  edge1.example.com          310      1000  31.0 % "
            "      5120  0.6 s\n"
            "99a5ed19-7b64-42c7-b57e-2633689ca850  PAUSED   10.0.0.5:1936                4      8000   0.1 % "
            "         2  1.2 s\n");
}

TEST(ServerTable, IsCutToTheTerminal) {
  EXPECT_EQ(table(parseServers(servers_json), 6), "ID\n9915ed\n99a5ed\n");
}

TEST(ServerTable, HasADashForWhatIsNotTold) {
  EXPECT_EQ(
      table(parseServers(R"({"servers":[{"id":"99a","status":"paused","redirect":"","redirects":0}]})"), 0),
      "ID   STATUS  REDIRECT  CONNECTIONS  CAPACITY  LOAD  REDIRECTS  AGE\n"
      "99a  PAUSED  -                   -         -     -          0    -\n");
}

TEST(ServerRows, OfOtherAnswersAreRefused) {
  for (const char* text : {"", "[]", "{}", R"({"servers":1})", R"({"servers":[{}]})"})
    EXPECT_THROW(parseServers(text), std::runtime_error) << text;
  EXPECT_THROW(parseStatus("{}"), std::runtime_error);
}

TEST(ServerRows, ObeyNoTerminalCodes) {
  const ServerRow row = parseStatus(R"({"id":"a\u001b[2J","load":1e300,"connections":-5})");
  EXPECT_EQ(row.id, "a?[2J");
  EXPECT_FALSE(row.connections);
  EXPECT_FALSE(table({row}, 0).empty());
}

TEST(AdminClient, PausesByIdItsBeginningOrItsAddress) {
  FakeBalancer balancer;
  const AdminClient client = clientOf(balancer.url());
  const std::string id = "99a5ed19-7b64-42c7-b57e-2633689ca850";
  EXPECT_EQ(client.pause(id, true), id);
  EXPECT_EQ(balancer.orders.take(), "/servers/" + id + "/pause");
  EXPECT_EQ(client.pause("99a", false), id);
  EXPECT_EQ(balancer.orders.take(), "/servers/" + id + "/unpause");
  EXPECT_EQ(client.pause("10.0.0.5", true), id);
  EXPECT_EQ(client.pause("10.0.0.5:1936", true), id);
  EXPECT_THAT(errorOf([&] { client.pause("99", true); }), HasSubstr("more than one"));
  EXPECT_THAT(errorOf([&] { client.pause("x", true); }), HasSubstr("there is no server x"));
  EXPECT_THAT(errorOf([&] { client.pause("", true); }), HasSubstr("by its ID"));
}

TEST(AdminClient, PausesNobodyWhoIsNotListed) {
  FakeBalancer balancer;
  const std::string nobody = "30a7a93e-1ca0-4ffb-9b59-3e0d374c27ec";
  EXPECT_EQ(errorOf([&] { clientOf(balancer.url()).pause(nobody, false); }), "there is no server " + nobody);
}

TEST(AdminClient, FindsOneThatHasNotReported) {
  const std::string paused = "30a7a93e-1ca0-4ffb-9b59-3e0d374c27eb";
  test::Inbox<std::string> orders;
  const LocalWeb balancer([&](const HttpRequest& request) {
    if (request.method == "POST") orders.put(request.path);
    return HttpResponse{200,
                        "application/json",
                        R"({"servers":[{"id":")" + paused + R"(","status":"paused","redirect":""}]})",
                        {}};
  });
  EXPECT_EQ(clientOf(balancer.url()).pause("30a7", false), paused);
  EXPECT_EQ(orders.take(), "/servers/" + paused + "/unpause");
}

TEST(AdminClient, SaysWhatIsWrongWithTheToken) {
  FakeBalancer balancer;
  EXPECT_THAT(errorOf([&] { clientOf(balancer.url(), "").pause("99a", true); }),
              HasSubstr("asks for a token"));
  EXPECT_THAT(errorOf([&] { clientOf(balancer.url(), "wrong").pause("99a", true); }),
              testing::AllOf(HasSubstr("does not take this token"), testing::Not(HasSubstr("wrong"))));
}

TEST(AdminClient, ShowsAnAgentAsItsOneServer) {
  test::Inbox<std::string> orders;
  const LocalWeb agent([&](const HttpRequest& request) {
    if (request.method == "POST") orders.put(request.path);
    if (request.method == "POST") return HttpResponse{200, "application/json", "{}", {}};
    return request.path == "/status" ? HttpResponse{200, "application/json", status_json, {}} : not_found;
  });
  const AdminClient client = clientOf(agent.url());
  ASSERT_EQ(client.servers().size(), 1U);
  EXPECT_EQ(client.servers().front().redirect, "edge1");
  EXPECT_EQ(client.pause("", true), "");
  EXPECT_EQ(orders.take(), "/pause");
  client.pause("", false);
  EXPECT_EQ(orders.take(), "/unpause");
}

TEST(RandomKey, IsLongAndNeverTheSame) {
  std::set<std::string> keys;
  for (int i = 0; i < 100; ++i) keys.insert(randomKey());
  EXPECT_EQ(keys.size(), 100U);
  for (const std::string& key : keys) {
    EXPECT_EQ(key.size(), 32U);
    EXPECT_EQ(key.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
              std::string::npos);
  }
}

class CtlProgram : public testing::Test {
 protected:
  std::vector<std::string> argv(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), MULTICONN_CTL);
    return arguments;
  }
  const test::TemporaryFolder folder_;
  FakeBalancer balancer_;
};

TEST_F(CtlProgram, ListsServers) {
  ProgramRun run(argv({"--admin", balancer_.url(), "servers"}));
  EXPECT_EQ(run.output(), table(parseServers(servers_json), 0));
  EXPECT_EQ(run.status(), 0);
}

TEST_F(CtlProgram, TakesItsTokenFromAFileOrTheEnvironment) {
  const std::string file = folder_.write("token", "the-token-of-this-test\n");
  ProgramRun by_file(argv({"pause", "99a", "--admin", balancer_.url(), "--token-file", file}));
  EXPECT_EQ(by_file.output(), "99a5ed19-7b64-42c7-b57e-2633689ca850 paused\n");
  ProgramRun by_environment(argv({"--admin", balancer_.url(), "unpause", "99a"}), ".",
                            {"MULTICONN_TOKEN=the-token-of-this-test"});
  EXPECT_EQ(by_environment.output(), "99a5ed19-7b64-42c7-b57e-2633689ca850 unpaused\n");
}

TEST_F(CtlProgram, WarnsOfATokenFileThatEverybodyMayRead) {
  const std::string file = folder_.write("token", "the-token-of-this-test\n");
  const auto errors = [&](mode_t mode) {
    ::chmod(file.c_str(), mode);
    ProgramRun run(argv({"--admin", balancer_.url(), "--token-file", file, "servers"}));
    EXPECT_EQ(run.status(), 0);
    return run.errors();
  };
  EXPECT_EQ(errors(0600), "");
  EXPECT_THAT(errors(0644), testing::AllOf(HasSubstr("may be read by everybody: chmod o-r it"),
                                           testing::Not(HasSubstr("the-token-of-this-test"))));
}

TEST_F(CtlProgram, WatchesInPlainLinesWhereThereIsNoTerminal) {
  ProgramRun run(argv({"--admin", balancer_.url(), "watch"}));
  std::string first;
  for (int i = 0; i < 3; ++i) first += run.line() + "\n";
  EXPECT_EQ(first, table(parseServers(servers_json), 0));
  EXPECT_EQ(run.line(), "");
  EXPECT_THAT(run.line(), HasSubstr("ID")) << "a second later";
  run.signal(SIGINT);
  EXPECT_EQ(run.status(), 0);
}

TEST_F(CtlProgram, HelpSaysWhatIsNeeded) {
  const auto help = [&](std::vector<std::string> arguments) {
    ProgramRun run(argv(std::move(arguments)));
    const std::string text = run.output();
    EXPECT_EQ(run.status(), 0);
    EXPECT_THAT(text, testing::Not(testing::ContainsRegex("INT|TEXT|CLI11")));
    return text;
  };
  EXPECT_THAT(help({"--help"}), testing::AllOf(HasSubstr("Needed by all but keygen. The admin listener"),
                                               HasSubstr("Example: multiconn-ctl --admin http://")));
  EXPECT_THAT(help({"pause", "--help"}), HasSubstr("id ID "));
}

TEST_F(CtlProgram, MakesKeys) {
  ProgramRun run(argv({"keygen"}));
  EXPECT_EQ(run.output().size(), 33U);
  EXPECT_EQ(run.status(), 0);
}

TEST_F(CtlProgram, SaysInOneLineWhatIsWrong) {
  const auto refusal = [&](std::vector<std::string> arguments) {
    ProgramRun run(argv(std::move(arguments)));
    const std::string errors = run.errors();
    EXPECT_EQ(run.status(), 1) << errors;
    EXPECT_EQ(std::count(errors.begin(), errors.end(), '\n'), 1) << errors;
    return errors;
  };
  EXPECT_THAT(refusal({}), HasSubstr("multiconn-ctl"));
  EXPECT_THAT(refusal({"servers"}), HasSubstr("--admin is missing"));
  EXPECT_THAT(refusal({"fly"}), HasSubstr("multiconn-ctl"));
  EXPECT_THAT(refusal({"--admin", "https://x", "servers"}), HasSubstr("--admin: a URL has to be http://"));
  EXPECT_THAT(refusal({"--admin", balancer_.url(), "--token-file", "none", "servers"}), HasSubstr("none"));
  EXPECT_THAT(refusal({"--admin", balancer_.url(), "pause", "nobody"}),
              HasSubstr("there is no server nobody"));
  EXPECT_THAT(refusal({"--admin", balancer_.url(), "pause", "99a"}), HasSubstr("asks for a token"));
  EXPECT_THAT(refusal({"--admin", "http://127.0.0.1:9", "servers"}), HasSubstr("cannot be reached"));
  const LocalWeb other([](const HttpRequest&) { return HttpResponse{200, "text/html", "<html>", {}}; });
  EXPECT_THAT(refusal({"--admin", other.url(), "servers"}), HasSubstr("not the admin listener"));
}

}  // namespace
}  // namespace multiconn::ctl
