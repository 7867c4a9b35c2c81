#include "chaos/judge.hpp"

#include <gmock/gmock.h>

#include "rtmp/media_body.hpp"

namespace multiconn::chaos {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::uint32_t gop = 5, pictures = 40;

/// 40 pictures, one each 100 ms, the keyframes 0, 5, 10 ...
class Judge : public testing::Test {
 protected:
  Judge() {
    for (std::uint32_t number = 0; number < pictures; ++number) {
      Written written;
      written.kind = number % gop == 0 ? FrameKind::key : FrameKind::inter;
      written.size = 100;
      written.timestamp = number * 100;
      written.at = begun + number * 100ms;
      ledger.add(Kind::video, written);
    }
  }

  Publication publication(std::uint32_t first, std::uint32_t last) const {
    Publication made;
    made.metadata_first = true;
    made.started = ledger.of(Kind::video)[first].at;
    made.frames.push_back({Kind::video, true, 0, first * 100, made.started});
    for (std::uint32_t number = first; number <= last; ++number) made.frames.push_back(seen(number));
    return made;
  }
  Seen seen(std::uint32_t number) const {
    return {Kind::video, false, number, number * 100, ledger.of(Kind::video)[number].at};
  }
  Claim claim() {
    return {ledger, "s", 8s, 1'000'000, 2s, 1'000'000, Claim::Returns::whole, [this](std::string what) {
              said.push_back(std::move(what));
            }};
  }
  /// Pictures 11 to 14.
  static Publication lackingFour(Publication whole) {
    whole.frames.erase(whole.frames.begin() + 12, whole.frames.begin() + 16);
    return whole;
  }
  std::vector<std::string> judged(const Publication& publication) {
    judgePublication(claim(), publication);
    return said;
  }

