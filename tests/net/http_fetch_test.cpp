#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "net/error.hpp"
#include "net/fetch.hpp"
#include "support/certificates.hpp"
#include "support/loop.hpp"
#include "support/sockets.hpp"
#include "support/web_server.hpp"

namespace multiconn::net::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class HttpFetchTest : public testing::Test {
 protected:
  FetchResult get(const std::string& url, TlsOptions tls = {}) {
    std::optional<FetchResult> result;
    const HttpUrlResult parsed = parseHttpUrl(url);
    EXPECT_TRUE(parsed.url) << parsed.error;
    const auto request = fetch(loop.scheduler(), {*parsed.url, std::move(tls)},
                               [&](FetchResult answer) { result = std::move(answer); });
    EXPECT_FALSE(result) << "told inside the call";
    EXPECT_TRUE(loop.until([&] { return result.has_value(); }));
    return result.value_or(FetchResult{});
  }
  /// What comes of an answer of these bytes.
  FetchResult afterBytes(const std::string& bytes) {
    const WebServer server(loop.scheduler(), [&](const std::string&) { return bytes; });
    return get(server.url());
  }
  std::shared_ptr<const TlsContext> certificateFor(const std::string& names) {
    const auto files = authority.issue("balancer", names);
    return TlsContext::server(files.certificate, files.key).context;
  }
  TlsOptions trust() const { return {.ca_file = authority.caFile(), .insecure = false}; }

  Loop loop;
  multiconn::test::TestAuthority authority;
};

TEST_F(HttpFetchTest, GetsWhatIsThere) {
  const WebServer server(loop.scheduler(), [](const std::string&) {
    return webAnswer(200, "redirect=10.0.0.5", "Content-Type: text/plain\r\n");
  });
  const FetchResult result = get(server.url("/loadbalancer?count=1"));
  EXPECT_EQ(result.status, 200U);
  EXPECT_EQ(result.content_type, "text/plain");
  EXPECT_EQ(result.body, "redirect=10.0.0.5");
  ASSERT_EQ(server.requests().size(), 1U);
  EXPECT_THAT(server.requests()[0], HasSubstr("GET /loadbalancer?count=1 HTTP/1.1\r\n"));
  EXPECT_THAT(server.requests()[0], HasSubstr("Host: 127.0.0.1:" + std::to_string(server.port()) + "\r\n"));
}

