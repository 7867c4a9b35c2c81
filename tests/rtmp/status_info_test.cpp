#include "rtmp/status_info.hpp"

#include <gtest/gtest.h>

namespace multiconn::rtmp {
namespace {

TEST(StatusInfo, LevelDecides) {
  EXPECT_TRUE(statusInfo(makeInfo("Error", "NetStream.Publish.Start", "")).isError());
  EXPECT_FALSE(statusInfo(makeInfo("STATUS", "NetStream.Play.Failed", "")).isError());
  EXPECT_FALSE(statusInfo(makeInfo("warning", "NetStream.Play.InsufficientBW", "")).isError());
}

TEST(StatusInfo, CodeDecidesWithoutALevel) {
  for (const auto* code :
       {"NetConnection.Connect.Rejected", "NetStream.Publish.BadName", "netstream.play.failed",
        "NetStream.Play.StreamNotFound", "SharedObject.ObjectCreationFailed"}) {
    EXPECT_TRUE(statusInfo(AmfObject{{"code", code}}).isError()) << code;
  }
  for (const auto* code : {"NetStream.Play.Start", "", "Failed"}) {
    EXPECT_FALSE(statusInfo(AmfObject{{"code", code}}).isError()) << code;
  }
}

TEST(StatusInfo, MistypedMembersStayEmpty) {
  const StatusInfo status =
      statusInfo(AmfObject{{"code", 5}, {"level", nullptr}, {"description", AmfArray{}}});
  EXPECT_EQ(status.code + status.level + status.description, "");
  EXPECT_TRUE(statusInfo("text").code.empty());
  EXPECT_TRUE(statusInfo({}).info.isUndefined());
}

TEST(StatusInfo, TextsAreFitToPrint) {
  using namespace std::string_literals;
  const StatusInfo status = statusInfo(AmfObject{{"description", "a\r\nb\x1b[0m\0c"s}});
  EXPECT_EQ(status.description, "a  b [0m c");
  EXPECT_EQ(statusInfo(AmfObject{{"code", std::string(5000, 'x')}}).code.size(), 1024u);
}

TEST(StatusInfo, CutTextsEndWithAWholeCharacter) {
  for (std::size_t lead = 1020; lead <= 1024; ++lead) {
    const std::string text = std::string(lead, 'x') + "\xF0\x9F\x98\x80\xF0\x9F\x98\x80";
    const std::string cut = statusInfo(AmfObject{{"description", text}}).description;
    EXPECT_LE(cut.size(), 1024u);
    EXPECT_TRUE(cut.size() == lead || cut.size() == lead + 4) << lead << " " << cut.size();
  }
}

TEST(StatusInfo, EcmaArraysCountToo) {
  EXPECT_EQ(statusInfo(AmfObject::ecmaArray({{"code", "NetStream.Play.Start"}})).code,
            "NetStream.Play.Start");
}

}  // namespace
}  // namespace multiconn::rtmp
