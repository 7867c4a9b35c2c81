#include "media/timeline.hpp"

#include <gtest/gtest.h>

#include "media/pacer.hpp"

namespace multiconn::media {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

struct FreeContext {
  void operator()(AVFormatContext* context) const { avformat_free_context(context); }
};

/// A stream of pictures in milliseconds, 25 a second, with timestamps of 32 bits, as FLV has them.
class TimelineTest : public testing::Test {
 protected:
  TimelineTest() : context_(avformat_alloc_context()), stream_(avformat_new_stream(context_.get(), nullptr)) {
    stream_->time_base = {1, 1000};
    stream_->pts_wrap_bits = 32;
    stream_->avg_frame_rate = {25, 1};
    stream_->codecpar->codec_type = AVMEDIA_TYPE_VIDEO;
    stream_->codecpar->codec_id = AV_CODEC_ID_H264;
  }

  static AVPacket packet(std::int64_t dts, std::int64_t pts, std::int64_t duration = 40) {
    AVPacket made{};
    made.dts = dts;
    made.pts = pts;
    made.duration = duration;
    return made;
  }
  TrackTimeline::Times next(TrackTimeline& timeline, std::int64_t dts, std::int64_t pts,
                            std::int64_t duration = 40) {
    const AVPacket made = packet(dts, pts, duration);
    return timeline.next(made, shift_);
  }

  static constexpr std::int64_t none = AV_NOPTS_VALUE;
  std::unique_ptr<AVFormatContext, FreeContext> context_;
  AVStream* stream_;
  TimeShift shift_;
};

TEST_F(TimelineTest, TimesStayAsTheyAre) {
  TrackTimeline timeline(*stream_);
  const auto first = next(timeline, 1000, 1080);
  EXPECT_EQ(first.dts, 1000ms);
  EXPECT_EQ(first.pts, 1080ms);
  EXPECT_EQ(next(timeline, 1040, 1030).pts, 1030ms);
  EXPECT_EQ(timeline.length(), 80ms);
}

TEST_F(TimelineTest, MissingTimesAreDerived) {
  TrackTimeline timeline(*stream_);
  EXPECT_EQ(next(timeline, none, none).dts, 0ms);
  EXPECT_EQ(next(timeline, none, none).dts, 40ms);
  EXPECT_EQ(next(timeline, none, 90).dts, 90ms);
  EXPECT_EQ(next(timeline, 130, none).pts, 130ms);
  EXPECT_EQ(next(timeline, none, none, 0).dts, 170ms);
  EXPECT_EQ(next(timeline, none, none, 0).dts, 210ms);
}

TEST_F(TimelineTest, MissingTimesOfReorderedPictures) {
  stream_->codecpar->video_delay = 2;
  TrackTimeline timeline(*stream_);
  EXPECT_EQ(next(timeline, none, 1000).dts, 920ms);
  EXPECT_EQ(next(timeline, none, 1120).dts, 960ms);
  const auto third = next(timeline, 1000, 1040);
  EXPECT_EQ(third.dts, 1000ms);
  EXPECT_EQ(third.pts, 1040ms);
}

TEST_F(TimelineTest, GoesOnWhereTheContainerWraps) {
  TrackTimeline timeline(*stream_);
  EXPECT_EQ(next(timeline, 0xFFFFFFF0, 0x100000040).dts, milliseconds(0xFFFFFFF0));
  const auto wrapped = next(timeline, 0x18, 0x68);
  EXPECT_EQ(wrapped.dts, milliseconds(0x100000018));
  EXPECT_EQ(wrapped.pts, milliseconds(0x100000068));
  EXPECT_EQ(next(timeline, 0x40, 0xFFFFFFFF).pts, milliseconds(0xFFFFFFFF));
}

TEST_F(TimelineTest, DecodingOrderIsEnforced) {
  TrackTimeline timeline(*stream_);
  next(timeline, 100, 100);
  const auto raised = next(timeline, 90, 95);
  EXPECT_EQ(raised.dts, 100ms);
  EXPECT_EQ(raised.pts, 100ms);
  EXPECT_EQ(next(timeline, 140, 140).dts, 140ms);
}

TEST_F(TimelineTest, AJumpBackIsBridged) {
  TrackTimeline timeline(*stream_);
  next(timeline, 60'000, 60'000);
  const auto bridged = next(timeline, 0, 20);
  EXPECT_EQ(bridged.dts, 60'040ms);
  EXPECT_EQ(bridged.pts, 60'060ms);
  EXPECT_EQ(next(timeline, 40, 40).dts, 60'080ms);
}

TEST_F(TimelineTest, AJumpForwardIsBridgedWhereTheContainerAllowsIt) {
  TrackTimeline timeline(*stream_);
  next(timeline, 0, 0);
  EXPECT_EQ(next(timeline, 60'000, 60'000).dts, 60s);
  shift_.may_jump = true;
  EXPECT_EQ(next(timeline, 120'000, 120'000).dts, 60'040ms);
}

TEST_F(TimelineTest, JumpsAreKeptWhereTheTimestampsAre) {
  shift_.may_jump = shift_.keep_jumps = true;
  TrackTimeline early(*stream_), late(*stream_);
  EXPECT_EQ(next(early, 5000, 5080).dts, 5s);
  EXPECT_EQ(next(early, 60'000, 60'000).dts, 60s);
  EXPECT_EQ(next(late, 60'040, 60'080).dts, 60'040ms);
  EXPECT_EQ(next(early, 60'040, 60'080).dts, 60'040ms) << "as whoever begins behind the jump";
  EXPECT_EQ(next(early, 0, 0).dts, 60'040ms) << "never backwards";
  EXPECT_EQ(next(early, 61'000, 61'000).dts, 61s);
}

TEST_F(TimelineTest, BeginsAgain) {
  TrackTimeline timeline(*stream_);
  EXPECT_EQ(timeline.length(), 0ms);
  next(timeline, 3000, 3000);
  next(timeline, 3040, 3040);
  shift_.current += timeline.length();
  TrackTimeline again(*stream_);
  EXPECT_EQ(next(again, 3000, 3000).dts, 3080ms);
}

// ---- pacing ----

using Time = Pacer::TimePoint;

TEST(Pacer, FramesAreDueAtTheirTimeAfterTheFirst) {
  Pacer pacer(false);
  const Time start{1000s};
  EXPECT_EQ(pacer.due(3600s, start), start);
  EXPECT_EQ(pacer.due(3600s + 40ms, start + 1ms), start + 40ms);
  EXPECT_EQ(pacer.due(3600s - 10ms, start + 41ms), start - 10ms);
}

TEST(Pacer, ALittleLateCatchesUp) {
  Pacer pacer(false);
  const Time start{1000s};
  pacer.due(0s, start);
  EXPECT_EQ(pacer.due(1s, start + 1900ms), start + 1s);
  EXPECT_EQ(pacer.due(3s, start + 1901ms), start + 3s);
}

TEST(Pacer, VeryLateShiftsTheRest) {
  Pacer pacer(false);
  const Time start{1000s};
  pacer.due(0s, start);
  EXPECT_EQ(pacer.due(1s, start + 61s), start + 61s);
  EXPECT_EQ(pacer.due(2s, start + 61s), start + 62s);
}

TEST(Pacer, APipeCatchesUpHoweverLate) {
  Pacer pacer(true);
  const Time start{1000s};
  pacer.due(0s, start);
  EXPECT_EQ(pacer.due(1s, start + 61s), start + 1s);
  EXPECT_EQ(pacer.due(62s, start + 61s), start + 62s);
}

}  // namespace
}  // namespace multiconn::media
