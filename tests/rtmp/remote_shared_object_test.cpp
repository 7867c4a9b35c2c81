#include "rtmp/remote_shared_object.hpp"

#include <limits>

#include "rtmp/remote_shared_object_fixture.hpp"

namespace multiconn::rtmp {
namespace {

using namespace test;
using testing::ElementsAre;
using testing::IsEmpty;

TEST_F(RemoteSharedObjectTest, UseHasVersionZeroAlsoTheSecondTime) {
  use();
  EXPECT_THAT(takeSent(), ElementsAre("0: use"));
  hear({useSuccess()});
  use();
  EXPECT_THAT(takeSent(), ElementsAre("0: use"));
}

TEST_F(RemoteSharedObjectTest, ASecondUseFollowsTheAnswerToTheFirst) {
  use();
  takeSent();
  use();
  EXPECT_THAT(takeSent(), IsEmpty());
  hear({useSuccess(), cleared(), changed("x", 1)});
  EXPECT_THAT(takeSent(), ElementsAre("0: use"));
  EXPECT_THAT(takeEvents(), IsEmpty());
  hear({cleared(), useSuccess(), changed("x", 2)});
  EXPECT_THAT(takeEvents(), ElementsAre("joined", "snapshot x: none -> 2"));
}

// multiconn-origin answers so when somebody has written while Use was on its way.
TEST_F(RemoteSharedObjectTest, AClearBehindUseSuccessTakesOnlyWhatDoesNotComeAgain) {
  use();
  hear({changed("x", 1), changed("y", 1)});
  hear({useSuccess(), cleared(), changed("x", 1)});
  EXPECT_THAT(takeEvents(), ElementsAre("joined", "snapshot x: none -> 1", "snapshot y: none -> 1"));
  wait(150ms);
  EXPECT_THAT(takeEvents(), ElementsAre("changed y: 1 -> none", "settled"));
}

TEST_F(RemoteSharedObjectTest, ClearsWithoutEndAreBounded) {
  object = RemoteSharedObject("chat", false, {.bytes = 1000});
  use();
  hear({useSuccess()});
  for (int i = 0; i < 100 && object.inUse(); ++i) hear({changed("slot" + std::to_string(i), i), cleared()});
  EXPECT_FALSE(object.inUse());
}

// Recorded from crtmpserver and Red5; the slots are the same, the order is not.
TEST_F(RemoteSharedObjectTest, JoinsCrtmpserver) {
  use();
  hearBytes("0004 63686174 00000001 00000000 00000000 08 00000000 0b 00000000");
  EXPECT_THAT(takeEvents(), ElementsAre("joined"));
  wait(150ms);
  EXPECT_THAT(takeEvents(), ElementsAre("settled"));
  EXPECT_EQ(object.version(), 1U);
}

TEST_F(RemoteSharedObjectTest, JoinsRed5) {
  use();
  hearBytes("0004 63686174 00000002 00000000 00000000 0b 00000000 08 00000000");
  EXPECT_THAT(takeEvents(), ElementsAre("joined"));
}

TEST_F(RemoteSharedObjectTest, TheSnapshotMayComeInAnyOrder) {
  const std::vector<std::vector<std::vector<SharedObjectEvent>>> joins = {
      {{useSuccess(), cleared(), changed("x", 1)}},
      {{cleared(), useSuccess(), changed("x", 1)}},
      {{useSuccess(), changed("x", 1)}},
      {{changed("x", 1), useSuccess()}},
      {{cleared(), useSuccess()}, {changed("x", 1)}},
      {{useSuccess()}, {cleared()}, {changed("x", 1)}},
      {{cleared()}, {changed("x", 1)}, {useSuccess()}},
  };
  for (const auto& join : joins) {
    use();
    for (const auto& message : join) hear(message);
    EXPECT_THAT(takeEvents(), ElementsAre("joined", "snapshot x: none -> 1"));
    wait(150ms);
    EXPECT_THAT(takeEvents(), ElementsAre("settled"));
  }
}

TEST_F(RemoteSharedObjectTest, TellsOnceThatNobodyAnswers) {
  use();
  wait(2999ms);
  EXPECT_THAT(takeEvents(), IsEmpty());
  wait(60s);
  EXPECT_THAT(takeEvents(), ElementsAre("no answer"));
  hear({useSuccess()});
  EXPECT_THAT(takeEvents(), ElementsAre("joined"));
}

TEST_F(RemoteSharedObjectTest, SuccessAndItsEcho) {
  joinWith();
  set("x", 1);
  set("y", 1);
  wait(40ms);
  hear({succeeded("x")});
  hear({changed("y", 1)});
  EXPECT_THAT(takeEvents(), ElementsAre("accepted x: none -> 1, wrote 1", "accepted y: none -> 1, wrote 1"));
}

TEST_F(RemoteSharedObjectTest, TheServersValueWins) {
  joinWith();
  set("x", 1);
  wait(40ms);
  hear({changed("x", 7)});
  EXPECT_THAT(takeEvents(), ElementsAre("rejected x: none -> 7, wrote 1"));
  EXPECT_EQ(held("x"), "7");
}

// Both were applied, ours last.
TEST_F(RemoteSharedObjectTest, SuccessBehindSomebodyElsesChange) {
  joinWith();
  set("x", 1);
  wait(40ms);
  hear({changed("x", 7)});
  hear({succeeded("x")});
  EXPECT_THAT(takeEvents(), ElementsAre("rejected x: none -> 7, wrote 1", "accepted x: 7 -> 1, wrote 1"));
  EXPECT_EQ(held("x"), "1");
}

TEST_F(RemoteSharedObjectTest, EchoBehindSomebodyElsesChange) {
  joinWith();
  set("x", 1);
  wait(40ms);
  hear({changed("x", 7)});
  hear({changed("x", 1)});
  EXPECT_THAT(takeEvents(), ElementsAre("rejected x: none -> 7, wrote 1", "accepted x: 7 -> 1, wrote 1"));
  hear({changed("x", 7)});
  hear({changed("x", 1)});
  EXPECT_THAT(takeEvents(), ElementsAre("changed x: 1 -> 7", "changed x: 7 -> 1"));
}

// Red5 refuses a write by telling what there is.
TEST_F(RemoteSharedObjectTest, RefusedByTheOldValue) {
  joinWith({changed("x", 7)});
  set("x", 1);
  set("y", 1);
  wait(40ms);
  hear({changed("x", 7), changed("y", nullptr)});
  EXPECT_THAT(takeEvents(), ElementsAre("refused x: 7 -> 7, wrote 1", "refused y: none -> none, wrote 1"));
}

TEST_F(RemoteSharedObjectTest, WhatComesOfAnEarlierUseIsNoRefusalToJoin) {
  use();
  hear({said("SharedObject.NoWriteAccess")});
  hear({said("SharedObject.Flush.Failed")});
  hear({useSuccess()});
  EXPECT_THAT(takeEvents(),
              ElementsAre("error SharedObject.NoWriteAccess", "error SharedObject.Flush.Failed", "joined"));
}

TEST_F(RemoteSharedObjectTest, NoWriteAccessIsForTheWholeBatch) {
  joinWith({changed("x", 7)});
  set("x", 1);
  set("y", 1);
  wait(40ms);
  hear({said("SharedObject.NoWriteAccess")});
  EXPECT_THAT(takeEvents(), ElementsAre("error SharedObject.NoWriteAccess", "denied x: 7 -> 7, wrote 1",
                                        "denied y: none -> none, wrote 1"));
  set("z", 1);
  wait(40ms);
  EXPECT_THAT(takeSent(), ElementsAre("1: x=1 y=1", "2: z=1"));
}

TEST_F(RemoteSharedObjectTest, RemovesAndIsToldByAll) {
  joinWith({changed("x", 7), changed("y", 7), changed("z", 7)});
  set("x", {});
  wait(40ms);
  hear({removed("x"), removed("y")});
  hear({changed("z", nullptr)});
  EXPECT_THAT(takeSent(), ElementsAre("1: -x"));
  EXPECT_THAT(takeEvents(), ElementsAre("accepted x: 7 -> none, wrote none", "changed y: 7 -> none",
                                        "changed z: 7 -> none"));
}

TEST_F(RemoteSharedObjectTest, ClearIsToldSlotBySlot) {
  joinWith({changed("x", 7), changed("y", 7)});
  set("y", 1);
  set("z", 1);
  wait(40ms);
  takeSent();
  hear({cleared()});
  EXPECT_THAT(takeEvents(), ElementsAre("cleared", "changed x: 7 -> none", "rejected y: 7 -> none, wrote 1",
                                        "refused z: none -> none, wrote 1"));
  hear({cleared()});
  EXPECT_THAT(takeEvents(), IsEmpty());
  hear({succeeded("y"), succeeded("z")});
  EXPECT_THAT(takeEvents(), ElementsAre("accepted y: none -> 1, wrote 1", "accepted z: none -> 1, wrote 1"));
}

TEST_F(RemoteSharedObjectTest, TheSameValueIsNoNews) {
  const AmfArray strict = {1, AmfValue(std::numeric_limits<double>::quiet_NaN()), "c"};
  const AmfObject array = AmfObject::ecmaArray({{"0", 1}, {"1", strict[1]}, {"2", "c"}});
  joinWith({changed("x", strict)});
  hear({changed("x", array)});
  hear({changed("x", strict)});
  EXPECT_THAT(takeEvents(), IsEmpty());
  set("x", AmfValue(AmfObject{{"b", 1}, {"a", 2}}));
  wait(40ms);
  hear({changed("x", AmfObject::ecmaArray({{"a", 2}, {"b", 1}}))});
  EXPECT_THAT(takeEvents(), ElementsAre("accepted x: ... -> ..., wrote ..."));
}

TEST_F(RemoteSharedObjectTest, HearsWhatIsSent) {
  use();
  hearBytes(
      "0004 63686174 00000002 00000000 00000000 06 00000015 02 0004 646f4974 02 0002 6131 00 "
      "401c000000000000");
  EXPECT_THAT(takeEvents(), IsEmpty());
  hear({useSuccess()});
  takeEvents();
  hearBytes(
      "0004 63686174 00000002 00000000 00000000 06 00000015 02 0004 646f4974 02 0002 6131 00 "
      "401c000000000000");
  EXPECT_THAT(takeEvents(), ElementsAre("doIt(a1,7)"));
}

TEST_F(RemoteSharedObjectTest, RefusedWhileJoining) {
  use();
  hearBytes(
      "0004 63686174 00000002 00000000 00000000"
      "07 00000024 001b 5368617265644f626a6563742e42616450657273697374656e6365 0005 6572726f72");
  EXPECT_THAT(takeEvents(), ElementsAre("error SharedObject.BadPersistence", "refused"));
  takeSent();
  EXPECT_FALSE(object.set("x", AmfValue(1), 0, now));
  hear({useSuccess(), changed("x", 1)});
  EXPECT_THAT(takeEvents(), IsEmpty());
  object.release();
  EXPECT_THAT(takeSent(), IsEmpty());
}

TEST_F(RemoteSharedObjectTest, NothingIsHeardBeforeUseOrAfterRelease) {
  hear({useSuccess(), changed("x", 1)});
  EXPECT_THAT(takeEvents(), IsEmpty());
  joinWith({changed("x", 1)});
  take(object.release());
  EXPECT_THAT(takeSent(), ElementsAre("2: release"));
  hear({changed("x", 2)});
  EXPECT_THAT(takeEvents(), IsEmpty());
  EXPECT_TRUE(object.confirmed().empty());
}

TEST_F(RemoteSharedObjectTest, UseAgainBringsASnapshotAgain) {
  joinWith({changed("x", 1), changed("y", 1)});
  set("x", 2);
  wait(40ms);
  use();
  hear({succeeded("x")});
  hear({cleared(), useSuccess(), changed("x", 2)});
  EXPECT_THAT(takeEvents(), ElementsAre("joined", "snapshot x: none -> 2"));
  EXPECT_EQ(held("y"), "none");
}

TEST_F(RemoteSharedObjectTest, TooManySlotsEndIt) {
  object = RemoteSharedObject("chat", false, {.slots = 2});
  joinWith({changed("a", 1), changed("b", 1)});
  hear({removed("a"), changed("c", 1)});
  takeEvents();
  hear({changed("d", 1), changed("e", 1)});
  EXPECT_THAT(takeEvents(), ElementsAre("too large"));
  EXPECT_EQ(object.state(), RemoteSharedObject::State::refused);
  EXPECT_TRUE(object.confirmed().empty());
}

TEST_F(RemoteSharedObjectTest, TooManyBytesEndIt) {
  object = RemoteSharedObject("chat", false, {.bytes = 1000});
  use();
  hear({changed("a", std::string(1000, 'x')), useSuccess()});
  EXPECT_THAT(takeEvents(), ElementsAre("too large"));
}

// Whatever a server says, in whatever order.
TEST_F(RemoteSharedObjectTest, HoldsWhatTheServerSaidLast) {
  std::uint64_t random = 1;
  const auto pick = [&random](std::uint64_t below) {
    random = random * 6364136223846793005U + 1442695040888963407U;
    return (random >> 33) % below;
  };
  for (int history = 0; history < 2000; ++history) {
    object = RemoteSharedObject("chat", false);
    for (int step = 0; step < 30; ++step) {
      const std::string slot(1, static_cast<char>('a' + pick(3)));
      const AmfValue value(pick(3));
      switch (pick(12)) {
        case 0:
          use();
          break;
        case 1:
          hear({useSuccess()});
          break;
        case 2:
          hear({cleared(), succeeded(slot)});
          break;
        case 3:
          hear({said("SharedObject.NoWriteAccess")});
          break;
        case 4:
          hear({succeeded(slot), removed(slot)});
          break;
        case 5:
        case 6:
          object.set(slot, pick(3) == 0 ? SlotValue() : SlotValue(value), 0, now);
          break;
        case 7:
          object.send(slot, {}, now);
          break;
        case 8:
          object.lost();
          break;
        case 9:
          wait(std::chrono::milliseconds(pick(2000)));
          break;
        default:
          hear({changed(slot, value)});
          if (object.inUse()) {
            EXPECT_EQ(held(slot), text(value));
          }
      }
    }
    events.clear();
    sent.clear();
  }
}
}  // namespace
}  // namespace multiconn::rtmp
