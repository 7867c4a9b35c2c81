#include "rtmp/url.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace multiconn::rtmp {
namespace {

using testing::HasSubstr;
using testing::Not;

Url url(std::string_view text) {
  const UrlResult result = parseUrl(text);
  EXPECT_TRUE(result.url) << text << ": " << result.error;
  return result.url.value_or(Url{});
}

PublishUrl target(std::string_view text) {
  const PublishUrlResult result = parsePublishUrl(text);
  EXPECT_TRUE(result.target) << text << ": " << result.error;
  return result.target.value_or(PublishUrl{});
}

TEST(Url, AllParts) {
  const Url parsed = url("RTMPS://us%65r:p%40ss:w%2Fd@Example.org:8443/live/_definst_?token=a/b");
  EXPECT_EQ(parsed.scheme, "rtmps");
  EXPECT_EQ(parsed.user, "user");
  EXPECT_EQ(parsed.password, "p@ss:w/d");
  EXPECT_EQ(parsed.host, "Example.org");
  EXPECT_EQ(parsed.port, 8443);
  EXPECT_EQ(parsed.app, "live/_definst_?token=a/b");
  EXPECT_TRUE(parsed.secure());
  EXPECT_EQ(parsed.tcUrl(), "rtmps://Example.org:8443/live/_definst_?token=a/b");
  EXPECT_EQ(parsed.masked(), "rtmps://****@Example.org:8443/live/_definst_?token=****");
}

std::string resolved(std::string_view base, std::string_view reference) {
  const UrlResult result = resolveUrl(url(base), reference);
  return result.url ? result.url->tcUrl() : result.error;
}

// Enhanced RTMP v2, "Reconnect Request"; RFC 3986 5.2.
TEST(Url, Resolved) {
  const auto* base = "rtmps://host:8443/live/inst?token=a/b";
  EXPECT_EQ(resolved(base, ""), base);
  EXPECT_EQ(resolved(base, "rtmp://other/app"), "rtmp://other/app");
  EXPECT_EQ(resolved(base, "//other:1936/app?x=y"), "rtmps://other:1936/app?x=y");
  EXPECT_EQ(resolved(base, "//other"), "rtmps://other/");
  EXPECT_EQ(resolved(base, "/app/b?u=rtmp://x"), "rtmps://host:8443/app/b?u=rtmp://x");
  EXPECT_EQ(resolved(base, "app"), "rtmps://host:8443/live/app");
  EXPECT_EQ(resolved(base, "?x=y"), "rtmps://host:8443/live/inst?x=y");
  EXPECT_EQ(resolved("rtmp://[::1]/live", "app"), "rtmp://[::1]/app");
  for (const auto* bad : {"http://host/app", "//", "//user:pa/ss@host", "/a b", "rtmp://host:0/app"})
    EXPECT_FALSE(resolveUrl(url(base), bad).url) << bad;
}

TEST(Url, CredentialsStayWithTheirServer) {
  const Url base = url("rtmp://user:secret@host/live");
  for (const auto* reference : {"", "/app", "//host/app", "rtmp://host:1935/app"})
    EXPECT_EQ(resolveUrl(base, reference).url->password, "secret") << reference;
  for (const auto* reference : {"//other/app", "//host:1936/app", "rtmps://host/app", "rtmp://u:p@host/app"})
    EXPECT_NE(resolveUrl(base, reference).url->password, "secret") << reference;
}

TEST(Url, DefaultPorts) {
  const std::vector<std::pair<std::string, int>> ports{{"rtmp", 1935}, {"rtmps", 443}, {"rtmpe", 1935},
                                                       {"rtmpt", 80},  {"rtmpte", 80}, {"rtmpts", 443}};
  for (const auto& [scheme, port] : ports) {
    EXPECT_EQ(url(scheme + "://h/a").port, port);
    EXPECT_EQ(url(scheme + "://h:" + std::to_string(port) + "/a").tcUrl(), scheme + "://h/a");
  }
  EXPECT_FALSE(url("rtmpe://h/a").secure());
  EXPECT_TRUE(url("rtmpts://h/a").secure());
}

TEST(Url, IPv6) {
  EXPECT_EQ(url("rtmp://[2001:db8::1]/live").host, "2001:db8::1");
  EXPECT_EQ(url("rtmp://[::1]:1936/live").port, 1936);
  EXPECT_EQ(url("rtmp://u@[fe80::1%eth0]:1936/live").tcUrl(), "rtmp://[fe80::1%eth0]:1936/live");
}

TEST(Url, AppMayBeEmptyAndSlashesAroundItDoNotCount) {
  for (const auto* text : {"rtmp://h", "rtmp://h/", "rtmp://h//"}) EXPECT_EQ(url(text).app, "") << text;
  EXPECT_EQ(url("rtmp://h").tcUrl(), "rtmp://h/");
  EXPECT_EQ(url("rtmp://h//live//").app, "live");
  EXPECT_EQ(url("rtmp://h/live/?a=/").app, "live?a=/");
  EXPECT_EQ(url("rtmp://h?a=b").app, "?a=b");
}

TEST(Url, Ports) {
  EXPECT_EQ(url("rtmp://h:1/a").port, 1);
  EXPECT_EQ(url("rtmp://h:65535/a").port, 65535);
  EXPECT_EQ(url("rtmp://h:01935/a").port, 1935);
  for (const auto* port : {"0", "65536", "99999999999999999999"}) {
    EXPECT_THAT(parseUrl("rtmp://h:" + std::string(port) + "/a").error, HasSubstr("out of range")) << port;
  }
  for (const auto* port : {"", "-1", "+1", "1x", "x", "0x10", "1.5"}) {
    EXPECT_THAT(parseUrl("rtmp://h:" + std::string(port) + "/a").error, HasSubstr("not a number")) << port;
  }
}

TEST(Url, WhatIsWrongIsSaid) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"", "empty"},
      {"rtmp:/host/app", "does not begin with rtmp://"},
      {"host/app", "does not begin with rtmp://"},
      {"http://host/app", "http://"},
      {"https://host/app", "https://"},
      {"srt://host/app", "scheme"},
      {"://host/app", "scheme"},
      {"rtmp://", "no host"},
      {"rtmp:///app", "no host"},
      {"rtmp://:1935/app", "no host"},
      {"rtmp://user@/app", "no host"},
      {"rtmp://ho st/app", "space"},
      {"rtmp://host/a\npp", "control character"},
      {std::string("rtmp://host/a\0pp", 16), "control character"},
      {"rtmp://ho\"st/app", "host name"},
      {"rtmp://::1/app", "brackets"},
      {"rtmp://[::1/app", "closing bracket"},
      {"rtmp://[::1]x/app", "IPv6"},
      {"rtmp://[host]/app", "IPv6"},
      {"rtmp://[]/app", "IPv6"},
      {"rtmp://us%er:x@host/app", "%25"},
      {"rtmp://us%4@host/app", "%25"},
  };
  for (const auto& [text, what] : cases) {
    const UrlResult result = parseUrl(text);
    EXPECT_FALSE(result.url) << text;
    EXPECT_THAT(result.error, HasSubstr(what)) << text;
    EXPECT_FALSE(parsePublishUrl(text).target) << text;
  }
}

