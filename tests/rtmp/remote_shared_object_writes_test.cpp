// Batches, answers and sends.
#include "rtmp/remote_shared_object_fixture.hpp"

namespace multiconn::rtmp {
namespace {

using namespace test;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

TEST_F(RemoteSharedObjectTest, WritesTheRecordedBytes) {
  joinWith();
  set("x", "hello");
  now += 40ms;
  const auto reaction = object.tick(now);
  ASSERT_EQ(reaction.send.size(), 1U);
  Bytes bytes;
  ASSERT_EQ(encodeSharedObject(reaction.send.front(), bytes), Error::none);
  EXPECT_EQ(toHex(bytes),
            toHex(hex("0004 63686174 00000001 00000000 00000000 03 0000000b 0001 78 02 0005 68656c6c6f")));
}

TEST_F(RemoteSharedObjectTest, OneBatchATick) {
  joinWith();
  set("x", 1);
  set("y", 1);
  set("x", 2);
  wait(39ms);
  EXPECT_THAT(takeSent(), IsEmpty());
  wait(1ms);
  EXPECT_THAT(takeSent(), ElementsAre("1: x=2 y=1"));
}

TEST_F(RemoteSharedObjectTest, TheNextBatchWaitsForEveryAnswer) {
  joinWith();
  set("x", 1);
  set("y", 1);
  wait(40ms);
  set("z", 1);
  wait(200ms);
  hear({succeeded("x")});
  wait(200ms);
  EXPECT_THAT(takeSent(), ElementsAre("1: x=1 y=1"));
  hear({changed("y", 5)});
  EXPECT_THAT(takeSent(), ElementsAre("3: z=1"));
}

TEST_F(RemoteSharedObjectTest, FlushAndNoInterval) {
  joinWith();
  object.interval({});
  set("x", 1);
  wait(10s);
  EXPECT_THAT(takeSent(), IsEmpty());
  object.flush();
  wait(0ms);
  EXPECT_THAT(takeSent(), ElementsAre("1: x=1"));
}

// The owner writes in answer to Settled what was set before: what was sent behind that stays behind it.
TEST_F(RemoteSharedObjectTest, WhatIsSentWhileItSettlesWaitsForWhatWasSetBefore) {
  use();
  hear({useSuccess()});
  takeSent();
  EXPECT_TRUE(object.send("say", {"hello"}, now));
  now = *object.wakeAt();
  take(object.tick(now));
  ASSERT_THAT(takeEvents(), Contains("settled"));
  EXPECT_THAT(takeSent(), IsEmpty());
  set("x", 1);
  wait(0ms);
  EXPECT_THAT(takeSent(), ElementsAre("1: x=1", "1: say(hello)"));
}

TEST_F(RemoteSharedObjectTest, AWriteThatWaitsYieldsToo) {
  joinWith();
  set("x", 1);
  set("y", 1);
  hear({changed("x", 7), changed("y", 1)});
  EXPECT_THAT(takeEvents(), ElementsAre("rejected x: none -> 7, wrote 1", "accepted y: none -> 1, wrote 1"));
  wait(1s);
  EXPECT_THAT(takeSent(), IsEmpty());
}

TEST_F(RemoteSharedObjectTest, WhatIsNotThereIsNotRemoved) {
  joinWith();
  set("x", {});
  wait(1s);
  EXPECT_THAT(takeSent(), IsEmpty());
  EXPECT_THAT(takeEvents(), ElementsAre("accepted x: none -> none, wrote none"));
}

TEST_F(RemoteSharedObjectTest, AServerThatNeverAnswersIsBelieved) {
  joinWith();
  set("x", 1);
  wait(40ms);
  set("y", 1);
  wait(999ms);
  EXPECT_THAT(takeSent(), ElementsAre("1: x=1"));
  wait(1ms);
  EXPECT_THAT(takeEvents(), ElementsAre("presumed x: none -> 1, wrote 1"));
  EXPECT_THAT(takeSent(), ElementsAre("1: y=1"));
}

TEST_F(RemoteSharedObjectTest, OneThatLosesAWriteGetsItAgain) {
  joinWith();
  set("x", 1);
  set("y", 1);
  wait(40ms);
  hear({succeeded("x")});
  takeEvents();
  wait(10s);
  EXPECT_THAT(takeSent(), ElementsAre("1: x=1 y=1", "2: y=1", "2: y=1"));
  EXPECT_THAT(takeEvents(), ElementsAre("presumed y: none -> 1, wrote 1"));
}

TEST_F(RemoteSharedObjectTest, ALateSuccessCountsToo) {
  joinWith();
  set("x", 1);
  wait(2s);
  hear({changed("x", 7)});
  takeEvents();
  hear({succeeded("x")});
  EXPECT_THAT(takeEvents(), ElementsAre("accepted x: 7 -> 1, wrote 1"));
}

TEST_F(RemoteSharedObjectTest, SendKeepsItsPlace) {
  joinWith();
  ASSERT_TRUE(object.send("doIt", {"a1", 7}, now));
  wait(0ms);
  set("x", 1);
  ASSERT_TRUE(object.send("b", {}, now));
  set("y", 1);
  wait(0ms);
  EXPECT_THAT(takeSent(), ElementsAre("1: doIt(a1,7)", "1: x=1", "1: b()", "1: y=1"));
}

TEST_F(RemoteSharedObjectTest, SendWaitsOnlyBehindAWriteThatWaits) {
  joinWith();
  set("x", 1);
  wait(40ms);
  ASSERT_TRUE(object.send("a", {}, now));
  wait(0ms);
  EXPECT_THAT(takeSent(), ElementsAre("1: x=1", "1: a()"));
  set("x", 2);
  ASSERT_TRUE(object.send("b", {}, now));
  wait(100ms);
  EXPECT_THAT(takeSent(), IsEmpty());
  hear({succeeded("x")});
  EXPECT_THAT(takeSent(), ElementsAre("2: x=2", "2: b()"));
}

TEST_F(RemoteSharedObjectTest, BoundsTheSendsThatWait) {
  joinWith();
  set("x", 1);
  wait(40ms);
  set("x", 2);
  int taken = 0;
  while (taken < 100000 && object.send("a", {}, now)) ++taken;
  EXPECT_EQ(taken, 1024);
}

TEST_F(RemoteSharedObjectTest, LargeBatchesAreCut) {
  object = RemoteSharedObject("chat", false, {.message_bytes = 1000, .batch_bytes = 2500});
  joinWith();
  for (const char* slot : {"a", "b", "c", "d"}) set(slot, AmfValue(std::string(900, slot[0])));
  wait(40ms);
  EXPECT_EQ(takeSent().size(), 2U);
  hear({succeeded("a"), succeeded("b")});
  EXPECT_EQ(takeSent().size(), 2U);
}

TEST_F(RemoteSharedObjectTest, OnlyAmf3CarriesSomeValues) {
  joinWith();
  const AmfValue bytes = AmfArray{AmfValue::ByteArray{{std::byte(1)}}};
  EXPECT_FALSE(object.set("x", bytes, 0, now));
  EXPECT_FALSE(object.send("x", {bytes}, now));
  use(true);
  hear({useSuccess()});
  wait(150ms);
  EXPECT_TRUE(object.set("x", bytes, 0, now));
}
}  // namespace
}  // namespace multiconn::rtmp
