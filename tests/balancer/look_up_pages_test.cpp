#include "balancer/look_up_pages.hpp"

#include <gmock/gmock.h>

#include "balancer/directory_fixture.hpp"

namespace multiconn::balancer {
namespace {

using test::guidOf;
using test::TestDirectory;
using testing::HasSubstr;

class LookUpPagesTest : public testing::Test {
 protected:
  HttpReply get(std::string_view target, std::string_view method = "GET", bool server_info = false) {
    HttpReply reply;
    LookUpPages(directory.edges, server_info)
        .answer({method, target, true}, "192.0.2.1", directory.now, reply);
    return reply;
  }
  TestDirectory directory;
};

TEST_F(LookUpPagesTest, AnswersEveryPathThatEndsInLoadbalancer) {
  directory.report(5);
  for (const char* const target :
       {"/loadbalancer", "/any/loadbalancer", "/xloadbalancer", "/loadbalancer?t=1",
        "http://balancer.example:1935/loadbalancer", "loadbalancer"}) {
    const HttpReply reply = get(target);
    EXPECT_EQ(reply.status, 200u) << target;
    EXPECT_EQ(reply.body, "redirect=10.0.0.5") << target;
  }
  for (const char* const target : {"/", "/loadbalancer/", "/loadbalancers", "*", "http://loadbalancer"}) {
    EXPECT_EQ(get(target).status, 404u) << target;
    EXPECT_THAT(get(target).body, HasSubstr("/loadbalancer")) << target;
  }
}

TEST_F(LookUpPagesTest, SaysUnknownWithoutEdges) {
  EXPECT_EQ(get("/loadbalancer").status, 200u);
  EXPECT_EQ(get("/loadbalancer").body, "redirect=unknown");
  EXPECT_EQ(get("/loadbalancer?format=json").status, 503u);
  EXPECT_EQ(get("/loadbalancer?format=json").body, "{\"reason\":\"no_edges\"}\n");
  EXPECT_EQ(get("/loadbalancer?redirect=true").status, 503u);
}

TEST_F(LookUpPagesTest, AsksToComeAgainWhileStarting) {
  balance::DispatcherOptions options;
  TestDirectory starting(options);
  starting.now -= std::chrono::seconds(2);
  starting.report(1);
  HttpReply reply;
  LookUpPages(starting.edges, false)
      .answer({"GET", "/loadbalancer?format=json", true}, "", starting.now, reply);
  EXPECT_EQ(reply.status, 503u);
  EXPECT_THAT(reply.body, HasSubstr("starting"));
  EXPECT_THAT(reply.fields, HasSubstr("Retry-After: 2\r\n"));
}

TEST_F(LookUpPagesTest, NamesSeveralEdges) {
  for (unsigned i = 1; i <= 5; ++i) directory.report(i);
  const std::string body = get("/loadbalancer?count=3").body;
  EXPECT_EQ(std::count(body.begin(), body.end(), '&'), 2);
  EXPECT_EQ(get("/loadbalancer?count=17").status, 400u);
}

TEST_F(LookUpPagesTest, RedirectsHttpPlayers) {
  directory.report(5, [](balance::LoadReport& report) {
    report.addresses.push_back({"http", "10.0.0.5", 8080, ""});
  });
  const HttpReply reply = get("/loadbalancer?redirect=true&app=live&stream=film.m3u8&token=x");
  EXPECT_EQ(reply.status, 302u);
  EXPECT_THAT(reply.fields, HasSubstr("\r\nLocation: http://10.0.0.5:8080/live/film.m3u8?token=x\r\n"));
}

TEST_F(LookUpPagesTest, ShowsServerInfoOnlyWhenAllowed) {
  directory.report(5);
  for (const char* const target : {"/loadbalancer?serverInfoXML", "/loadbalancer?explain=1"}) {
    EXPECT_EQ(get(target).status, 403u);
    EXPECT_EQ(get(target, "GET", true).status, 200u);
  }
  EXPECT_EQ(get("/loadbalancer?serverInfoXML", "GET", true).content_type, "text/xml; charset=utf-8");
}

TEST_F(LookUpPagesTest, AnswersNoOtherMethods) {
  EXPECT_EQ(get("/loadbalancer", "POST").status, 405u);
  EXPECT_EQ(get("/loadbalancer", "HEAD").status, 200u);
}

TEST_F(LookUpPagesTest, HeadSendsNobodyAnywhere) {
  directory.report(5);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(get("/loadbalancer", "HEAD").body, "redirect=10.0.0.5");
  EXPECT_EQ(directory.edges.pool().edges()[0].pending_sum, 0u);
  EXPECT_EQ(directory.edges.counts().redirects, 0u);
  get("/loadbalancer");
  EXPECT_EQ(directory.edges.pool().edges()[0].pending_sum, 1u);
  EXPECT_EQ(directory.edges.counts().redirects, 1u);
}

TEST_F(LookUpPagesTest, WhoAsksAndNeverComesDoesNotCloseTheCluster) {
  directory.report(5, [](balance::LoadReport& report) { report.connection_capacity = 1000; });
  for (int i = 0; i < 1200; ++i) ASSERT_EQ(get("/loadbalancer").body, "redirect=10.0.0.5") << i;
}

TEST_F(LookUpPagesTest, LetsFlashIn) {
  EXPECT_EQ(get("/crossdomain.xml").content_type, "text/x-cross-domain-policy");
}

}  // namespace
}  // namespace multiconn::balancer
