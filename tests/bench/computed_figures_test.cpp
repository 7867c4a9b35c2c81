// What the figures of a measurement are computed with.
#include <gmock/gmock.h>

#include <cmath>

#include "bench/back_off.hpp"
#include "bench/frame_log.hpp"
#include "bench/machine.hpp"
#include "bench/schedule.hpp"
#include "bench/statistics.hpp"
#include "rtmp/media_body.hpp"
#include "rtmp/nal_units.hpp"

namespace multiconn::bench {
namespace {

using rtmp::Bytes;
using Kind = SeenFrame::Kind;

TEST(Quantile, IsTheNearestRank) {
  std::vector<double> hundred;
  for (int i = 100; i >= 1; --i) hundred.push_back(i);
  EXPECT_EQ(quantile(hundred, 0.5), 50);
  EXPECT_EQ(quantile(hundred, 0.99), 99);
  EXPECT_EQ(quantile(hundred, 0.999), 100);
  EXPECT_EQ(quantile(hundred, 1), 100);
  EXPECT_EQ(quantile(hundred, 0), 1);
  EXPECT_EQ(median({7}), 7);
  EXPECT_TRUE(std::isnan(median({})));
}

TEST(BackOffLeft, IsUntilTheAttemptThatWasPlanned) {
  // Attempts of 250 and 500 ms; the server listens 100 ms after the loss.
  const std::vector<PlannedAttempt> attempts{{0, 250'000}, {250'200, 750'200}};
  EXPECT_EQ(backOffLeft(attempts, 100'000), 150'000);
  EXPECT_EQ(backOffLeft(attempts, 300'000), 450'200);
}

TEST(BackOffLeft, CountsAnAttemptThatJustMissedTheServer) {
  const std::vector<PlannedAttempt> attempts{{0, 250'000}, {251'000, 751'000}};
  EXPECT_EQ(backOffLeft(attempts, 250'500), 500'500);
}

TEST(BackOffLeft, DoesNotForgiveAnAttemptThatFailedAtAServerThatListened) {
  const std::vector<PlannedAttempt> attempts{{0, 250'000}, {400'000, 900'000}};
  EXPECT_EQ(backOffLeft(attempts, 260'000), 0);
  EXPECT_EQ(backOffLeft({}, 260'000), 0);
}

TEST(AnnouncedDelay, IsInTheDescription) {
  Status status;
  status.code = "NetConnection.Connect.Reconnecting";
  status.description = "The server closed the connection. Attempt 12 follows in 187 ms.";
  EXPECT_EQ(announcedDelay(status), 187'000);
  status.description = "The server closed the connection.";
  EXPECT_FALSE(announcedDelay(status));
  status.description = "It follows in ms.";
  EXPECT_FALSE(announcedDelay(status));
  status.code = "NetConnection.Connect.Closed";
  status.description = "In 187 ms.";
  EXPECT_FALSE(announcedDelay(status));
}

rtmp::Message message(Codec codec, FrameKind kind, const Bytes& data) {
  const rtmp::Payload body = rtmp::makePayload(rtmp::buildMediaBody({codec, kind, 0, data}));
  if (isVideo(codec)) return {.timestamp = 40, .stream_id = 1, .body = rtmp::Video{body}};
  return {.timestamp = 40, .stream_id = 1, .body = rtmp::Audio{body}};
}

TEST(SeenFrame, HasTheMarkThatWasWritten) {
  Bytes unit(100, std::byte{0});
  unit.front() = std::byte{0x65};
  Bytes video = rtmp::joinLengthPrefixed({unit});
  writeMark({7, 123'456'789'012}, video, 5);
  const auto picture = seenFrame(message(Codec::h264, FrameKind::key, video), 5);
  ASSERT_TRUE(picture && picture->mark);
  EXPECT_EQ(picture->kind, Kind::key);
  EXPECT_EQ(picture->timestamp, 40U);
  EXPECT_EQ(picture->mark->number, 7U);
  EXPECT_EQ(picture->mark->handed_us, 123'456'789'012);

  Bytes audio(mark_size, std::byte{0});
  writeMark({8, 9}, audio, 0);
  const auto sound = seenFrame(message(Codec::aac, FrameKind::key, audio), 5);
  ASSERT_TRUE(sound && sound->mark);
  EXPECT_EQ(sound->kind, Kind::audio);
  EXPECT_EQ(sound->mark->number, 8U);
}

TEST(SeenFrame, OfForeignMediaHasNoMark) {
  const auto short_one = seenFrame(message(Codec::aac, FrameKind::key, Bytes(3)), 5);
  ASSERT_TRUE(short_one);
  EXPECT_FALSE(short_one->mark);
  const auto other = seenFrame(message(Codec::aac, FrameKind::key, Bytes(300)), 5);
  ASSERT_TRUE(other);
  EXPECT_FALSE(other->mark);
  const auto config = seenFrame(message(Codec::h264, FrameKind::config, Bytes(20)), 5);
  ASSERT_TRUE(config);
  EXPECT_EQ(config->kind, Kind::video_config);
  EXPECT_FALSE(seenFrame({.body = rtmp::Audio{rtmp::makePayload({})}}, 5));
  EXPECT_FALSE(seenFrame({.body = rtmp::Abort{}}, 5));
}

TEST(SeenFrame, GoesThroughALine) {
  const SeenFrame frame{Kind::inter, 4'000'000'000U, 77, Mark{3, -2}};
  const auto back = fromLine(toLine(frame));
  ASSERT_TRUE(back && back->mark);
  EXPECT_EQ(back->kind, Kind::inter);
  EXPECT_EQ(back->timestamp, 4'000'000'000U);
  EXPECT_EQ(back->arrived_us, 77);
  EXPECT_EQ(back->mark->number, 3U);
  EXPECT_EQ(back->mark->handed_us, -2);
  EXPECT_EQ(framesIn("K 1 2\nnothing\n\na 1 2 3 4").size(), 2U);
  EXPECT_FALSE(fromLine("x 1 2"));
  EXPECT_FALSE(fromLine("K 1"));
}

TEST(Missing, CountsEachNumberOnce) {
  const std::vector<SeenFrame> frames{{Kind::key, 0, 0, Mark{0, 0}},   {Kind::inter, 0, 0, Mark{2, 0}},
                                      {Kind::inter, 0, 0, Mark{2, 0}}, {Kind::audio, 0, 0, Mark{1, 0}},
                                      {Kind::audio, 0, 0, Mark{9, 0}}, {Kind::video_config, 0, 0, {}}};
  EXPECT_EQ(missing(frames, true, 3), 1U);
  EXPECT_EQ(missing(frames, false, 2), 1U);
}

TEST(Delays, AreThoseOfPicturesFromAMomentOn) {
  const std::vector<SeenFrame> frames{{Kind::key, 0, 5'000, Mark{0, 1'000}},
                                      {Kind::inter, 0, 12'500, Mark{1, 10'000}},
                                      {Kind::audio, 0, 99'000, Mark{0, 10'000}}};
  EXPECT_THAT(delays(frames, 0), testing::ElementsAre(4, 2.5));
  EXPECT_THAT(delays(frames, 10'000), testing::ElementsAre(2.5));
}

TEST(DecodableFrom, NeedsTheRecordBeforeTheKeyframe) {
  DecodableFrom decodable;
  EXPECT_FALSE(decodable.see(Kind::key));
  EXPECT_FALSE(decodable.see(Kind::video_config));
  EXPECT_FALSE(decodable.see(Kind::inter));
  EXPECT_TRUE(decodable.see(Kind::key));
  EXPECT_TRUE(decodable.see(Kind::inter));
}

TEST(KeptSchedule, CountsFromTheEarliestPicture) {
  const std::vector<SeenFrame> frames{
      {Kind::key, 0, 1'010'000, {}}, {Kind::inter, 40, 1'042'000, {}}, {Kind::inter, 80, 1'100'000, {}}};
  const Schedule schedule = keptSchedule(frames, 4);
  EXPECT_EQ(schedule.arrived_share, 0.75);
  EXPECT_EQ(schedule.late_p99_ms, 18);
  EXPECT_EQ(keptSchedule({}, 4).arrived_share, 0);
  EXPECT_TRUE(std::isnan(keptSchedule({}, 4).late_p99_ms));
}

TEST(ProcessorTimes, AreTheFirstLine) {
  const ProcessorTimes times = processorTimes("cpu  10 1 5 80 4 0 0 2 3 0\ncpu0 1 1 1 1 1 1 1 1\n");
  EXPECT_EQ(times.total, 102U);
  EXPECT_EQ(times.idle, 84U);
  EXPECT_EQ(times.steal, 2U);
  EXPECT_EQ(processorTimes("").total, 0U);
}

}  // namespace
}  // namespace multiconn::bench