TEST(PublishUrl, LastPathPartAndItsQueryAreTheStream) {
  struct Row {
    const char *text, *app, *stream;
  };
  for (const Row& row : std::vector<Row>{
           {"rtmp://h/app/key", "app", "key"},
           {"rtmp://h/app/inst/key", "app/inst", "key"},
           {"rtmp://h/live/_definst_/key", "live/_definst_", "key"},
           {"rtmp://h/app/key?user=a&pass=b", "app", "key?user=a&pass=b"},
           {"rtmp://h/app/stream?x=a/b", "app", "stream?x=a/b"},
           {"rtmp://h/app?token=x/key", "app?token=x", "key"},
           {"rtmps://live-api-s.facebook.com:443/rtmp/FB-1-0-Ab?s_bl=1&s_psm=1&a=Ab_-", "rtmp",
            "FB-1-0-Ab?s_bl=1&s_psm=1&a=Ab_-"},
           {"rtmp://p.ep1.i.akamaientrypoint.net/EntryPoint/name_1_2500@123", "EntryPoint",
            "name_1_2500@123"},
           {"rtmp://h/app//key", "app", "key"},
           {"rtmp://h/app/key#1", "app", "key#1"},
           {"rtmp://h/app/mp4:film.mp4", "app", "mp4:film.mp4"},
       }) {
    EXPECT_EQ(target(row.text).url.app, row.app) << row.text;
    EXPECT_EQ(target(row.text).stream, row.stream) << row.text;
  }
}