  net::TimePoint begun = net::TimePoint(1h);
  Ledger ledger;
  std::vector<std::string> said;
};

TEST_F(Judge, FindsNothingWrongWithACleanHistory) {
  const std::vector<Publication> clean{publication(0, 17), publication(15, 39)};
  for (const Publication& each : clean) judgePublication(claim(), each);
  const Resumptions resumptions = judgeResumption(claim(), clean);
  EXPECT_TRUE(judgeEnd(claim(), clean));
  judgeUntouched(claim(), {publication(0, 39)}, 0);
  EXPECT_THAT(said, IsEmpty());
  EXPECT_EQ(resumptions.whole + resumptions.at_keyframe, 0U) << "18 was not yet written when it came back";
}

// In position 12 of the frames, behind the configuration record, is picture 11.
TEST_F(Judge, FindsAMissingFrame) {
  Publication broken = publication(0, 39);
  broken.frames.erase(broken.frames.begin() + 12);
  EXPECT_THAT(judged(broken), ElementsAre(HasSubstr("picture 12 came next after 10")));
}

TEST_F(Judge, FindsAMissingFrameWhereNothingIsResumed) {
  Publication broken = publication(0, 39);
  broken.frames.erase(broken.frames.begin() + 12);
  Claim live = claim();
  live.returns = Claim::Returns::live;
  judgePublication(live, broken);
  EXPECT_THAT(said, ElementsAre(HasSubstr("picture 12 came next after 10")));
}

TEST_F(Judge, FindsWhatASlowServerCannotDecode) {
  Publication broken = publication(0, 39);
  broken.slow = true;
  broken.frames.erase(broken.frames.begin() + 12);
  EXPECT_THAT(judged(broken), ElementsAre(HasSubstr("picture 12 cannot be decoded after 10")));
}

TEST_F(Judge, LetsASlowServerGoOnAtAKeyframe) {
  Publication slow = lackingFour(publication(0, 39));
  slow.slow = true;
  EXPECT_THAT(judgePublication(claim(), slow).video, ElementsAre(11, 12, 13, 14));
  EXPECT_THAT(said, IsEmpty());
}

TEST_F(Judge, LetsTheRingForgetWhatASlowerCatchUpHasNotReached) {
  Claim small = claim();
  small.resume_bytes = 1000;
  EXPECT_THAT(judgePublication(small, lackingFour(publication(0, 39))).video, ElementsAre(11, 12, 13, 14));
  EXPECT_THAT(said, IsEmpty());
  Publication broken = publication(0, 39);
  broken.frames.erase(broken.frames.begin() + 12);
  judgePublication(small, broken);
  EXPECT_THAT(said, ElementsAre(HasSubstr("picture 12 cannot be decoded after 10")));
}

TEST_F(Judge, LetsASmallQueueLackWhatABroadcastBeginsWith) {
  Publication late = publication(0, 39);
  late.frames.erase(late.frames.begin() + 2, late.frames.begin() + 6);
  Claim small = claim();
  small.queue_bytes = 1000;
  EXPECT_EQ(judgePublication(small, late).video.size(), 4U);
  EXPECT_THAT(said, IsEmpty());
  EXPECT_THAT(judged(late), ElementsAre(HasSubstr("picture 5 came next after 0"))) << "it had room";
  said.clear();
  judgePublication(small, lackingFour(publication(0, 39)));
  EXPECT_THAT(said, ElementsAre(HasSubstr("picture 15 came next after 10"))) << "later nothing is held";
}

TEST_F(Judge, KnowsThatAPublicationThatCameToNothingBeganWithThatKeyframe) {
  Claim small = claim();
  small.resume_age = 1s;
  Publication nothing = publication(20, 20), back = publication(20, 39);
  nothing.frames.clear();
  back.started = begun + 2600ms;
  EXPECT_EQ(judgeResumption(small, {publication(0, 2), nothing, back}).at_keyframe, 1U);
  EXPECT_THAT(said, IsEmpty());
  nothing.started = begun + 1s;
  judgeResumption(small, {publication(0, 2), nothing, back});
  EXPECT_THAT(said, ElementsAre(HasSubstr("picture 25 was a newer keyframe"))) << "20 was written later";
}

TEST_F(Judge, FindsALossThatWasNotCounted) {
  const Lacking lacking{{11, 12, 15}, {}};
  judgeCounts(claim(), {}, lacking, {0, 2, 1, 0});
  EXPECT_THAT(said, IsEmpty());
  judgeCounts(claim(), {}, lacking, {0, 1, 1, 9});
  EXPECT_THAT(said, ElementsAre(HasSubstr("lacks 2 pictures between keyframes, and 1 were counted")));
  judgeCounts(claim(), {}, lacking, {9, 2, 0, 0});
  EXPECT_THAT(said.back(), HasSubstr("lacks 1 keyframes, and 0 were counted"));
}

TEST_F(Judge, CountsNothingThatHasComeAnotherTime) {
  judgeCounts(claim(), {publication(10, 14)}, Lacking{{11, 12, 15}, {}}, {0, 0, 1, 0});
  EXPECT_THAT(said, IsEmpty());
}

TEST_F(Judge, FindsADoubledFrame) {
  Publication broken = publication(0, 39);
  broken.frames.insert(broken.frames.begin() + 12, seen(11));
  EXPECT_THAT(judged(broken), ElementsAre(HasSubstr("picture 11 came twice")));
}

TEST_F(Judge, FindsFramesOutOfOrder) {
  Publication broken = publication(0, 39);
  std::swap(broken.frames[12], broken.frames[13]);
  EXPECT_THAT(judged(broken), testing::Contains(HasSubstr("picture 11 came after 12")));
}

TEST_F(Judge, FindsAWrongTimestamp) {
  Publication broken = publication(0, 39);
  ++broken.frames[12].timestamp;
  EXPECT_THAT(judged(broken), ElementsAre(HasSubstr("picture 11 has timestamp 1101, not 1100")));
}

TEST_F(Judge, FindsTimestampsThatRunBackwards) {
  ledger.of(Kind::video)[11].timestamp = 900;
  Publication broken = publication(0, 39);
  broken.frames[12].timestamp = 900;
  EXPECT_THAT(judged(broken),
              ElementsAre(HasSubstr("picture 11 has timestamp 900, which runs backwards from 1000")));
}

TEST_F(Judge, KnowsThatTimestampsBeginAgainAfter32Bits) {
  Publication late = publication(0, 39);
  for (std::uint32_t number = 0; number < pictures; ++number)
    ledger.of(Kind::video)[number].timestamp = late.frames[number + 1].timestamp = 0xFFFFFF00 + number * 100;
  EXPECT_THAT(judged(late), IsEmpty());
}

TEST_F(Judge, FindsAPublicationThatBeginsWithoutAKeyframe) {
  EXPECT_THAT(judged(publication(11, 39)),
              ElementsAre(HasSubstr("picture 11 comes first and is no keyframe")));
}

TEST_F(Judge, FindsFramesBeforeTheirConfiguration) {
  Publication broken = publication(10, 10);
  broken.frames.erase(broken.frames.begin());
  EXPECT_THAT(judged(broken), ElementsAre(HasSubstr("came before its configuration record")));
}

TEST_F(Judge, FindsMediaBeforeMetadata) {
  Publication broken = publication(0, 39);
  broken.metadata_first = false;
  EXPECT_THAT(judged(broken), ElementsAre(HasSubstr("media before metadata")));
}

TEST_F(Judge, FindsAServerThatIsIncompleteAfterItsResumePoint) {
  EXPECT_FALSE(judgeEnd(claim(), {publication(0, 12), publication(10, 38)}));
  EXPECT_THAT(said, ElementsAre(HasSubstr("ends without picture 39, at picture 38")));
}

TEST_F(Judge, FindsAnOutageThatTheRingShouldHaveCovered) {
  Publication back = publication(20, 39);
  judgeResumption(claim(), {publication(0, 12), back});
  EXPECT_THAT(said, ElementsAre(HasSubstr("picture 12 was its last and picture 20 is where it went on")));
}

TEST_F(Judge, WantsLossesOfLongOutagesToBeCounted) {
  Claim small = claim();
  small.resume_age = 1s;
  EXPECT_THAT(judgeResumption(small, {publication(0, 17), publication(20, 39)}).lacking.video,
              ElementsAre(18, 19));
  small.returns = Claim::Returns::live;
  EXPECT_THAT(judgeResumption(small, {publication(0, 17), publication(20, 39)}).lacking.video,
              ElementsAre(18, 19));
  small.returns = Claim::Returns::spare;
  EXPECT_THAT(judgeResumption(small, {publication(0, 17), publication(20, 39)}).lacking.video, IsEmpty())
      << "its silence is no loss";
  EXPECT_THAT(said, IsEmpty());
}

// Its queue moves with it, and gives up frames as it would have done where it was.
TEST_F(Judge, LetsAMoveOnASlowWayLackFramesThatAreCounted) {
  Publication before = publication(0, 12), back = publication(20, 39);
  back.moved = true;
  judgeResumption(claim(), {before, back});
  EXPECT_THAT(said, ElementsAre(HasSubstr("picture 12 was its last"))) << "no way was slow";
  said.clear();
  before.slow = true;
  EXPECT_EQ(judgeResumption(claim(), {before, back}).lacking.video.size(), 7U);
  EXPECT_THAT(said, IsEmpty());
  back.moved = false;
  judgeResumption(claim(), {before, back});
  EXPECT_THAT(said, ElementsAre(HasSubstr("picture 12 was its last"))) << "it was lost, and the ring has it";
}

// Frames wait for a new connection no longer than in any queue.
TEST_F(Judge, LetsAMoveThatIsAnsweredLateLackFramesThatAreCounted) {
  const Publication before = publication(0, 12);
  Publication back = publication(35, 39);
  back.moved = true;
  EXPECT_EQ(judgeResumption(claim(), {before, back}).lacking.video.size(), 22U);
  EXPECT_THAT(said, IsEmpty());
}

TEST_F(Judge, CountsAnOutageThatTheRingHasCovered) {
  Publication back = publication(10, 39);
  back.started = begun + 2s;
  EXPECT_EQ(judgeResumption(claim(), {publication(0, 12), back}).whole, 1U);
  EXPECT_THAT(said, IsEmpty());
}

TEST_F(Judge, FindsAReturnToAnOldKeyframe) {
  Claim small = claim();
  small.resume_age = 1s;
  Publication back = publication(20, 39);
  EXPECT_EQ(judgeResumption(small, {publication(0, 2), back}).at_keyframe, 1U);
  EXPECT_THAT(said, IsEmpty());
  back.started = begun + 2600ms;
  EXPECT_EQ(judgeResumption(small, {publication(0, 2), back}).at_keyframe, 0U);
  EXPECT_THAT(said, ElementsAre(HasSubstr("picture 25 was a newer keyframe")));
}

TEST_F(Judge, FindsWhatAnUntouchedServerLacks) {
  judgeUntouched(claim(), {publication(0, 38)}, 1);
  EXPECT_THAT(said, ElementsAre(HasSubstr("ends at picture 39 of 40"), HasSubstr("0 data messages of 1")));
}

TEST_F(Judge, FindsAPayloadThatNobodyHasWritten) {
  const Written& written = ledger.of(Kind::video)[11];
  const EncodedFrame frame = Ledger::frame(Kind::video, 11, written, 1100ms);
  rtmp::Bytes body = rtmp::buildMediaBody({frame.codec, frame.kind, 0, rtmp::BytesView(*frame.data)});
  rtmp::Message message;
  message.body = rtmp::Video{rtmp::makePayload(body)};
  EXPECT_TRUE(ledger.recognise(message));
  body.back() ^= std::byte{1};
  message.body = rtmp::Video{rtmp::makePayload(body)};
  EXPECT_FALSE(ledger.recognise(message));
}

}  // namespace
}  // namespace multiconn::chaos
