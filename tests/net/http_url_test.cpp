#include "net/http_url.hpp"

#include <gtest/gtest.h>

#include "net/host_name.hpp"

namespace multiconn::net::test {
namespace {

HttpUrl parsed(const std::string& text) {
  const HttpUrlResult result = parseHttpUrl(text);
  EXPECT_TRUE(result.url) << text << ": " << result.error;
  return result.url.value_or(HttpUrl{});
}

TEST(HttpUrl, HasItsParts) {
  const HttpUrl url = parsed("HTTP://Balancer.example:1935/a/loadbalancer?x=1#part");
  EXPECT_FALSE(url.secure);
  EXPECT_EQ(url.host, "Balancer.example");
  EXPECT_EQ(url.port, 1935);
  EXPECT_EQ(url.target, "/a/loadbalancer?x=1");
  EXPECT_EQ(url.authority(), "Balancer.example:1935");
}

TEST(HttpUrl, HasDefaults) {
  EXPECT_EQ(parsed("http://b").port, 80);
  EXPECT_EQ(parsed("http://b:").port, 80);
  EXPECT_EQ(parsed("https://b").port, 443);
  EXPECT_EQ(parsed("https://b").authority(), "b");
  EXPECT_EQ(parsed("https://b").target, "/");
  EXPECT_EQ(parsed("http://b?q").target, "/?q");
}

TEST(HttpUrl, KnowsIpv6) {
  const HttpUrl url = parsed("http://[2001:db8::1]:81/l");
  EXPECT_EQ(url.host, "2001:db8::1");
  EXPECT_EQ(url.text(), "http://[2001:db8::1]:81/l");
}

TEST(HttpUrl, TakesParameters) {
  EXPECT_EQ(parsed("http://b/l").withParameters("count=2").target, "/l?count=2");
  EXPECT_EQ(parsed("http://b/l?").withParameters("count=2").target, "/l?count=2");
  EXPECT_EQ(parsed("http://b/l?key=v").withParameters("count=2").target, "/l?key=v&count=2");
}

TEST(HttpUrl, HidesValues) {
  EXPECT_EQ(parsed("http://b:81/l?key=secret").masked(), "http://b:81/l?key=****");
}

TEST(HttpUrl, SaysWhatIsWrongWithoutRepeatingIt) {
  for (const std::string text :
       {"", "secret", "rtmp://secret/app", "http://", "http:///secret", "http://user:secret@host/",
        "http://se cret/", "http://secret:0/", "http://secret:65536/", "http://secret:port/",
        "http://-secret/", "http://secret..x/", "http://secret/\r\nX: y", "http://10.0.0.300/secret"}) {
    const HttpUrlResult result = parseHttpUrl(text);
    EXPECT_FALSE(result.url) << text;
    EXPECT_FALSE(result.error.empty()) << text;
    EXPECT_EQ(result.error.find("secret"), std::string::npos) << result.error;
  }
  EXPECT_FALSE(parseHttpUrl("http://b/" + std::string(5000, 'a')).url);
}

TEST(HttpUrl, ResolvesWhatALocationMeans) {
  const HttpUrl base = parsed("https://b:81/a/loadbalancer?x=1");
  const auto resolved = [&](const std::string& reference) {
    const HttpUrlResult result = resolveHttpUrl(base, reference);
    return result.url ? result.url->text() : "none";
  };
  EXPECT_EQ(resolved("http://c/d"), "http://c/d");
  EXPECT_EQ(resolved("//c/d"), "https://c/d");
  EXPECT_EQ(resolved("/d?e"), "https://b:81/d?e");
  EXPECT_EQ(resolved("other"), "https://b:81/a/other");
  EXPECT_EQ(resolved("?y"), "https://b:81/a/loadbalancer?y");
  EXPECT_EQ(resolved("ftp://c/d"), "none");
  EXPECT_EQ(resolved("http://a b/"), "none");
  EXPECT_EQ(resolved(std::string(5000, 'a')), "none");
}

TEST(HostName, IsAnAddressOrAName) {
  for (const char* good : {"a", "10.0.0.5", "edge-1.example.com", "edge_1", "a.b.", "::1", "2001:db8::1",
                           "1a", "xn--mnchen-3ya.de", "localhost"})
    EXPECT_TRUE(isHost(good)) << good;
  for (const std::string& bad :
       {std::string(), std::string("a b"), std::string("a/b"), std::string("a@b"), std::string("a:b"),
        std::string("[::1]"), std::string("10.0.0.300"), std::string("-a"), std::string("a-"),
        std::string("a..b"), std::string("."), std::string("a\0b", 3), std::string("m\xC3\xBCnchen.de"),
        std::string("a\r\nb"), std::string(64, 'a'), std::string(254, 'a'), std::string("<html>")})
    EXPECT_FALSE(isHost(bad)) << bad;
}

}  // namespace
}  // namespace multiconn::net::test
