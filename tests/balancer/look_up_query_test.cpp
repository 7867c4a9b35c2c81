#include "balancer/look_up_query.hpp"

#include <gtest/gtest.h>

namespace multiconn::balancer {
namespace {

using Form = LookUpQuery::Form;

LookUpQuery parsed(std::string_view text) {
  const auto result = parseLookUpQuery(text);
  if (const auto* const wrong = std::get_if<std::string>(&result)) ADD_FAILURE() << text << ": " << *wrong;
  return std::holds_alternative<LookUpQuery>(result) ? std::get<LookUpQuery>(result) : LookUpQuery();
}

std::string complaint(std::string_view text) {
  const auto result = parseLookUpQuery(text);
  const auto* const wrong = std::get_if<std::string>(&result);
  return wrong ? *wrong : "none";
}

TEST(LookUpQuery, AsksForOneRtmpServerAsText) {
  const LookUpQuery query = parsed("");
  EXPECT_EQ(query.form, Form::text);
  EXPECT_EQ(query.count, 1u);
  EXPECT_EQ(query.scheme, "rtmp");
}

TEST(LookUpQuery, TakesEachForm) {
  EXPECT_EQ(parsed("format=json").form, Form::json);
  EXPECT_EQ(parsed("format=text").form, Form::text);
  EXPECT_EQ(parsed("explain=1").form, Form::explain);
  EXPECT_EQ(parsed("redirect=true").form, Form::redirect);
  EXPECT_EQ(parsed("redirect=false").form, Form::text);
  EXPECT_EQ(parsed("count=3&format=json&scheme=rtmps").count, 3u);
  EXPECT_EQ(parsed("count=3&format=json&scheme=rtmps").scheme, "rtmps");
}

TEST(LookUpQuery, FindsServerInfoAnywhereInTheQuery) {
  for (const char* const text :
       {"serverInfoXML", "serverInfoXML=true", "a=b&serverInfoXML", "xserverInfoXMLx"}) {
    EXPECT_EQ(parsed(text).form, Form::server_info) << text;
  }
  EXPECT_EQ(parsed("serverinfoxml").form, Form::text);
}

TEST(LookUpQuery, PassesOverWhatItDoesNotKnow) {
  EXPECT_EQ(parsed("t=1700000000&&=&x").form, Form::text);
}

TEST(LookUpQuery, MakesThePathOfARedirect) {
  EXPECT_EQ(parsed("redirect=true").path, "/");
  EXPECT_EQ(parsed("redirect=true").scheme, "http");
  EXPECT_EQ(parsed("redirect=true&scheme=rtmp").scheme, "rtmp");
  EXPECT_EQ(parsed("redirect=true&app=live").path, "/live");
  EXPECT_EQ(parsed("app=live&stream=film.m3u8&redirect=true").path, "/live/film.m3u8");
  EXPECT_EQ(parsed("redirect=true&path=/hls/a/b.m3u8").path, "/hls/a/b.m3u8");
  EXPECT_EQ(parsed("redirect=true&path=hls%2Fa%20b").path, "/hls/a%20b");
  EXPECT_EQ(parsed("redirect=true&app=live&token=a%3Db&x=1").query, "token=a%3Db&x=1");
}

TEST(LookUpQuery, LetsNothingIntoALocationThatEndsIt) {
  EXPECT_EQ(parsed("redirect=true&path=/a%0d%0aSet-Cookie:%20x%3f%23").path, "/a%0D%0ASet-Cookie:%20x%3F%23");
  EXPECT_EQ(parsed("redirect=true&app=l&x=<\"\x7f\xff").query, "x=%3C%22%7F%FF");
}

TEST(LookUpQuery, SaysWhatIsWrong) {
  for (const char* const text :
       {"count=0", "count=17", "count=", "count=-1", "count=1x", "count=99999999999999999999"}) {
    EXPECT_EQ(complaint(text), "count is a number from 1 to 16") << text;
  }
  EXPECT_EQ(complaint("format=xml"), "format is text or json");
  EXPECT_EQ(complaint("scheme=ftp"), "scheme is rtmp, rtmps or http");
  EXPECT_EQ(complaint("redirect=true&path=%zz"), "path is not percent-encoded");
  EXPECT_EQ(complaint("redirect=true&path=/a&app=b"), "either path, or app and stream, but not both");
}

}  // namespace
}  // namespace multiconn::balancer
