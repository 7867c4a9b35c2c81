#include "balancer/admin_pages.hpp"

#include <gmock/gmock.h>

#include "balancer/directory_fixture.hpp"

namespace multiconn::balancer {
namespace {

using test::guidOf;
using test::TestDirectory;
using testing::HasSubstr;

constexpr const char* token = "the token of this test";

class AdminPagesTest : public testing::Test {
 protected:
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

  TestDirectory directory;
  History history;
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
