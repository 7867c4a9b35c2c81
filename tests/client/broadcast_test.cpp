#include "client/broadcast.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/catch_up.hpp"
#include "rtmp/media_body.hpp"
#include "support/media_frames.hpp"

namespace multiconn::client {
namespace {

using namespace std::chrono_literals;
using test::audio;
using test::audioConfig;
using test::video;
using test::videoConfig;
using testing::ElementsAre;
using testing::HasSubstr;

class BroadcastTest : public testing::Test {
 protected:
  BroadcastTest() : broadcast([this](const rtmp::QueuedMessage& message) { sent.push_back(message); }) {}

  /// "meta@0", "v config@0", "v key@40+80", "a@21" and so on.
  std::vector<std::string> described() const {
    std::vector<std::string> list;
    for (const rtmp::QueuedMessage& message : sent) list.push_back(described(message.message));
    return list;
  }
  static std::string described(const rtmp::OutMessage& message) {
    const std::string at = "@" + std::to_string(message.timestamp);
    if (message.type == rtmp::MessageType::data_amf0) return "meta" + at;
    const bool is_video = message.type == rtmp::MessageType::video;
    rtmp::MediaBody body;
    EXPECT_EQ(is_video ? parseVideoBody(*message.payload, body) : parseAudioBody(*message.payload, body),
              rtmp::Error::none);
    std::string text = is_video ? "v" : "a";
    if (body.packet == rtmp::MediaBody::Packet::config)
      text += " config";
    else if (is_video)
      text += body.kind == FrameKind::key ? " key" : " inter";
    return text + at + (body.composition_ms != 0 ? "+" + std::to_string(body.composition_ms) : "");
  }
  AmfObject metadata(std::size_t index) const {
    const rtmp::RawMessage raw{static_cast<std::uint8_t>(sent[index].message.type), 0, 1,
                               sent[index].message.payload};
    const auto message = rtmp::decode(raw, rtmp::Limits());
    const auto& values = std::get<rtmp::Data>(message->body).values;
    EXPECT_EQ(*values.at(0).string(), "@setDataFrame");
    EXPECT_EQ(*values.at(1).string(), "onMetaData");
    return *values.at(2).object();
  }
  rtmp::Error write(const EncodedFrame& frame) {
    return broadcast.write(isVideo(frame.codec) ? Track::video : Track::audio, frame, now);
  }

  std::vector<std::string> newcomersGet() {
    class Sink final : public CatchUpSink {
     public:
      bool room(std::size_t) const override { return true; }
      void send(const rtmp::QueuedMessage& message) override { got.push_back(described(message.message)); }
      std::vector<std::string> got;
    };
    Sink sink;
    EXPECT_TRUE(CatchUp::newest(broadcast.ring()).advance(broadcast.ring(), now, false, sink));
    return sink.got;
  }

