#include "balancer/admin_pages.hpp"

#include <gmock/gmock.h>

#include <boost/json/parse.hpp>

#include "balancer/directory_fixture.hpp"

namespace multiconn::balancer {
namespace {

using test::guidOf;
using test::TestDirectory;
using testing::HasSubstr;

constexpr const char* token = "the token of this test";

class AdminPagesTest : public testing::Test {
 protected:
  explicit AdminPagesTest(const std::vector<balance::Guid>& paused = {}) : directory({}, paused) {}
  http::HttpResponse ask(const AdminPagesOptions& options, const std::string& path,
                         const std::string& method = "GET", const std::string& secret = {}) {
    http::HttpRequest request;
    request.method = method;
    request.path = path;
    if (!secret.empty()) request.authorization = "Bearer " + secret;
    return adminPages(
        options, directory.edges, history, [] { return Figures(); }, [this] { return directory.now; },
        [](LogLevel, const std::string&) {})(request);
  }

  boost::json::array servers() {
    return boost::json::parse(ask({token, false}, "/servers").body).at("servers").as_array();
  }

  TestDirectory directory;
  History history;
};

/// After a restart that edges 7 and 8 were paused before.
class AwaitedEdges : public AdminPagesTest {
 protected:
  AwaitedEdges() : AdminPagesTest({guidOf(7), guidOf(8)}) {}
};

TEST_F(AdminPagesTest, ReadingNeedsTheTokenWhereItIsAsked) {
  for (const char* const path : {"/servers", "/history", "/metrics"}) {
    EXPECT_EQ(ask({token, true}, path).status, 401u) << path;
    EXPECT_EQ(ask({token, true}, path, "GET", token).status, 200u) << path;
    EXPECT_EQ(ask({token, false}, path).status, 200u) << path;
    EXPECT_EQ(ask({"", false}, path).status, 200u) << path;
  }
  for (const char* const path : {"/", "/page.js", "/page.css", "/healthz"}) {
    EXPECT_EQ(ask({token, true}, path).status, 200u) << path;
  }
}

TEST_F(AdminPagesTest, PausesAndUnpauses) {
  directory.report(1);
  const std::string server = "/servers/" + guidOf(1).text();
  EXPECT_EQ(ask({token, true}, server + "/pause", "POST", token).body, "{\"paused\":true}\n");
  EXPECT_TRUE(directory.edges.pool().edges()[0].paused_here);
  EXPECT_EQ(ask({token, true}, server + "/pause", "GET", token).status, 404u);
  EXPECT_EQ(ask({token, true}, server + "/unpause", "POST", token).body, "{\"paused\":false}\n");
  EXPECT_FALSE(directory.edges.pool().edges()[0].paused_here);
}

TEST_F(AwaitedEdges, AreListedWithoutFigures) {
  directory.report(1);
  const boost::json::array listed = servers();
  ASSERT_EQ(listed.size(), 3u);
  EXPECT_EQ(listed[0].at("id"), guidOf(1).text().c_str());
  const boost::json::object& awaited = listed[1].as_object();
  EXPECT_EQ(awaited.at("id"), guidOf(7).text().c_str());
  EXPECT_EQ(awaited.at("status"), "paused");
  EXPECT_EQ(awaited.at("why"), "paused at this balancer, and no report since its start");
  EXPECT_EQ(awaited.at("paused_here"), true);
  EXPECT_EQ(awaited.at("redirect"), "");
  EXPECT_EQ(awaited.at("reports"), 0);
  for (const char* const name : {"connections", "capacity", "load", "cpu", "last_report_ms"})
    EXPECT_FALSE(awaited.contains(name)) << name;
  EXPECT_THAT(ask({token, false}, "/metrics").body, HasSubstr("edges{status=\"paused\"} 2\n"));
}

TEST_F(AwaitedEdges, AreListedOnceWhenTheyHaveCome) {
  directory.report(7);
  const boost::json::array listed = servers();
  ASSERT_EQ(listed.size(), 2u);
  EXPECT_EQ(listed[0].at("id"), guidOf(7).text().c_str());
  EXPECT_EQ(listed[0].at("why"), "paused at this balancer");
  EXPECT_TRUE(listed[0].as_object().contains("connections"));
  EXPECT_THAT(ask({token, false}, "/metrics").body, HasSubstr("edges{status=\"paused\"} 2\n"));
}

TEST_F(AwaitedEdges, AreForgottenWhenTheyAreUnpaused) {
  EXPECT_EQ(ask({token, false}, "/servers/" + guidOf(7).text() + "/unpause", "POST", token).status, 200u);
  ASSERT_EQ(servers().size(), 1u);
  EXPECT_EQ(servers()[0].at("id"), guidOf(8).text().c_str());
}

TEST_F(AdminPagesTest, AnswersNothingElse) {
  for (const char* const path : {"/servers/", "/servers/x", "/page", "/index.html", "/../etc/passwd", ""}) {
    EXPECT_EQ(ask({token, false}, path).status, 404u) << path;
    EXPECT_EQ(ask({token, false}, path, "POST", token).status, 404u) << path;
  }
}

TEST_F(AdminPagesTest, MetricsNameWhatIsCounted) {
  directory.report(1);
  (void)directory.edges.lookUp({}, LookUpForm::rtmp_relay, directory.now);
  const std::string text = ask({token, false}, "/metrics").body;
  for (const char* const line :
       {"# TYPE multiconn_balancer_redirects_total counter\nmulticonn_balancer_redirects_total 1\n",
        "multiconn_balancer_look_ups_total{form=\"rtmp_relay\",result=\"ok\"} 1\n",
        "multiconn_balancer_arrival_ratio 1\n", "multiconn_balancer_connections{protocol=\"waiting\"} 0\n",
        "multiconn_balancer_duplicate_guids 0\n", "multiconn_balancer_reports_total 1\n"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
}

}  // namespace
}  // namespace multiconn::balancer
