#include "client/drop_report.hpp"

#include <gtest/gtest.h>

namespace multiconn::client {
namespace {

using namespace std::chrono_literals;

TEST(DropReport, TellsWhatWasDroppedAndWhatWasMissedApart) {
  DropReport report;
  EXPECT_FALSE(report.take(rtmp::TimePoint(1h)));
  report.add({.disposable = 1, .inter = 2, .key = 3, .audio = 4});
  report.addData();
  EXPECT_EQ(*report.take(rtmp::TimePoint(1h)),
            "The server is too slow: 10 frames were dropped (1 disposable, 2 inter, 3 key, 4 audio), and 1 "
            "data messages.");
  report.addMissed({.disposable = 0, .inter = 20, .key = 1, .audio = 40});
  EXPECT_FALSE(report.take(rtmp::TimePoint(1h + 999ms))) << "once a second";
  EXPECT_EQ(*report.take(rtmp::TimePoint(1h + 1s)),
            "It has missed 61 frames (0 disposable, 20 inter, 1 key, 40 audio).");
  EXPECT_FALSE(report.take(rtmp::TimePoint(2h)));
  EXPECT_EQ(report.totals().total(), 71U);
  EXPECT_EQ(report.totals().inter, 22U);
  EXPECT_EQ(report.totals().audio, 44U);
}

/// Frames 1 to 5.
void dropFive(rtmp::OutboundQueue& queue) {
  for (std::uint64_t number = 1; number <= 5; ++number)
    queue.push(
        {{}, rtmp::QueuedMessage::Class::audio, FrameKind::key, rtmp::TimePoint(10s * number), number});
  queue.relieve(rtmp::TimePoint(1h));
}

TEST(DropReport, TakesBackWhatIsSentAgain) {
  rtmp::OutboundQueue queue({.bytes = 0});
  dropFive(queue);
  DropReport report;
  report.collect(queue);
  ASSERT_EQ(report.totals().audio, 5U);
  report.takeBack(4);
  EXPECT_EQ(report.totals().audio, 3U);
  report.takeBack(1);
  EXPECT_EQ(report.totals().audio, 3U) << "those are lost, whatever happens afterwards";
}

TEST(DropReport, WhatIsOnlySentAgainForTheSakeOfOthersIsNotLost) {
  rtmp::OutboundQueue queue({.bytes = 0});
  DropReport report;
  report.takeBack(4);
  dropFive(queue);
  report.collect(queue);
  EXPECT_EQ(report.totals().audio, 2U);
  report.takeBack(4);
  EXPECT_EQ(report.totals().audio, 0U);
  report.forgetNumbers();
  dropFive(queue);
  report.collect(queue);
  EXPECT_EQ(report.totals().audio, 5U) << "of another broadcast";
}

TEST(DropReport, TakesBackWhatWillBeMissedAgain) {
  DropReport report;
  report.addMissed({.disposable = 0, .inter = 30, .key = 1, .audio = 40},
                   {{10, {.disposable = 0, .inter = 20, .key = 1, .audio = 40}},
                    {200, {.disposable = 0, .inter = 10, .key = 0, .audio = 0}}});
  report.takeBack(100);
  EXPECT_EQ(report.totals().inter, 20U);
  EXPECT_EQ(report.totals().audio, 40U);
  EXPECT_EQ(*report.take(rtmp::TimePoint(1h)),
            "It has missed 61 frames (0 disposable, 20 inter, 1 key, 40 audio).");
  report.takeBack(1);
  EXPECT_EQ(report.totals().total(), 61U) << "those are lost, whatever happens afterwards";
}

}  // namespace
}  // namespace multiconn::client
