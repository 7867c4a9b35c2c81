#include "client/resume_ring.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/catch_up.hpp"

namespace multiconn::client {
namespace {

using namespace std::chrono_literals;
using Class = rtmp::QueuedMessage::Class;
using testing::ElementsAre;

class Sink final : public CatchUpSink {
 public:
  bool room(std::size_t) const override { return space > 0; }
  void send(const rtmp::QueuedMessage& message) override {
    if (space != SIZE_MAX) --space;
    got.push_back(message);
  }
  std::vector<std::uint64_t> numbers() const {
    std::vector<std::uint64_t> list;
    for (const auto& message : got)
      if (message.number != 0) list.push_back(message.number);
    return list;
  }
  std::size_t space = SIZE_MAX;
  std::vector<rtmp::QueuedMessage> got;
};

class ResumeRingTest : public testing::Test {
 protected:
  /// `kind`: m metadata, C and c configuration records of video and audio, k, i and d pictures, a sound.
  void push(char kind, std::uint32_t timestamp, std::size_t size = 100) {
    rtmp::QueuedMessage message;
    const bool video = std::string_view("Ckid").find(kind) != std::string_view::npos;
    message.message.type = kind == 'm' ? rtmp::MessageType::data_amf0
                           : video     ? rtmp::MessageType::video
                                       : rtmp::MessageType::audio;
    message.message.timestamp = timestamp;
    message.message.payload = rtmp::makePayload(rtmp::Bytes(size, static_cast<std::byte>(kind)));
    message.kind = kind == 'm'                  ? Class::control
                   : kind == 'C' || kind == 'c' ? Class::config
                   : video                      ? Class::video
                                                : Class::audio;
    message.frame = kind == 'i' ? FrameKind::inter : kind == 'd' ? FrameKind::disposable : FrameKind::key;
    message.number = ring->next();
    message.queued_at = now;
    ring->push(message);
    if (kind == 'm') ring->metadata(message.message);
  }
  void make(std::size_t bytes, std::chrono::milliseconds age) {
    ring.emplace(ResumeRing::Bounds{bytes, age});
  }
  /// Groups of `gop` pictures, 40 ms apart, in real time.
  void play(std::uint32_t from, std::uint32_t count, std::uint32_t gop) {
    for (std::uint32_t i = from; i < from + count; ++i, now += 40ms) push(i % gop == 0 ? 'k' : 'i', 40 * i);
  }

