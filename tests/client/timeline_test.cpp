#include "client/timeline.hpp"

#include <gtest/gtest.h>

namespace multiconn::client {
namespace {

using namespace std::chrono_literals;

TEST(Timeline, OneShiftForAllTracks) {
  Timeline line;
  line.place(3'600'000'021us);
  EXPECT_EQ(line.frame(Track::audio, 3'600'000'021us, 3'600'000'021us).timestamp, 0U);
  EXPECT_EQ(line.frame(Track::video, 3'600'040'000us, 3'600'080'000us).timestamp, 40U);
  EXPECT_EQ(line.time(), 40ms);
}

TEST(Timeline, RoundsDtsAndPtsSeparately) {
  Timeline line;
  line.place(0us);
  // 33.333 and 66.667: their difference is 33.334, but 67 - 33 is what arrives exact.
  EXPECT_EQ(line.frame(Track::video, 33'333us, 66'667us).timestamp, 33U);
  EXPECT_EQ(line.frame(Track::video, 66'667us, 100'000us).composition_ms, 33);
  EXPECT_EQ(line.frame(Track::video, 100'500us, 100'500us).timestamp, 101U);
}

TEST(Timeline, TheShiftIsRoundedOnce) {
  Timeline line;
  line.place(-500us);  // -1 ms
  EXPECT_EQ(line.frame(Track::video, -500us, -500us).timestamp, 0U);
  EXPECT_EQ(line.frame(Track::video, 499us, 499us).timestamp, 1U);
}

TEST(Timeline, WrapsAt32Bits) {
  Timeline line;
  line.place(0us);
  EXPECT_EQ(line.frame(Track::video, 4'294'967'295ms, 4'294'967'335ms).timestamp, 0xFFFFFFFFU);
  const auto next = line.frame(Track::video, 4'294'967'335ms, 4'294'967'375ms);
  EXPECT_EQ(next.timestamp, 39U);
  EXPECT_EQ(next.composition_ms, 40);
}

TEST(Timeline, NeverRunsBackwardsWithinATrack) {
  Timeline line;
  line.place(100ms);
  EXPECT_EQ(line.frame(Track::audio, 50ms, 50ms).timestamp, 0U) << "before the beginning";
  EXPECT_EQ(line.frame(Track::video, 200ms, 240ms).timestamp, 100U);
  const auto late = line.frame(Track::video, 180ms, 240ms);
  EXPECT_EQ(late.timestamp, 100U);
  EXPECT_EQ(late.composition_ms, 40) << "shown when it was meant to be";
}

TEST(Timeline, ConfigurationGoesToTheNewestFrame) {
  Timeline line;
  line.place(0us);
  EXPECT_EQ(line.config(Track::video), 0U);
  line.frame(Track::video, 80ms, 80ms);
  EXPECT_EQ(line.config(Track::video), 80U);
  EXPECT_EQ(line.config(Track::audio), 0U);
}

TEST(Timeline, AnotherSourceGoesOnBehindTheLastFrame) {
  Timeline line;
  line.place(0us);
  line.frame(Track::video, 0ms, 0ms);
  line.frame(Track::video, 40ms, 40ms);
  line.frame(Track::audio, 60ms, 60ms);
  line.unplace(Track::video);
  EXPECT_FALSE(line.placed(Track::video));
  EXPECT_TRUE(line.placed(Track::audio));
  line.place(7000ms);
  EXPECT_EQ(line.frame(Track::video, 7000ms, 7000ms).timestamp, 80U);
  EXPECT_EQ(line.frame(Track::audio, 81ms, 81ms).timestamp, 81U) << "the other track is not touched";
}

TEST(Timeline, OfAnEpochShiftsNothing) {
  Timeline line(Timestamps::epoch);
  line.place(1'700'000'000'000'499us);
  EXPECT_EQ(line.time(), 0ms);
  EXPECT_EQ(line.origin(), static_cast<std::uint32_t>(1'700'000'000'000));
  EXPECT_EQ(line.config(Track::video), line.origin());
  EXPECT_EQ(line.now(), line.origin()) << "what comes before the first frame has its time";
  const auto first = line.frame(Track::video, 1'700'000'000'000'499us, 1'700'000'000'080'500us);
  EXPECT_EQ(first.timestamp, static_cast<std::uint32_t>(1'700'000'000'000));
  EXPECT_EQ(first.composition_ms, 81);
  EXPECT_EQ(line.frame(Track::audio, 1'699'999'999'990ms, 1'699'999'999'990ms).timestamp,
            static_cast<std::uint32_t>(1'699'999'999'990))
      << "wherever the other track has begun";
  line.frame(Track::video, 1'700'000'000'040ms, 1'700'000'000'040ms);
  EXPECT_EQ(line.time(), 40ms);
}

TEST(Timeline, OfAnEpochGoesOnWithAnotherSourcesOwnTimes) {
  Timeline line(Timestamps::epoch);
  line.place(10s);
  line.frame(Track::video, 10s, 10s);
  line.unplace(Track::video);
  line.skip(5s);
  line.place(12s);
  EXPECT_EQ(line.frame(Track::video, 12s, 12s).timestamp, 12'000U);
  line.unplace(Track::video);
  line.place(11s);
  EXPECT_EQ(line.frame(Track::video, 11s, 11s).timestamp, 12'000U) << "never backwards";
  EXPECT_EQ(line.frame(Track::video, 13s, 13s).timestamp, 13'000U);
}

/// 25 pictures a second, whose sound is always 7 ms behind; the timestamps that they get.
struct Feed {
  explicit Feed(Timeline& timeline) : line(timeline) {}
  void play(std::chrono::milliseconds clock, int frames) {
    for (int i = 0; i < frames; ++i, clock += 40ms) {
      pictures.push_back(line.frame(Track::video, clock, clock).timestamp);
      sounds.push_back(line.frame(Track::audio, clock + 7ms, clock + 7ms).timestamp);
    }
  }
  void expectSteady() const {
    for (std::size_t i = 1; i < pictures.size(); ++i) {
      EXPECT_EQ(pictures[i], pictures[i - 1] + 40) << i;
      EXPECT_EQ(sounds[i], pictures[i] + 7) << i;
    }
  }
  Timeline& line;
  std::vector<std::uint32_t> pictures, sounds;
};

TEST(Timeline, OfAnEpochGoesOnWhenItsClockIsSetBack) {
  Timeline line(Timestamps::epoch);
  line.place(7200s);
  Feed feed(line);
  feed.play(7200s, 50);
  feed.play(3600s, 50);
  feed.play(3590s, 50);
  feed.expectSteady();
  EXPECT_EQ(feed.pictures.front(), 7'200'000U);
}

TEST(Timeline, OfAnEpochIsItsOwnAgainWhenTheClockIsRight) {
  Timeline line(Timestamps::epoch);
  line.place(7200s);
  Feed feed(line);
  feed.play(7200s, 50);
  feed.play(3600s, 50);
  feed.play(7204s, 50);
  feed.play(7190s, 50);
  feed.expectSteady();
  EXPECT_EQ(feed.pictures[100], 7'204'000U);
}

TEST(Timeline, OfAnEpochMachinesThatSeeTheSameJumpAgree) {
  Timeline early(Timestamps::epoch), late(Timestamps::epoch);
  early.place(7200s);
  Feed first(early);
  first.play(7200s, 100);
  late.place(7202s);
  Feed second(late);
  second.play(7202s, 50);
  for (Feed* feed : {&first, &second}) feed->play(100s, 50);
  first.expectSteady();
  EXPECT_EQ(first.pictures.back(), second.pictures.back());
  EXPECT_EQ(first.sounds.back(), second.sounds.back());
}

TEST(Timeline, OfAnEpochATrackThatBeginsAfterTheJumpIsWithTheOther) {
  for (const auto jump : {10s, 3600s, 2s}) {
    Timeline line(Timestamps::epoch);
    line.place(7200s);
    line.unplace(Track::audio);
    line.frame(Track::video, 7200s, 7200s);
    line.frame(Track::video, 7200s + 40ms, 7200s + 40ms);
    line.frame(Track::video, 7200s + 80ms - jump, 7200s + 80ms - jump);
    line.place(7200s + 90ms - jump);
    EXPECT_EQ(line.config(Track::audio), 7'200'090U);
    EXPECT_EQ(line.frame(Track::audio, 7200s + 90ms - jump, 7200s + 90ms - jump).timestamp, 7'200'090U);
    EXPECT_EQ(line.frame(Track::audio, 7200s + 120ms - jump, 7200s + 120ms - jump).timestamp, 7'200'120U);
  }
}

TEST(Timeline, OfAnEpochTimeWithoutFramesDoesNotUndoTheJump) {
  for (const auto idle : {1s, 6s, 2400s}) {
    Timeline line(Timestamps::epoch);
    line.place(7200s);
    line.unplace(Track::audio);
    line.frame(Track::video, 7200s, 7200s);
    line.frame(Track::video, 7200s + 40ms, 7200s + 40ms);
    line.frame(Track::video, 3600s, 3600s);
    const std::chrono::milliseconds own = 3600s + idle;
    line.place(own);
    EXPECT_EQ(line.frame(Track::audio, own, own).timestamp,
              7'200'080U + static_cast<std::uint32_t>(idle / 1ms));
  }
}

TEST(Timeline, OfAnEpochATrackThatBeginsWithAClockThatIsRightIsNotShifted) {
  Timeline line(Timestamps::epoch);
  line.place(7200s);
  line.unplace(Track::audio);
  line.frame(Track::video, 7200s, 7200s);
  line.frame(Track::video, 7190s, 7190s);
  line.place(7200s + 10ms);
  EXPECT_EQ(line.frame(Track::audio, 7200s + 10ms, 7200s + 10ms).timestamp, 7'200'010U);
}

TEST(Timeline, OfAnEpochOneWrongFrameChangesNothingForTheNext) {
  Timeline line(Timestamps::epoch);
  line.place(7200s);
  line.frame(Track::video, 7200s, 7200s);
  line.frame(Track::video, 7200s + 40ms, 7200s + 40ms);
  EXPECT_EQ(line.frame(Track::video, 0s, 0s).timestamp, 7'200'080U);
  EXPECT_EQ(line.frame(Track::video, 7200s + 120ms, 7200s + 120ms).timestamp, 7'200'120U);
}

TEST(Timeline, OfAnEpochATrackWithAClockOfItsOwnIsNotCarriedAway) {
  Timeline line(Timestamps::epoch);
  line.place(7200s);
  line.frame(Track::audio, 7200s, 7200s);
  line.frame(Track::video, 7200s, 7200s);
  line.frame(Track::video, 100s, 100s);
  line.frame(Track::audio, 7200s + 20ms, 7200s + 20ms);
  EXPECT_EQ(line.frame(Track::audio, 7190s, 7190s).timestamp, 7'200'040U) << "not two hours ahead";
}

TEST(Timeline, OfAnEpochWrapsAt32Bits) {
  Timeline line(Timestamps::epoch);
  line.place(4'294'967'280ms);
  EXPECT_EQ(line.frame(Track::video, 4'294'967'280ms, 4'294'967'280ms).timestamp, 0xFFFFFFF0U);
  EXPECT_EQ(line.frame(Track::video, 4'294'967'320ms, 4'294'967'320ms).timestamp, 24U);
  EXPECT_EQ(line.time(), 40ms);
}

}  // namespace
}  // namespace multiconn::client
