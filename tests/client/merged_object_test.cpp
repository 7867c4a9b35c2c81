#include "client/merged_fixture.hpp"

namespace multiconn::client {
namespace {

using namespace test;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

TEST_F(MergedObjectTest, OwnWritesGoToEveryServer) {
  joinAll();
  set("x", AmfValue(1));
  EXPECT_EQ(shown("x"), "1");
  EXPECT_EQ(rtmp::test::text(published["x"]), "1");
  wait(40ms);
  EXPECT_THAT(takeSent(), ElementsAre("A x=1", "B x=1"));
  hear(B, {succeeded("x")});
  hear(A, {succeeded("x")});
  EXPECT_THAT(takeSyncs(), ElementsAre("success x@B", "success x@A"));
}

TEST_F(MergedObjectTest, WhatWasSetBeforeIsWrittenWhenAServerIsJoined) {
  set("x", AmfValue(1));
  join(A);
  join(B, {changed("x", 2), changed("y", 3)});
  EXPECT_THAT(takeSyncs(), ElementsAre("", "change y@B"));
  sent_to.clear();
  wait(200ms);
  EXPECT_THAT(takeSent(), ElementsAre("A x=1", "B x=1"));
}

TEST_F(MergedObjectTest, WithoutRelayOthersChangesAreOnlyShown) {
  joinAll();
  hear(A, {changed("x", 1)});
  hear(B, {changed("x", 2)});
  hear(A, {changed("x", 3), removed("y")});
  EXPECT_THAT(takeSyncs(), ElementsAre("change x@A", "change x was 1@B", "change x was 2@A"));
  hear(B, {removed("x")});
  EXPECT_THAT(takeSyncs(), ElementsAre("delete x@B"));
  EXPECT_EQ(shown("x"), "none");
  wait(10s);
  EXPECT_THAT(takeSent(), IsEmpty());
}

TEST_F(MergedObjectTest, RelayCarriesAChangeOnWithinATick) {
  joinAll();
  object.relay(true, now);
  hear(A, {changed("x", 1)});
  wait(40ms);
  EXPECT_THAT(takeSent(), ElementsAre("B x=1"));
  hear(B, {succeeded("x")});
  EXPECT_THAT(takeSyncs(), ElementsAre("change x@A"));
  wait(10s);
  EXPECT_THAT(takeSent(), IsEmpty());
}

TEST_F(MergedObjectTest, RelayBringsTogetherWhatWasApart) {
  join(A, {changed("x", 1)});
  join(B, {changed("x", 2), changed("y", 3)});
  wait(200ms);
  forgetLines();
  EXPECT_EQ(shown("x"), "1");
  object.relay(true, now);
  wait(40ms);
  EXPECT_THAT(takeSent(), ElementsAre("A y=3", "B x=1"));
}

TEST_F(MergedObjectTest, OfTwoSnapshotsTheFirstInTheListWins) {
  join(B, {changed("x", 2)});
  join(A, {changed("x", 1)});
  EXPECT_EQ(shown("x"), "1");
  EXPECT_THAT(takeSyncs(), ElementsAre("change x@B", "change x was 2@A"));
}

// The two were made at the same time, since neither server had heard of the other's.
TEST_F(MergedObjectTest, OfTwoChangesTheFirstInTheListWinsWhicheverIsHeardFirst) {
  for (const bool a_first : {true, false}) {
    anew();
    joinAll({changed("x", 0)});
    object.relay(true, now);
    hear(a_first ? A : B, {changed("x", a_first ? 1 : 2)});
    wait(40ms);
    hear(a_first ? B : A, {changed("x", a_first ? 2 : 1)});
    EXPECT_EQ(shown("x"), "1");
    takeSent();
    // Both servers let the last writer win.
    hear(a_first ? B : A, {succeeded("x")});
    wait(40ms);
    if (a_first) {
      EXPECT_THAT(takeSent(), IsEmpty());
    } else {
      EXPECT_THAT(takeSent(), UnorderedElementsAre("A x=1", "B x=1"));
    }
  }
}

TEST_F(MergedObjectTest, ALaterChangeWinsWhereverItIsMade) {
  joinAll({changed("x", 0)});
  object.relay(true, now);
  hear(A, {changed("x", 1)});
  wait(40ms);
  hear(B, {succeeded("x")});
  hear(B, {changed("x", 2)});
  EXPECT_EQ(shown("x"), "2");
  takeSent();
  wait(40ms);
  EXPECT_THAT(takeSent(), ElementsAre("A x=2"));
}

TEST_F(MergedObjectTest, OurOwnWriteYields) {
  joinAll({changed("x", 0)});
  object.relay(true, now);
  set("x", AmfValue(7));
  wait(40ms);
  hear(B, {changed("x", 2)});
  EXPECT_EQ(shown("x"), "2");
  EXPECT_THAT(takeSyncs(), ElementsAre("reject x was 7@B"));
  hear(A, {succeeded("x")});
  hear(B, {succeeded("x")});
  takeSent();
  wait(40ms);
  EXPECT_THAT(takeSent(), UnorderedElementsAre("A x=2", "B x=2"));
}

TEST_F(MergedObjectTest, WithoutRelayAWriteThatWasAppliedAfterAllIsShown) {
  joinAll({changed("x", 0)});
  set("x", AmfValue(7));
  wait(40ms);
  hear(A, {changed("x", 2)});
  EXPECT_EQ(shown("x"), "2");
  hear(A, {succeeded("x")});
  EXPECT_EQ(shown("x"), "7");
  EXPECT_THAT(takeSyncs(), ElementsAre("reject x was 7@A", "success x@A"));
}

TEST_F(MergedObjectTest, ClearIsTheRemovalOfEachSlot) {
  joinAll({changed("x", 0), changed("y", 0)});
  object.relay(true, now);
  hear(A, {cleared()});
  EXPECT_THAT(takeSyncs(), ElementsAre("clear@A"));
  EXPECT_TRUE(object.data().empty());
  wait(40ms);
  EXPECT_THAT(takeSent(), ElementsAre("B -x -y"));
  hear(B, {removed("x"), removed("y")});
  EXPECT_THAT(takeSyncs(), IsEmpty());
}

TEST_F(MergedObjectTest, ClearAtOneServerOfTwoThatDiffer) {
  join(A, {changed("x", 0)});
  join(B, {changed("y", 0)});
  wait(200ms);
  forgetLines();
  hear(A, {cleared()});
  EXPECT_THAT(takeSyncs(), ElementsAre("delete x@A"));
  EXPECT_EQ(shown("y"), "0");
}

TEST_F(MergedObjectTest, OwnClearRemovesEverySlot) {
  joinAll({changed("x", 0), changed("y", 0)});
  object.clear(now);
  EXPECT_TRUE(object.data().empty());
  wait(40ms);
  EXPECT_THAT(takeSent(), ElementsAre("A -x -y", "B -x -y"));
}

TEST_F(MergedObjectTest, TheFirstListOfAServerMayBeEmpty) {
  object.join(A, false, now);
  hear(A, {cleared()});
  EXPECT_THAT(takeSyncs(), IsEmpty());
  hear(A, {useSuccess()});
  EXPECT_THAT(takeSyncs(), ElementsAre(""));
}

TEST_F(MergedObjectTest, SendGoesToEveryJoinedServer) {
  EXPECT_FALSE(object.send("hello", {}, now));
  joinAll();
  EXPECT_TRUE(object.send("hello", {7}, now));
  EXPECT_THAT(takeSent(), ElementsAre("A hello(7)", "B hello(7)"));
}

TEST_F(MergedObjectTest, ReleaseLeavesEverywhere) {
  joinAll();
  object.release();
  EXPECT_THAT(takeSent(), ElementsAre("A release", "B release"));
  hear(A, {changed("x", 1)});
  EXPECT_THAT(takeSyncs(), IsEmpty());
  EXPECT_FALSE(object.wakeAt());
}
// The slots of an object may come in messages behind UseSuccess: those that have not come are not gone.
TEST_F(MergedObjectTest, FinishingWhileAServerStillTellsWhatItHasSendsOnlyWhatItHasNotHad) {
  joinAll({changed("x", 1)});
  set("old", AmfValue(1));
  wait(40ms);
  hear(A, {succeeded("old")});
  hear(B, {succeeded("old")});
  object.lost(A);
  set("new", AmfValue(2));
  object.join(A, false, now);
  hear(A, {useSuccess()});
  forgetLines();
  object.finish(now);
  EXPECT_THAT(takeSent(), ElementsAre("A new=2", "B new=2"));
  hear(A, {changed("x", 9)});
  EXPECT_EQ(shown("x"), "1") << "after the last batch nothing is heard";
  EXPECT_THAT(takeSyncs(), IsEmpty());
  EXPECT_FALSE(object.wakeAt());
}

TEST_F(MergedObjectTest, ARemovalGoesOutToAServerThatIsBeingJoinedToo) {
  joinAll({changed("x", 1)});
  set("x", {});
  object.join(A, false, now);
  forgetLines();
  object.finish(now);
  EXPECT_THAT(takeSent(), ElementsAre("A -x", "B -x"));
}

TEST_F(MergedObjectTest, AWriteWhoseAnswerWasLostSucceedsWhenTheServerIsSeenToHaveIt) {
  joinAll({changed("y", 1)});
  set("x", AmfValue(1));
  set("y", {});
  wait(40ms);
  object.join(A, false, now);
  hear(A, {useSuccess(), changed("x", 1)});
  wait(100ms);
  EXPECT_THAT(takeSyncs(), ElementsAre("", "success x@A, success y@A"));
  object.join(A, false, now);
  hear(A, {useSuccess(), changed("x", 1)});
  wait(100ms);
  EXPECT_THAT(takeSyncs(), ElementsAre("")) << "once";
}

}  // namespace
}  // namespace multiconn::client
