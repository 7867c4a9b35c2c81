// Servers that come back, refuse and bend what they are told.
#include "client/merged_fixture.hpp"

namespace multiconn::client {
namespace {

using namespace test;
using testing::ElementsAre;
using testing::IsEmpty;

TEST_F(MergedObjectTest, AServerThatStartsAnewGetsEverythingBack) {
  for (const bool relay : {true, false}) {
    anew();
    joinAll();
    object.relay(relay, now);
    set("x", AmfValue(1));
    wait(40ms);
    hear(A, {succeeded("x"), changed("y", 2)});
    hear(B, {succeeded("x"), changed("y", 2)});
    wait(1s);
    object.lost(A);
    version[A] = 0;
    forgetLines();
    join(A);
    EXPECT_EQ(shown("x") + shown("y"), "12");
    wait(200ms);
    EXPECT_THAT(takeSent(), ElementsAre("A use", relay ? "A x=1 y=2" : "A x=1"));
    hear(A, {succeeded("x"), succeeded("y")});
    wait(1s);
    EXPECT_THAT(takeSent(), relay ? Lines() : Lines{"A y=2"});
    EXPECT_EQ(shown("x") + shown("y"), "12");
  }
}

TEST_F(MergedObjectTest, WhatHappenedWhileAServerWasAway) {
  const std::vector<rtmp::SharedObjectEvent> slots = {changed("ours", 0), changed("theirs", 0),
                                                      changed("both", 0), changed("removed", 0),
                                                      changed("untouched", 0)};
  joinAll(slots);
  object.relay(true, now);
  object.lost(A);
  set("ours", AmfValue(1));
  set("both", AmfValue(1));
  set("removed", {});
  wait(1s);
  forgetLines();
  join(A, {changed("ours", 0), changed("theirs", 2), changed("both", 2), changed("removed", 0),
           changed("untouched", 0), changed("new", 2)});
  EXPECT_THAT(takeSyncs(), ElementsAre("change theirs was 0@A, change new@A"));
  wait(1s);
  EXPECT_EQ(object.data(),
            (AmfObject{{"both", 1}, {"new", 2}, {"ours", 1}, {"theirs", 2}, {"untouched", 0}}));
  EXPECT_THAT(takeSent(), testing::Contains("A both=1 ours=1 -removed"));
}

TEST_F(MergedObjectTest, OurWriteThatArrivedBeforeTheLossIsNobodyElses) {
  joinAll({changed("x", 0)});
  set("x", AmfValue(1));
  wait(40ms);
  object.lost(A);
  set("x", AmfValue(2));
  join(A, {changed("x", 1)});
  EXPECT_EQ(shown("x"), "2");
}

// Something is removed here while the server is away, which would bring it back.
TEST_F(MergedObjectTest, RemovalsAreRememberedForAServerThatIsAway) {
  object.expect(C);
  joinAll({changed("x", 0)});
  set("x", {});
  wait(40ms);
  hear(A, {removed("x")});
  hear(B, {removed("x")});
  wait(1h);
  join(C, {changed("x", 0)});
  EXPECT_EQ(shown("x"), "none");
  takeSent();
  wait(200ms);
  EXPECT_THAT(takeSent(), ElementsAre("C -x"));
  hear(C, {removed("x")});
  hear(C, {changed("x", 5)});
  EXPECT_EQ(shown("x"), "5");
}

TEST_F(MergedObjectTest, AnExcludedServerIsNotWaitedFor) {
  object.expect(C);
  object.exclude(C);
  joinAll({changed("x", 0)});
  set("x", {});
  wait(40ms);
  hear(A, {removed("x")});
  hear(B, {removed("x")});
  join(C, {changed("x", 0)});
  EXPECT_EQ(shown("x"), "0");
}

TEST_F(MergedObjectTest, AServerThatDeniesWritesDoesNotUndoThemElsewhere) {
  joinAll({changed("x", 0)});
  object.relay(true, now);
  set("x", AmfValue(1));
  wait(40ms);
  hear(A, {said("SharedObject.NoWriteAccess")});
  EXPECT_THAT(told, ElementsAre("SharedObject.NoWriteAccess"));
  EXPECT_THAT(takeSyncs(), ElementsAre("reject x was 1@A"));
  EXPECT_EQ(shown("x"), "1");
  forgetLines();
  hear(B, {succeeded("x")});
  wait(10s);
  EXPECT_THAT(takeSent(), IsEmpty());
  hear(B, {changed("x", 2)});
  wait(40ms);
  EXPECT_THAT(takeSent(), ElementsAre("A x=2"));
}

TEST_F(MergedObjectTest, DeniedEverywhereItIsTakenBack) {
  joinAll({changed("x", 0)});
  set("x", AmfValue(1));
  wait(40ms);
  hear(A, {said("SharedObject.NoWriteAccess")});
  hear(B, {said("SharedObject.NoWriteAccess")});
  EXPECT_EQ(shown("x"), "0");
}

// A server that says no by telling the old value, to what is relayed, is asked three times.
TEST_F(MergedObjectTest, RefusalsComeToAnEnd) {
  joinAll({changed("x", 0)});
  object.relay(true, now);
  hear(B, {changed("x", 2)});
  for (int i = 0; i < 10; ++i) {
    wait(1s);
    if (i < 3) {
      EXPECT_THAT(takeSent(), ElementsAre("A x=2"));
    }
    hear(A, {changed("x", 0)});
  }
  EXPECT_THAT(takeSent(), IsEmpty());
  EXPECT_EQ(shown("x"), "2");
}

// Two servers, each of which gives back something else than was written.
TEST_F(MergedObjectTest, ServersThatChangeValuesDoNotPlayPingPong) {
  joinAll();
  object.relay(true, now);
  set("x", AmfValue(1));
  for (int i = 0; i < 100; ++i) {
    wait(1s);
    for (const std::string& line : takeSent())
      hear(line.front() == 'A' ? A : B, {changed("x", line.front() == 'A' ? 10 : 20)});
  }
  wait(1min);
  EXPECT_THAT(takeSent(), IsEmpty());
}

TEST_F(MergedObjectTest, AnotherServersObjectIsTooLarge) {
  anew({.slots = 3});
  join(A, {changed("a", 1), changed("b", 1)});
  join(B, {changed("c", 1), changed("d", 1)});
  EXPECT_THAT(told, ElementsAre("too large"));
  EXPECT_EQ(object.state(B), MergedObject::State::refused);
  EXPECT_EQ(object.state(A), MergedObject::State::settling);
  EXPECT_FALSE(object.set("e", AmfValue(1), now));
  EXPECT_EQ(object.data().size(), 3U);
}

TEST_F(MergedObjectTest, WhatAServerCannotCarryIsTold) {
  joinAll();
  set("x", AmfValue(AmfValue::ByteArray{{std::byte(1)}}));
  EXPECT_THAT(told, ElementsAre("not carried x", "not carried x"));
  wait(10s);
  EXPECT_THAT(takeSent(), IsEmpty());
}

TEST_F(MergedObjectTest, JoinedAgainWithoutHavingBeenLost) {
  joinAll({changed("x", 0), changed("y", 0)});
  hear(A, {changed("x", 1)});
  forgetLines();
  join(A, {changed("x", 1)});
  EXPECT_THAT(takeSyncs(), ElementsAre(""));
  EXPECT_EQ(shown("x"), "1");
  EXPECT_THAT(takeSent(), ElementsAre("A use"));
}

// Slots that come and go must leave nothing behind.
TEST_F(MergedObjectTest, NothingIsKeptOfWhatIsRemovedEverywhere) {
  joinAll();
  for (int i = 0; i < 1000; ++i) {
    const std::string slot = "m" + std::to_string(i);
    set(slot, AmfValue(1));
    wait(40ms);
    hear(A, {succeeded(slot)});
    hear(B, {succeeded(slot)});
    set(slot, {});
    wait(40ms);
    hear(A, {removed(slot)});
    hear(B, {removed(slot)});
    ASSERT_EQ(object.traces(), 0U) << slot;
  }
  EXPECT_EQ(object.remembered(), 0U);
}

TEST_F(MergedObjectTest, NothingIsKeptOfWhatIsRelayedAndRemovedEverywhere) {
  joinAll();
  object.relay(true, now);
  for (int i = 0; i < 1000; ++i) {
    const std::string slot = "m" + std::to_string(i);
    hear(A, {changed(slot, 1)});
    wait(40ms);
    hear(B, {succeeded(slot)});
    EXPECT_EQ(object.traces(), 1U) << "while it is there";
    hear(A, {removed(slot)});
    wait(40ms);
    hear(B, {removed(slot)});
    ASSERT_EQ(object.traces(), 0U) << slot;
  }
  EXPECT_EQ(object.remembered(), 0U);
  EXPECT_EQ(object.rememberedBytes(), 0U);
}

// The oldest names go first.
TEST_F(MergedObjectTest, WhatIsRememberedForAServerThatIsAwayIsBoundedInBytes) {
  anew({.removed_bytes = 10'000});
  object.expect(C);
  joinAll();
  const auto slot = [](int i) { return std::string(900, 'x') + std::to_string(i); };
  for (int i = 0; i < 100; ++i) {
    set(slot(i), AmfValue(1));
    set(slot(i), {});
    EXPECT_LE(object.rememberedBytes(), 10'000U);
  }
  EXPECT_GE(object.remembered(), 9U);
  wait(40ms);
  for (int i = 0; i < 100; ++i) hear(A, {removed(slot(i))}), hear(B, {removed(slot(i))});
  join(C, {changed(slot(0), 1), changed(slot(99), 1)});
  EXPECT_EQ(shown(slot(0)), "1");
  EXPECT_EQ(shown(slot(99)), "none");
  set(slot(98), AmfValue(2));
  EXPECT_LT(object.remembered(), 10U);
}
}  // namespace
}  // namespace multiconn::client
