// Data messages: NetStream.send, @setDataFrame and @clearDataFrame.
#include "origin/origin_fixture.hpp"
#include "origin/relay_message.hpp"

namespace multiconn::test {
namespace {

class Data : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(publisher.connect() && publisher.publish("s"));
    ASSERT_TRUE(player.connect() && player.play("s"));
  }
  std::vector<AmfValue> next(RtmpTestClient& client) {
    const auto message = client.media();
    const auto* data = message ? std::get_if<rtmp::Data>(&message->body) : nullptr;
    return data ? data->values : std::vector<AmfValue>();
  }

  OriginServer server{testOptions()};
  RtmpTestClient publisher{server.port()};
  RtmpTestClient player{server.port()};
  RtmpTestClient late{server.port()};
};

using Values = std::vector<AmfValue>;

TEST_F(Data, IsRelayedAsItIs) {
  const Values cue{"onCuePoint", AmfObject{{"name", "here"}, {"list", AmfArray{1, "two", nullptr}}}, true};
  ASSERT_TRUE(publisher.sendData(12, cue));
  EXPECT_EQ(next(player), cue);
}

TEST_F(Data, LateJoinersGetWhatWasSetButNotWhatWasSent) {
  const Values metadata{"onMetaData", AmfObject::ecmaArray({{"width", 640}})};
  const Values weather{"onWeather", "rain"};
  ASSERT_TRUE(publisher.sendData(0, {"@setDataFrame", metadata[0], metadata[1]}));
  ASSERT_TRUE(publisher.sendData(0, {"@setDataFrame", weather[0], weather[1]}));
  ASSERT_TRUE(publisher.sendData(0, {"onCuePoint", 1}));
  EXPECT_EQ(next(player), metadata);
  EXPECT_EQ(next(player), weather);
  EXPECT_EQ(next(player), (Values{"onCuePoint", 1}));
  ASSERT_TRUE(late.connect() && late.play("s"));
  const Values first = next(late);
  const Values second = next(late);
  EXPECT_TRUE((first == metadata && second == weather) || (first == weather && second == metadata));
}

TEST_F(Data, WhatWasClearedIsNotGivenToLateJoiners) {
  ASSERT_TRUE(publisher.sendData(0, {"@setDataFrame", "onMetaData", "old"}));
  ASSERT_TRUE(publisher.sendData(0, {"@setDataFrame", "onWeather", "rain"}));
  ASSERT_TRUE(publisher.sendData(0, {"@clearDataFrame", "onMetaData"}));
  ASSERT_TRUE(publisher.sendData(0, {"@clearDataFrame", "onWeather"}));
  ASSERT_TRUE(publisher.sendData(0, {"onCuePoint", 1}));
  for (int i = 0; i < 3; ++i) ASSERT_FALSE(next(player).empty());
  ASSERT_TRUE(late.connect() && late.play("s"));
  ASSERT_TRUE(publisher.sendData(0, {"onCuePoint", 2}));
  EXPECT_EQ(next(late), (Values{"onCuePoint", 2}));
}

TEST_F(Data, OfAPublisherWhoHasLeftIsForgotten) {
  ASSERT_TRUE(publisher.sendData(0, {"@setDataFrame", "onMetaData", "old"}));
  ASSERT_FALSE(next(player).empty());
  ASSERT_TRUE(publisher.unpublish());
  ASSERT_TRUE(player.waitStatus("NetStream.Play.UnpublishNotify"));
  ASSERT_TRUE(publisher.publish("s"));
  ASSERT_TRUE(late.connect() && late.play("s"));
  ASSERT_TRUE(publisher.sendData(0, {"onCuePoint", 2}));
  EXPECT_EQ(next(late), (Values{"onCuePoint", 2}));
}

// As bytes, since AMF3 values and encoders' quirks have to pass too.
TEST(RelayData, TakesTheCommandOffAndLeavesTheRestAlone) {
  using namespace std::string_view_literals;
  const auto relay = [](std::string_view text) {
    const auto bytes = rtmp::asBytes(text);
    const rtmp::Data data{{}, rtmp::makePayload({bytes.begin(), bytes.end()})};
    return origin::relayData({7, 1, data}, data, {});
  };
  const auto stored = relay(
      "\x02\x00\x0D@setDataFrame\x02\x00\x03"
      "abc\x11\x0A\x0B\x01"sv);
  ASSERT_TRUE(stored);
  EXPECT_EQ(stored->action, origin::RelayData::Action::store);
  EXPECT_EQ(stored->name, "abc");
  EXPECT_EQ(rtmp::asText(*stored->message.out.message.payload),
            "\x02\x00\x03"
            "abc\x11\x0A\x0B\x01"sv);
  EXPECT_EQ(stored->message.out.message.timestamp, 7U);
  const auto odd = relay("\x05\x05"sv);
  ASSERT_TRUE(odd);
  EXPECT_EQ(odd->action, origin::RelayData::Action::relay);
  EXPECT_EQ(odd->name, "");
  EXPECT_FALSE(relay(""sv));
  EXPECT_FALSE(relay("\x02\x00\x0D@setDataFrame"sv));
  EXPECT_FALSE(
      relay("\x02\x00\x0D@setDataFrame\x02\x00\x30"
            "abc"sv));
}

}  // namespace
}  // namespace multiconn::test