  rtmp::TimePoint now{};
  std::vector<rtmp::QueuedMessage> sent;
  Broadcast broadcast;
};

TEST_F(BroadcastTest, BeginsWithTheSmallestFirstTimeOfAllTracks) {
  broadcast.expect(Track::audio, true);
  broadcast.expect(Track::video, true);
  write(videoConfig());
  write(video(FrameKind::key, 1, 3600s + 100ms));
  write(video(FrameKind::inter, 2, 3600s + 140ms));
  EXPECT_TRUE(broadcast.holding());
  EXPECT_TRUE(sent.empty());
  write(audioConfig());
  write(audio(1, 3600s + 79ms));
  EXPECT_FALSE(broadcast.holding());
  EXPECT_THAT(described(),
              ElementsAre("meta@0", "v config@0", "v key@21", "v inter@61", "a config@0", "a@0"));
}

TEST_F(BroadcastTest, ATrackThatDoesNotComeIsNotWaitedForAfterRelease) {
  broadcast.expect(Track::audio, true);
  broadcast.expect(Track::video, true);
  write(videoConfig());
  write(video(FrameKind::key, 1, 500ms));
  broadcast.release(now);
  EXPECT_THAT(described(), ElementsAre("meta@0", "v config@0", "v key@0"));
  sent.clear();
  write(audioConfig());
  write(audio(1, 480ms));
  write(audio(2, 520ms));
  EXPECT_THAT(described(), ElementsAre("meta@0", "a config@0", "a@0", "a@20"));
}

TEST_F(BroadcastTest, HoldsNoMoreThanEightMegabytes) {
  broadcast.expect(Track::audio, true);
  broadcast.expect(Track::video, true);
  write(videoConfig());
  for (std::uint32_t i = 0; i < 8; ++i) write(video(FrameKind::key, i, 40ms * i, 1024 * 1024));
  EXPECT_FALSE(broadcast.holding());
  EXPECT_EQ(sent.size(), 10U);
}

TEST_F(BroadcastTest, OnlyExpectedTracksAreWaitedFor) {
  broadcast.expect(Track::audio, true);
  write(audioConfig());
  write(audio(1, 10s));
  EXPECT_THAT(described(), ElementsAre("meta@0", "a config@0", "a@0"));
}

TEST_F(BroadcastTest, CompositionIsTheDifferenceOfRoundedTimes) {
  broadcast.expect(Track::video, true);
  write(videoConfig());
  write(video(FrameKind::key, 1, 0us, 64, 66'667us));
  write(video(FrameKind::inter, 2, 33'333us, 64, 133'334us));
  EXPECT_THAT(described(), ElementsAre("meta@0", "v config@0", "v key@0+67", "v inter@33+134"));
}

TEST_F(BroadcastTest, BodiesAreBuiltOnceAndCarryTheFrame) {
  broadcast.expect(Track::video, true);
  write(videoConfig());
  const EncodedFrame frame = video(FrameKind::key, 7, 0ms);
  write(frame);
  rtmp::MediaBody body;
  ASSERT_EQ(parseVideoBody(*sent.back().message.payload, body), rtmp::Error::none);
  EXPECT_TRUE(std::equal(body.payload.begin(), body.payload.end(), frame.data->begin(), frame.data->end()));
}

TEST_F(BroadcastTest, MetadataGoesFirstAndNamesTheCodecs) {
  broadcast.expect(Track::video, true);
  broadcast.metadata({{"width", 640}, {"title", "x"}}, now);
  EXPECT_TRUE(sent.empty());
  write(videoConfig());
  write(video(FrameKind::key, 1, 0ms));
  const AmfObject first = metadata(0);
  EXPECT_EQ(first.kind(), AmfObject::Kind::ecma_array);
  EXPECT_EQ(first.numberOr("width", 0), 640);
  EXPECT_EQ(first.numberOr("videocodecid", 0), 7);
  EXPECT_EQ(first.find("audiocodecid"), nullptr);
  sent.clear();
  broadcast.metadata({{"title", "y"}}, now);
  ASSERT_EQ(sent.size(), 1U) << "at once while media flows";
  EXPECT_EQ(metadata(0).stringOr("title", ""), "y");
  EXPECT_EQ(metadata(0).find("width"), nullptr);
  EXPECT_EQ(sent[0].kind, rtmp::QueuedMessage::Class::control) << "never dropped";
}

TEST_F(BroadcastTest, MetadataIsMadePortable) {
  broadcast.expect(Track::video, true);
  broadcast.metadata({{"when", AmfValue::Date{1000, 0}},
                      {"nothing", AmfValue()},
                      {"long", std::string(70'000, 'x')},
                      {"reference", AmfValue::Reference{0}},
                      {"list", AmfArray{1, AmfValue::Reference{0}}}},
                     now);
  write(videoConfig());
  write(video(FrameKind::key, 1, 0ms));
  const AmfObject properties = metadata(0);
  EXPECT_EQ(properties.numberOr("when", 0), 1000);
  EXPECT_EQ(properties.find("long"), nullptr);
  EXPECT_EQ(properties.find("reference"), nullptr);
  EXPECT_EQ(*properties.find("list"), AmfValue(AmfArray{1, nullptr}));
}

TEST_F(BroadcastTest, AChangedConfigurationComesBeforeTheFrameThatNeedsIt) {
  broadcast.expect(Track::audio, true);
  write(audioConfig());
  write(audio(1, 0ms));
  write(audioConfig());
  write(test::frameOf(Codec::aac, FrameKind::config, {std::byte{0x12}, std::byte{0x10}}, {}, {}));
  write(audio(2, 20ms));
  EXPECT_THAT(described(), ElementsAre("meta@0", "a config@0", "a@0", "a config@0", "a@20"));
}

TEST_F(BroadcastTest, AnotherSourceGoesOnInTime) {
  broadcast.expect(Track::video, true);
  write(videoConfig());
  write(video(FrameKind::key, 1, 0ms));
  write(video(FrameKind::inter, 2, 40ms));
  broadcast.changeSource(Track::video);
  sent.clear();
  write(videoConfig());
  EXPECT_TRUE(sent.empty());
  write(video(FrameKind::key, 1, 100s));
  write(video(FrameKind::inter, 2, 100s + 40ms));
  EXPECT_THAT(described(), ElementsAre("v config@40", "v key@80", "v inter@120"));
}

TEST_F(BroadcastTest, TheWrongTrackAndBadFramesAreErrors) {
  EXPECT_NE(broadcast.write(Track::audio, video(FrameKind::key, 1, 0ms), now), rtmp::Error::none);
  EXPECT_NE(write(test::frameOf(Codec::h264, FrameKind::key, {}, {}, {})), rtmp::Error::none);
  EXPECT_FALSE(broadcast.holding());
}

TEST_F(BroadcastTest, WhatOurOwnOriginDoesNotReadIsRefused) {
  const std::size_t longest = rtmp::Limits().max_media_message;
  broadcast.expect(Track::video, true);
  write(videoConfig());
  EXPECT_EQ(write(video(FrameKind::key, 1, 0ms, longest - 4)), rtmp::Error::message_too_large);
  EXPECT_TRUE(sent.empty());
  EXPECT_FALSE(broadcast.holding());
  EXPECT_EQ(write(video(FrameKind::key, 1, 0ms, longest - 12)), rtmp::Error::none);
  ASSERT_EQ(sent.size(), 3U);
  EXPECT_LE(sent[2].message.payload->size(), longest);
}

TEST_F(BroadcastTest, AConfigurationsTimeIsNotTheBeginning) {
  broadcast.expect(Track::audio, true);
  broadcast.expect(Track::video, true);
  write(videoConfig());
  write(videoConfig());
  broadcast.release(now);
  EXPECT_TRUE(sent.empty());
  write(video(FrameKind::key, 1, 3600s));
  broadcast.release(now);
  EXPECT_THAT(described(), ElementsAre("meta@0", "v config@0", "v key@0"));
}

TEST_F(BroadcastTest, NewcomersGetMetadataConfigurationAndTheNewestPictures) {
  broadcast.expect(Track::audio, true);
  broadcast.expect(Track::video, true);
  write(videoConfig());
  write(audioConfig());
  for (std::uint32_t i = 0; i < 8; ++i) {
    write(video(i % 5 == 0 ? FrameKind::key : FrameKind::inter, i, 40ms * i));
    write(audio(i, 40ms * i));
  }
  EXPECT_THAT(newcomersGet(), ElementsAre("meta@200", "v config@200", "a config@200", "v key@200", "a@200",
                                          "v inter@240", "a@240", "v inter@280", "a@280"));
}

TEST_F(BroadcastTest, EveryMessageHasTheNextNumber) {
  broadcast.expect(Track::audio, true);
  broadcast.data({"before", 1}, now);
  write(audioConfig());
  write(audio(1, 0ms));
  broadcast.data({"after", 2}, now);
  broadcast.metadata({{"title", "x"}}, now);
  ASSERT_EQ(sent.size(), 6U);
  for (std::size_t i = 0; i < sent.size(); ++i) EXPECT_EQ(sent[i].number, i + 1);
  EXPECT_EQ(broadcast.ring().next(), 7U);
}

TEST_F(BroadcastTest, WithoutVideoNewcomersGoOnAnywhere) {
  broadcast.expect(Track::audio, true);
  write(audioConfig());
  for (std::uint32_t i = 0; i < 100; ++i) write(audio(i, 20ms * i));
  EXPECT_THAT(newcomersGet(), ElementsAre("meta@1980", "a config@1980"));
}

// Two publishers that were started apart, and get the same frames from then on.
TEST_F(BroadcastTest, OfAnEpochGivesTheSameTimesWhereverItBegins) {
  for (const auto begins : {0us, 1'700'000'000'000'000us, 4'294'960'000'000us}) {
    std::vector<std::vector<rtmp::QueuedMessage>> emitted(2);
    for (std::size_t machine = 0; machine < 2; ++machine) {
      Broadcast own([&](const rtmp::QueuedMessage& message) { emitted[machine].push_back(message); },
                    Timestamps::epoch);
      for (const Track track : all_tracks) own.expect(track, true);
      own.write(Track::video, videoConfig(), now);
      own.write(Track::audio, audioConfig(), now);
      for (std::uint32_t i = machine == 0 ? 0 : 50; i < 600; ++i) {
        const auto video_dts = begins + 33'367us * i;
        own.write(Track::video, video(i % 25 == 0 ? FrameKind::key : FrameKind::inter, i, video_dts), now);
        own.write(Track::audio, audio(i, begins + 21'333us * i), now);
      }
    }
    for (auto& list : emitted)
      std::erase_if(list, [](const rtmp::QueuedMessage& each) {
        return each.kind <= rtmp::QueuedMessage::Class::config;
      });
    ASSERT_EQ(emitted[0].size(), emitted[1].size() + 2 * 50);
    for (std::size_t i = 0; i < emitted[1].size(); ++i) {
      const rtmp::OutMessage& one = emitted[0][i + 2 * 50].message;
      ASSERT_EQ(*one.payload, *emitted[1][i].message.payload) << i;
      ASSERT_EQ(one.timestamp, emitted[1][i].message.timestamp) << i;
    }
  }
}

}  // namespace
}  // namespace multiconn::client