TEST_F(HttpFetchTest, UnderstandsEveryWayToEndABody) {
  EXPECT_EQ(afterBytes("HTTP/1.0 200 OK\r\n\r\nredirect=a").body, "redirect=a");
  EXPECT_EQ(afterBytes("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                       "4\r\nredi\r\n6;x=y\r\nrect=a\r\n0\r\n\r\n")
                .body,
            "redirect=a");
  EXPECT_EQ(afterBytes("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n").status, 404U);
}

TEST_F(HttpFetchTest, ReadsASlowAnswer) {
  WebServer server(loop.scheduler(), [](const std::string&) { return webAnswer(200, "redirect=a"); });
  server.trickle(1ms);
  EXPECT_EQ(get(server.url()).body, "redirect=a");
}

TEST_F(HttpFetchTest, BoundsWhatItTakes) {
  const std::string megabyte(1024 * 1024, 'a');
  const auto tooMuch = [&](const std::string& bytes) {
    const FetchResult result = afterBytes(bytes);
    EXPECT_EQ(result.status, 0U);
    EXPECT_THAT(result.failure.text, HasSubstr("more than 64 KiB"));
  };
  tooMuch(webAnswer(200, megabyte));
  tooMuch("HTTP/1.1 200 OK\r\n\r\n" + megabyte);
  tooMuch("HTTP/1.1 200 OK\r\nX: " + megabyte);
  tooMuch("HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551615\r\n\r\na");
  std::string chunks = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 100'000; ++i) chunks += "1;e=0123456789\r\na\r\n";
  tooMuch(chunks);
}

TEST_F(HttpFetchTest, RefusesWhatIsNotHttp) {
  for (const std::string& bytes : {std::string("redirect=10.0.0.5"), std::string(2000, '\x03'),
                                   std::string("HTTP/1.1 abc\r\n\r\n"), std::string(1600, '\0')}) {
    const FetchResult result = afterBytes(bytes);
    EXPECT_EQ(result.status, 0U);
    EXPECT_FALSE(result.failure.text.empty());
  }
}

TEST_F(HttpFetchTest, TellsHowAConnectionEnded) {
  EXPECT_THAT(afterBytes("").failure.text, HasSubstr("closed the connection without an answer"));
  EXPECT_THAT(afterBytes("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nredirect=a").failure.text,
              HasSubstr("in the middle of its answer"));
  const ClosedPort nobody;
  EXPECT_THAT(get("http://127.0.0.1:" + std::to_string(nobody.port()) + "/").failure.text,
              HasSubstr("connection refused by 127.0.0.1"));
}

TEST_F(HttpFetchTest, FollowsRedirects) {
  const WebServer there(loop.scheduler(),
                        [](const std::string& target) { return webAnswer(200, "there " + target); });
  const WebServer here(loop.scheduler(), [&](const std::string& target) {
    if (target == "/a") return webAnswer(302, "", "Location: b?x\r\n");
    return webAnswer(307, "", "Location: " + there.url("/c") + "\r\n");
  });
  EXPECT_EQ(get(here.url("/a")).body, "there /c");
}

TEST_F(HttpFetchTest, FollowsNoCircleAndNoLongWay) {
  const WebServer server(loop.scheduler(), [](const std::string& target) {
    if (target == "/a") return webAnswer(301, "", "Location: /b\r\n");
    if (target == "/b") return webAnswer(301, "", "Location: /a\r\n");
    return webAnswer(302, "", "Location: " + target + "x?token=secret\r\n");
  });
  EXPECT_THAT(get(server.url("/a")).failure.text, HasSubstr("led in a circle"));
  EXPECT_EQ(server.requests().size(), 2U);
  const FetchResult far = get(server.url("/far"));
  EXPECT_EQ(far.status, 0U);
  EXPECT_THAT(far.failure.text, HasSubstr("the sixth redirect in a row"));
  EXPECT_THAT(far.failure.text, Not(HasSubstr("secret")));
  EXPECT_EQ(server.requests().size(), 8U);
}

TEST_F(HttpFetchTest, RefusesAStrangeLocation) {
  for (const std::string where : {"ftp://other/", "http://us er/", "http://a:b@c/", "javascript:1"}) {
    const WebServer server(loop.scheduler(), [&](const std::string&) {
      return webAnswer(302, "", "Location: " + where + "\r\n");
    });
    EXPECT_THAT(get(server.url()).failure.text, HasSubstr("which is not followed")) << where;
  }
}

TEST_F(HttpFetchTest, VerifiesHttps) {
  const auto script = [](const std::string&) { return webAnswer(200, "redirect=a"); };
  const WebServer good(loop.scheduler(), script, certificateFor("IP:127.0.0.1"));
  EXPECT_EQ(get(good.url(), trust()).body, "redirect=a");
  EXPECT_EQ(get(good.url()).failure.code, Error::tls_certificate_unknown);
  const WebServer other(loop.scheduler(), script, certificateFor("DNS:other.example"));
  const FetchResult wrong = get(other.url(), trust());
  EXPECT_EQ(wrong.failure.code, Error::tls_wrong_host);
  EXPECT_TRUE(wrong.failure.final);
  EXPECT_TRUE(other.requests().empty());
  EXPECT_EQ(get(other.url(), {.ca_file = {}, .insecure = true}).body, "redirect=a");
}

TEST_F(HttpFetchTest, NeverGivesEncryptionUp) {
  const WebServer plain(loop.scheduler(), [](const std::string&) { return webAnswer(200, "redirect=a"); });
  const WebServer secure(
      loop.scheduler(),
      [&](const std::string&) { return webAnswer(302, "", "Location: " + plain.url() + "\r\n"); },
      certificateFor("IP:127.0.0.1"));
  EXPECT_THAT(get(secure.url(), trust()).failure.text, HasSubstr("give up the connection's encryption"));
  EXPECT_TRUE(plain.requests().empty());
  const WebServer upward(loop.scheduler(), [&](const std::string&) {
    return webAnswer(302, "", "Location: " + secure.url("/x") + "\r\n");
  });
  EXPECT_THAT(get(upward.url(), trust()).failure.text, HasSubstr("give up the connection's encryption"));
}

// Whoever can end a TLS connection could make 10.0.0.12 into 10.0.0.1.
TEST_F(HttpFetchTest, WantsToKnowTheLengthOfWhatComesByHttps) {
  const WebServer server(
      loop.scheduler(), [](const std::string&) { return "HTTP/1.0 200 OK\r\n\r\nredirect=10.0.0.1"; },
      certificateFor("IP:127.0.0.1"));
  const FetchResult result = get(server.url(), trust());
  EXPECT_EQ(result.status, 0U);
  EXPECT_THAT(result.failure.text, HasSubstr("in the middle of its answer"));
}

TEST_F(HttpFetchTest, LeavesNothingBehindWhenItIsForgotten) {
  const WebServer server(loop.scheduler(), [](const std::string&) { return std::nullopt; });
  auto request = fetch(loop.scheduler(), {*parseHttpUrl(server.url()).url, {}},
                       [](const FetchResult&) { ADD_FAILURE() << "told after the end"; });
  ASSERT_TRUE(loop.until([&] { return server.requests().size() == 1; }));
  request.reset();
  EXPECT_TRUE(loop.until([&] { return server.present() == 0; }));
}

}  // namespace
}  // namespace multiconn::net::test