TEST(PublishUrl, MissingParts) {
  for (const auto* text : {"rtmp://h", "rtmp://h/", "rtmp://h/?a=b"}) {
    EXPECT_THAT(parsePublishUrl(text).error, HasSubstr("no application")) << text;
  }
  for (const auto* text : {"rtmp://h/app", "rtmp://h/app?a=b"}) {
    EXPECT_THAT(parsePublishUrl(text).error, HasSubstr("no stream")) << text;
  }
  for (const auto* text : {"rtmp://h/app/", "rtmp://h/app/inst/", "rtmp://h/app/?a=b", "rtmp://h/app?a=b/"}) {
    EXPECT_THAT(parsePublishUrl(text).error, HasSubstr("stream key is empty")) << text;
  }
}

TEST(PublishUrl, ErrorsHoldNoSecret) {
  for (const auto* text :
       {"SECRET", "SECRET://host/SECRET", "rtmp://user:SECRET@/SECRET", "rtmp://h:SECRET/SECRET",
        "rtmp://SECRET:SEC/RET@h/app", "rtmp://h/SECRET", "rtmp://h/SECRET?SECRET=SECRET",
        "rtmp://%SECRET@h/app", "rtmp://[SECRET]/app", "rtmp://h/app/SECRET key"}) {
    const std::string error = parsePublishUrl(text).error;
    EXPECT_FALSE(error.empty()) << text;
    EXPECT_THAT(error, Not(HasSubstr("SEC"))) << text;
    EXPECT_THAT(error, Not(HasSubstr("secret"))) << text;
  }
}

TEST(MaskUrl, PublishUrls) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"rtmp://host/app/key", "rtmp://host/app/****"},
      {"rtmp://host:1936/app/inst/key?user=a&pass=b", "rtmp://host:1936/app/inst/****"},
      {"rtmp://u:p@host/app/key", "rtmp://****@host/app/****"},
      {"rtmp://u@host/app/key@x", "rtmp://****@host/app/****"},
      {"rtmp://host/key", "rtmp://host/****"},
      {"rtmp://host/app/key/", "rtmp://host/app/****"},
      {"rtmp://host/", "rtmp://host/****"},
      {"rtmp://host", "rtmp://host"},
      {"key", "****"},
      {"", "****"},
      {"rtmp:/host/app/key?next=http://x", "****"},
      {"rtmp://u:pa/ss@host/app/key", "rtmp://****@host/app/****"},
      {"rtmp://u:p?ss@host/app/key", "rtmp://****@host/app/****"},
      {"rtmp://host:key/app/x", "rtmp://****/app/****"},
      {"rtmp://host:99999/app/key", "rtmp://host:99999/app/****"},
      {"http://host/app/key", "http://host/app/****"},
      {"rtmp://host/a\npp/key", "rtmp://host/a pp/****"},
  };
  for (const auto& [text, masked] : cases) EXPECT_EQ(maskUrl(text, true), masked) << text;
}

TEST(MaskUrl, UrlsWithoutAStream) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"rtmp://host/app/inst", "rtmp://host/app/inst"},
      {"rtmp://u:p@host/app?token=abc&x=1&flag", "rtmp://****@host/app?token=****&x=****&****"},
      {"rtmp://host/app?c2VjcmV0==", "rtmp://host/app?****"},
      {"rtmp://host?token=abc", "rtmp://host/?token=****"},
      {"rtmp://host/app?", "rtmp://host/app?"},
  };
  for (const auto& [text, masked] : cases) EXPECT_EQ(maskUrl(text, false), masked) << text;
}

TEST(MaskUrl, EveryPrefixOfAUrlIsSafe) {
  const std::string text = "rtmps://user:SECRET@host:1936/app/SECRET?token=SECRET/SECRET&SECRET";
  for (std::size_t size = 0; size <= text.size(); ++size) {
    const std::string masked = maskUrl(text.substr(0, size), true);
    // "rtmps://user" may as well be a host.
    EXPECT_THAT(masked, Not(HasSubstr("SECRET"))) << masked;
  }
}

}  // namespace
}  // namespace multiconn::rtmp
