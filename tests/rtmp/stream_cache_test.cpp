#include "rtmp/stream_cache.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace multiconn::rtmp {
namespace {

using Packet = MediaBody::Packet;
using testing::ElementsAre;
using testing::IsEmpty;

OutMessage message(MessageType type, std::uint32_t timestamp, std::string_view content) {
  const BytesView bytes = asBytes(content);
  return {type, 4, timestamp, 1, makePayload(Bytes(bytes.begin(), bytes.end()))};
}

MediaBody body(Packet packet, FrameKind kind = FrameKind::key, std::optional<std::uint8_t> track = {}) {
  MediaBody result;
  result.packet = packet;
  result.kind = kind;
  result.multitrack = track.has_value();
  result.track = track.value_or(0);
  return result;
}

struct Fixture {
  // Bodies are one byte here; what a message weighs beside its body is counted too.
  explicit Fixture(std::size_t messages = 100) : cache(messages * 129) {}

  void video(std::uint32_t time, std::string_view content, FrameKind kind,
             std::optional<std::uint8_t> track = {}) {
    cache.video(message(MessageType::video, time, content), body(Packet::frames, kind, track));
  }
  void key(std::uint32_t time, std::string_view content = "K") { video(time, content, FrameKind::key); }
  void inter(std::uint32_t time, std::string_view content = "p") { video(time, content, FrameKind::inter); }
  void audio(std::uint32_t time, std::string_view content = "a") {
    cache.audio(message(MessageType::audio, time, content), body(Packet::frames));
  }
  void videoPacket(Packet packet, std::string_view content, std::optional<std::uint8_t> track = {}) {
    cache.video(message(MessageType::video, 0, content), body(packet, FrameKind::key, track));
  }
  void audioPacket(Packet packet, std::string_view content, std::optional<std::uint8_t> track = {}) {
    cache.audio(message(MessageType::audio, 0, content), body(packet, FrameKind::key, track));
  }
  void metadata(std::string_view content) { cache.metadata(message(MessageType::data_amf0, 0, content)); }
  /// "content@timestamp" of all that a newcomer gets.
  std::vector<std::string> replayed() const {
    std::vector<std::string> all;
    cache.replay([&](const QueuedMessage& queued) {
      all.push_back(std::string(asText(*queued.message.payload)) + "@" +
                    std::to_string(queued.message.timestamp));
    });
    return all;
  }