  rtmp::TimePoint now{};
  std::optional<ResumeRing> ring{ResumeRing::Bounds()};
  Sink sink;
};

TEST_F(ResumeRingTest, TheFirstGroupIsTheBeginning) {
  push('m', 0);
  push('c', 0);
  push('a', 0);
  push('C', 0);
  push('k', 10);
  ASSERT_TRUE(ring->groupOf(1));
  EXPECT_EQ(ring->groupOf(4)->first, 1U);
  EXPECT_FALSE(ring->groupOf(1)->key);
  EXPECT_FALSE(ring->groupOf(1)->head->metadata);
  EXPECT_EQ(ring->groupOf(5)->first, 5U);
  EXPECT_TRUE(ring->groupOf(5)->key);
  EXPECT_TRUE(ring->groupOf(5)->head->metadata);
  EXPECT_EQ(ring->groupOf(6)->first, 5U) << "what is still to come belongs to the newest";
}

TEST_F(ResumeRingTest, HeadsAreThoseOfTheGroupsBeginning) {
  push('C', 0, 20);
  push('k', 0);
  push('C', 40, 30);
  push('i', 40);
  EXPECT_EQ(ring->groupOf(2)->head->configs[1]->payload->size(), 20U);
  EXPECT_EQ(ring->head().configs[1]->payload->size(), 30U);
  CatchUp::from(*ring, {2, {}}).advance(*ring, now, true, sink);
  ASSERT_EQ(sink.got.size(), 4U);
  EXPECT_EQ(sink.got[0].message.payload->size(), 20U);
  EXPECT_EQ(sink.got[2].message.payload->size(), 30U);
}

TEST_F(ResumeRingTest, WholeGroupsGoByAgeAndTheNewestStays) {
  make(32 * 1024 * 1024, 1s);
  play(0, 100, 10);
  // 1 s is 25 pictures: the group that the oldest of them belongs to is complete.
  EXPECT_EQ(ring->groupOf(75)->first, 71U);
  EXPECT_EQ(ring->groupOf(70), nullptr);
  EXPECT_FALSE(ring->find(70));
  now += 1h;
  push('i', 4000);
  EXPECT_EQ(ring->groupOf(101)->first, 91U);
  EXPECT_EQ(ring->groupOf(90), nullptr);
}

TEST_F(ResumeRingTest, AGroupThatOutgrowsTheBytesIsGivenUpUntilTheNextKeyframe) {
  make(10'000, 8s);
  push('k', 0, 4000);
  push('i', 40, 4000);
  EXPECT_TRUE(ring->newestGroup());
  push('i', 80, 4000);
  EXPECT_FALSE(ring->newestGroup());
  push('i', 120, 10);
  EXPECT_FALSE(ring->find(4));
  CatchUp catch_up = CatchUp::from(*ring, {1, {}});
  EXPECT_FALSE(catch_up.advance(*ring, now, true, sink)) << "only a keyframe helps";
  EXPECT_EQ(catch_up.missed().total(), 4U);
  EXPECT_EQ(sink.got.size(), 0U);
  push('k', 160, 10);
  EXPECT_EQ(ring->newestGroup()->first, 5U);
}

TEST_F(ResumeRingTest, WithoutVideoAGroupIsASecond) {
  for (std::uint32_t i = 0; i < 200; ++i) push('a', 20 * i);
  EXPECT_EQ(ring->groupOf(51)->first, 51U);
  EXPECT_EQ(ring->groupOf(100)->first, 51U);
  EXPECT_FALSE(ring->groupOf(51)->key);
}

TEST_F(ResumeRingTest, AfterTheVideoHasEndedSoundBeginsGroupsAgain) {
  play(0, 10, 10);
  for (std::uint32_t i = 0; i < 90; ++i) push('a', 400 + 20 * i);
  EXPECT_EQ(ring->newestGroup()->first, 1U);
  ring->videoEnded();
  push('a', 2200);
  EXPECT_EQ(ring->newestGroup()->first, 101U);
  EXPECT_FALSE(ring->hasVideo());
}

TEST_F(ResumeRingTest, WhatAProducerWaitsForStays) {
  make(5000, 1s);
  ring->keepFrom(1);
  play(0, 100, 10);
  EXPECT_TRUE(ring->find(1));
  EXPECT_TRUE(ring->groupOf(1));
  ring->keepFrom(55);
  push('k', 4000);
  EXPECT_FALSE(ring->find(50));
  EXPECT_EQ(ring->groupOf(55)->first, 51U);
  ring->keepFrom({});
  push('i', 4040);
  EXPECT_FALSE(ring->find(55));
}

TEST_F(ResumeRingTest, CountsFramesByKindLongAfterTheyAreGone) {
  make(2000, 1s);
  push('m', 0);
  push('C', 0);
  for (std::uint32_t i = 0; i < 5000; ++i) push("kaid"[i % 4], 10 * i);
  const rtmp::DropCounts before = ring->framesBefore(3 + 1002);
  EXPECT_EQ(before.key, 251U);
  EXPECT_EQ(before.audio, 251U);
  EXPECT_EQ(before.inter, 250U);
  EXPECT_EQ(before.disposable, 250U);
  EXPECT_EQ(ring->framesBefore(3).total(), 0U);
  EXPECT_EQ(ring->framesBefore(ring->next()).total(), 5000U);
}

TEST_F(ResumeRingTest, OfVeryOldNumbersTheTallyKnowsTheOldestItHas) {
  for (std::uint32_t i = 0; i < 200'000; ++i) push('a', i);
  EXPECT_EQ(ring->framesBefore(150'000).audio, 149'999U);
  const std::uint64_t oldest = ring->framesBefore(1).audio;
  EXPECT_GE(200'000 - oldest, 130'000U);
  EXPECT_LE(200'000 - oldest, 131'072U);
}

TEST_F(ResumeRingTest, IsPacedAtFourTimesRealTimeAfterTheFirstSecond) {
  play(0, 200, 50);
  CatchUp catch_up = CatchUp::from(*ring, {1, {}});
  EXPECT_FALSE(catch_up.advance(*ring, now, true, sink));
  EXPECT_EQ(sink.got.size(), 26U) << "a second: pictures 0 to 1000 ms";
  EXPECT_FALSE(catch_up.advance(*ring, now, true, sink));
  EXPECT_EQ(sink.got.size(), 26U);
  now += 100ms;
  catch_up.advance(*ring, now, true, sink);
  EXPECT_EQ(sink.got.size(), 36U) << "400 ms more";
  now += 2s;
  EXPECT_TRUE(catch_up.advance(*ring, now, true, sink));
  EXPECT_EQ(catch_up.missed().total(), 0U);
}

TEST_F(ResumeRingTest, AJumpInTimeIsNotWaitedFor) {
  push('k', 0);
  push('i', 3'600'000);
  EXPECT_TRUE(CatchUp::from(*ring, {1, {}}).advance(*ring, now, true, sink));
}

TEST_F(ResumeRingTest, GoesNoFasterThanTheServerTakesIt) {
  play(0, 20, 50);
  CatchUp catch_up = CatchUp::from(*ring, {1, {}});
  sink.space = 7;
  EXPECT_FALSE(catch_up.advance(*ring, now, false, sink));
  EXPECT_EQ(sink.got.size(), 7U);
  EXPECT_EQ(catch_up.next(), 8U);
  sink.space = SIZE_MAX;
  EXPECT_TRUE(catch_up.advance(*ring, now, false, sink));
}

TEST_F(ResumeRingTest, BehindTheRingItGoesOnAtTheNewestKeyframeAndCounts) {
  make(32 * 1024 * 1024, 1s);
  push('C', 0);
  play(0, 30, 10);
  CatchUp catch_up = CatchUp::from(*ring, {2, {}});
  sink.space = 6;
  catch_up.advance(*ring, now, true, sink);
  EXPECT_THAT(sink.numbers(), ElementsAre(2, 3, 4, 5, 6)) << "and the record";
  play(30, 100, 10);
  sink = {};
  EXPECT_TRUE(catch_up.advance(*ring, now, false, sink));
  EXPECT_EQ(sink.got.front().kind, Class::config);
  EXPECT_EQ(sink.got.front().message.timestamp, 4800U);
  EXPECT_EQ(sink.numbers().front(), 122U);
  EXPECT_EQ(catch_up.missed().total(), 115U) << "7 to 121";
  EXPECT_EQ(catch_up.resumedAt(), 0U);
}

TEST_F(ResumeRingTest, LiveBeginsAtTheNextKeyframe) {
  push('C', 0);
  play(0, 5, 100);
  CatchUp catch_up = CatchUp::live(*ring, {4, ring->framesBefore(4)});
  EXPECT_FALSE(catch_up.advance(*ring, now, true, sink));
  const auto follow = [&](char kind, std::uint32_t timestamp) {
    push(kind, timestamp);
    return catch_up.follow(*ring, ring->find(ring->next() - 1)->message, sink);
  };
  EXPECT_FALSE(follow('i', 200));
  EXPECT_FALSE(follow('a', 200));
  EXPECT_TRUE(follow('k', 240));
  EXPECT_THAT(sink.numbers(), ElementsAre(8, 9));
  EXPECT_EQ(sink.got.front().message.timestamp, 160U) << "the record, at once";
  EXPECT_EQ(catch_up.missed().inter, 4U) << "4, 5, 6 and 7";
}

TEST_F(ResumeRingTest, TimestampsMayWrap) {
  const std::uint32_t begin = 0xFFFFFFFF - 2000;
  for (std::uint32_t i = 0; i < 100; ++i, now += 40ms) push(i % 25 == 0 ? 'k' : 'i', begin + 40 * i);
  CatchUp catch_up = CatchUp::from(*ring, {1, {}});
  EXPECT_FALSE(catch_up.advance(*ring, now, true, sink));
  EXPECT_EQ(sink.got.size(), 26U);
  now += 1s;
  EXPECT_TRUE(catch_up.advance(*ring, now, true, sink));
  EXPECT_EQ(sink.got.size(), 100U);
  EXPECT_EQ(ring->newestTimestamp(), begin + 40 * 99);
}

TEST_F(ResumeRingTest, WhereNoPictureComesForTwoSecondsSoundGoesOnAlone) {
  play(0, 10, 10);
  for (std::uint32_t i = 0; i < 250; ++i) push('a', 400 + 20 * i);
  EXPECT_GT(ring->newestGroup()->first, 200U);
  EXPECT_FALSE(ring->newestGroup()->key);
  push('i', 5400);
  const std::uint64_t newest = ring->newestGroup()->first;
  for (std::uint32_t i = 0; i < 90; ++i) push('a', 5400 + 20 * i);
  EXPECT_EQ(ring->newestGroup()->first, newest) << "there are pictures again";
}

TEST_F(ResumeRingTest, KnowsWhenTheNewestKeyframeIsOld) {
  make(32 * 1024 * 1024, 1s);
  play(0, 20, 1000);
  EXPECT_FALSE(ring->keyIsOld());
  play(20, 10, 1000);
  EXPECT_TRUE(ring->keyIsOld());
  push('k', 1200);
  EXPECT_FALSE(ring->keyIsOld());
}

TEST_F(ResumeRingTest, DataBeforeTheBeginningDoNotSetTheTime) {
  push('m', 0);
  push('k', 0xC0000000);
  push('i', 0xC0000000 + 40);
  EXPECT_EQ(ring->newestTimestamp(), 0xC0000000 + 40);
  EXPECT_EQ(ring->find(3)->pace - ring->find(2)->pace, 40ms);
}

}  // namespace
}  // namespace multiconn::client