  StreamCache cache;
};

TEST(StreamCache, EmptyHasNothing) {
  Fixture f;
  EXPECT_THAT(f.replayed(), IsEmpty());
  EXPECT_FALSE(f.cache.hasVideo());
  EXPECT_FALSE(f.cache.gopComplete());
}

TEST(StreamCache, HeadersThenTheNewestGroup) {
  Fixture f;
  f.audioPacket(Packet::config, "A");
  f.metadata("M");
  f.videoPacket(Packet::config, "V");
  f.key(1000);
  f.audio(1010);
  f.inter(1040);
  EXPECT_TRUE(f.cache.gopComplete());
  EXPECT_THAT(f.replayed(), ElementsAre("M@1000", "V@1000", "A@1000", "K@1000", "a@1010", "p@1040"));
  f.key(2000);
  EXPECT_THAT(f.replayed(), ElementsAre("M@2000", "V@2000", "A@2000", "K@2000"));
}

TEST(StreamCache, ClassesForTheQueue) {
  Fixture f;
  f.metadata("M");
  f.videoPacket(Packet::config, "V");
  f.key(1);
  f.video(2, "d", FrameKind::disposable);
  f.audio(3);
  std::vector<QueuedMessage> all;
  f.cache.replay([&](QueuedMessage queued) { all.push_back(std::move(queued)); });
  ASSERT_EQ(all.size(), 5u);
  using Class = QueuedMessage::Class;
  const Class expected[] = {Class::control, Class::config, Class::video, Class::video, Class::audio};
  for (std::size_t i = 0; i < all.size(); ++i) EXPECT_EQ(all[i].kind, expected[i]) << i;
  EXPECT_EQ(all[2].frame, FrameKind::key);
  EXPECT_EQ(all[3].frame, FrameKind::disposable);
}

TEST(StreamCache, WithoutVideoNoFramesAreKept) {
  Fixture f;
  f.audioPacket(Packet::config, "A");
  for (std::uint32_t time = 0; time < 100; ++time) f.audio(time);
  EXPECT_FALSE(f.cache.hasVideo());
  EXPECT_THAT(f.replayed(), ElementsAre("A@99"));
}

TEST(StreamCache, BeginsAtAKey) {
  Fixture f;
  f.videoPacket(Packet::config, "V");
  f.inter(1);
  f.audio(2);
  EXPECT_TRUE(f.cache.hasVideo());
  EXPECT_FALSE(f.cache.gopComplete());
  EXPECT_THAT(f.replayed(), ElementsAre("V@2"));
}

TEST(StreamCache, GroupThatOutgrowsItsBoundIsGivenUp) {
  Fixture f(3);
  f.videoPacket(Packet::config, "V");
  f.key(1);
  f.inter(2);
  f.audio(3);
  EXPECT_TRUE(f.cache.gopComplete());
  f.audio(4);
  EXPECT_FALSE(f.cache.gopComplete());
  f.inter(5);
  EXPECT_THAT(f.replayed(), ElementsAre("V@5"));
  f.key(6);
  EXPECT_THAT(f.replayed(), ElementsAre("V@6", "K@6"));
}

TEST(StreamCache, NewVideoConfigurationEndsTheGroup) {
  Fixture f;
  f.videoPacket(Packet::config, "V");
  f.key(1);
  f.videoPacket(Packet::config, "V");  // many encoders repeat it
  EXPECT_TRUE(f.cache.gopComplete());
  f.videoPacket(Packet::config, "W");
  EXPECT_FALSE(f.cache.gopComplete());
  f.key(5);
  EXPECT_THAT(f.replayed(), ElementsAre("W@5", "K@5"));
}

TEST(StreamCache, NewAudioConfigurationTakesTheAudioOutOfTheGroup) {
  Fixture f(4);
  f.audioPacket(Packet::config, "A");
  f.key(1);
  f.audio(2);
  f.audioPacket(Packet::config, "B");
  f.audio(3, "b");
  f.inter(4);
  EXPECT_THAT(f.replayed(), ElementsAre("B@1", "K@1", "b@3", "p@4"));
  f.inter(5);
  EXPECT_TRUE(f.cache.gopComplete());  // what was taken out no longer counts
}

TEST(StreamCache, EveryTrackHasItsConfiguration) {
  Fixture f;
  f.videoPacket(Packet::config, "V0");
  f.videoPacket(Packet::config, "V2", 2);
  f.videoPacket(Packet::config, "V1", 1);
  f.videoPacket(Packet::metadata, "hdr");
  f.audioPacket(Packet::config, "A0");
  f.audioPacket(Packet::config, "A1", 1);
  f.audioPacket(Packet::multichannel, "5.1");
  EXPECT_THAT(f.replayed(), ElementsAre("V0@0", "V1@0", "V2@0", "hdr@0", "A0@0", "A1@0", "5.1@0"));
}

TEST(StreamCache, OnlyTheDefaultTracksKeyBeginsAGroup) {
  Fixture f;
  f.video(1, "k1", FrameKind::key, 1);
  EXPECT_FALSE(f.cache.gopComplete());
  f.key(2);
  f.video(3, "k1", FrameKind::key, 1);
  std::vector<FrameKind> kinds;
  f.cache.replay([&](const QueuedMessage& queued) { kinds.push_back(queued.frame); });
  EXPECT_THAT(kinds, ElementsAre(FrameKind::key, FrameKind::inter));
  f.video(4, "k0", FrameKind::key, 0);
  EXPECT_THAT(f.replayed(), ElementsAre("k0@4"));
}

TEST(StreamCache, EndOfSequenceEndsTheGroup) {
  Fixture f;
  f.key(1);
  f.videoPacket(Packet::command, "c");
  EXPECT_TRUE(f.cache.gopComplete());
  f.videoPacket(Packet::end, "e");
  EXPECT_FALSE(f.cache.gopComplete());
}

TEST(StreamCache, ClearForgetsEverything) {
  Fixture f;
  f.metadata("M");
  f.videoPacket(Packet::config, "V");
  f.key(1);
  f.cache.clearMetadata();
  EXPECT_THAT(f.replayed(), ElementsAre("V@1", "K@1"));
  f.cache.clear();
  EXPECT_THAT(f.replayed(), IsEmpty());
  EXPECT_FALSE(f.cache.hasVideo());
}

TEST(StreamCache, PayloadsAreShared) {
  Fixture f;
  const OutMessage key = message(MessageType::video, 0, "K");
  f.cache.video(key, body(Packet::frames));
  f.cache.replay([&](const QueuedMessage& queued) { EXPECT_EQ(queued.message.payload, key.payload); });
}

}  // namespace
}  // namespace multiconn::rtmp
