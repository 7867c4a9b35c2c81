// What was set or sent just before the end goes out with it.
#include "client/shared_object_fixture.hpp"

namespace multiconn::test {
namespace {

using testing::IsEmpty;

class SharedObjectClose : public SharedObjectTest {
 protected:
  /// One batch is on its way, and the next one waits for its answer.
  SharedObject withBatchOnItsWay() {
    objectsAt("a", Manner::crtmpserver, 100ms);
    objectsAt("b", Manner::red5, 100ms);
    SharedObject object = joined({"a", "b"});
    object.set("slide", 1);
    world.loop.runFor(50ms);
    object.set("slide", 2);
    object.set("title", "the end");
    object.send("bye", {"all"});
    return object;
  }
  void expectAllArrived() {
    for (const auto& [host, objects] : servers)
      for (const char* const what : {"slide=2", "title=", "bye"})
        EXPECT_THAT(objects->log, testing::Contains(testing::HasSubstr(what))) << host;
  }
};

TEST_F(SharedObjectClose, NcCloseSendsWhatWaits) {
  SharedObject object = withBatchOnItsWay();
  const net::TimePoint before = world.loop.now();
  bool closed = false;
  connection->ncClose([&] { closed = true; });
  ASSERT_TRUE(world.loop.runUntil([&] { return closed; }, 1s));
  EXPECT_LE(world.loop.now() - before, 250ms);
  world.loop.runFor(1s);
  expectAllArrived();
}

TEST_F(SharedObjectClose, TheDestructorSendsWhatWaits) {
  SharedObject object = withBatchOnItsWay();
  connection.reset();
  world.loop.runFor(1s);
  expectAllArrived();
}

TEST_F(SharedObjectClose, ClosingTheObjectSendsWhatWaits) {
  SharedObject object = withBatchOnItsWay();
  object.close();
  world.loop.runFor(1s);
  expectAllArrived();
  for (const auto& [host, objects] : servers) EXPECT_EQ(objects->users("chat"), 0U) << host;
}

TEST_F(SharedObjectClose, WhatOnlyFlushSendsGoesToo) {
  SharedObjectServers& a = objectsAt("a", Manner::crtmpserver);
  SharedObject object = joined({"a"});
  object.setFps(0);
  object.set("slide", 1);
  world.loop.runFor(1s);
  EXPECT_THAT(a.log, IsEmpty());
  connection->ncClose();
  world.loop.runFor(1s);
  EXPECT_EQ(text(a.value("chat", "slide")), "1");
}

TEST_F(SharedObjectClose, ARemovalBehindASetOnItsWayGoesToo) {
  SharedObjectServers& a = objectsAt("a", Manner::crtmpserver, 100ms);
  SharedObject object = joined({"a"});
  object.set("busy", 1);
  world.loop.runFor(50ms);
  object.remove("busy");
  connection->ncClose();
  world.loop.runFor(2s);
  EXPECT_EQ(text(a.value("chat", "busy")), text(AmfValue()));
}

TEST_F(SharedObjectClose, WhatIsSetAsSoonAsItHasSyncedGoesToo) {
  SharedObjectServers& a = objectsAt("a", Manner::crtmpserver, 20ms);
  make();
  SharedObject object = connection->sharedObjectSetup("chat");
  bool synced = false;
  object.onSync([&](std::span<const Change>) {
    if (std::exchange(synced, true)) return;
    object.set("slide", 7);
    object.send("bye", {"all"});
    connection->ncClose();
  });
  connectTo({"a"});
  world.loop.runFor(3s);
  EXPECT_TRUE(synced);
  EXPECT_THAT(a.log, testing::Contains(testing::HasSubstr("slide=7")));
  EXPECT_THAT(a.log, testing::Contains(testing::HasSubstr("bye")));
}

/// "one" and "two" at "a" (crtmpserver, which drops all objects when one is released) and "b" (Red5).
class SharedObjectCloseOneOfTwo : public SharedObjectClose {
 protected:
  void begin() {
    if (servers.empty()) objectsAt("a", Manner::crtmpserver, 100ms), objectsAt("b", Manner::red5, 100ms);
    make();
    one = setUp("one");
    two = setUp("two");
    connectTo({"a", "b"});
    world.loop.runFor(2s);
    syncs.clear();
    object_statuses.clear();
  }
  /// With a batch of the other on its way, and more behind it.
  void closeOneWhileTwoIsBusy() {
    two.set("x", 1);
    world.loop.runFor(50ms);
    two.set("y", 2);
    two.send("hello", {"all"});
    one.close();
  }
  void expectAtBoth(const std::string& what) {
    for (const auto& [host, objects] : servers)
      EXPECT_THAT(objects->log, testing::Contains(testing::HasSubstr(what))) << host;
  }

  SharedObject one, two;
};

TEST_F(SharedObjectCloseOneOfTwo, WhatWaitsInTheOtherGoesWithItsLastBatch) {
  begin();
  closeOneWhileTwoIsBusy();
  two.set("z", 3);
  two.send("bye", {"all"});
  connection->ncClose();
  world.loop.runFor(3s);
  for (const char* const what : {"y=2", "hello", "z=3", "bye"}) expectAtBoth(what);
  EXPECT_THAT(object_statuses, IsEmpty());
}

TEST_F(SharedObjectCloseOneOfTwo, TheOtherGoesOn) {
  begin();
  closeOneWhileTwoIsBusy();
  two.send("meanwhile", {"all"});
  world.loop.runFor(3s);
  for (const char* const what : {"y=2", "hello", "meanwhile"}) expectAtBoth(what);
  const std::string told = testing::PrintToString(syncs);
  for (const char* const what : {"success x@0", "success x@1", "success y@0", "success y@1"})
    EXPECT_THAT(told, testing::HasSubstr(what)) << "who waits for the answer has it";
  two.set("x", 5);
  world.loop.runFor(1s);
  expectAtBoth("x=5");
  EXPECT_EQ(shownSlot(two, "x"), "5");
  EXPECT_THAT(object_statuses, IsEmpty());
}

TEST_F(SharedObjectCloseOneOfTwo, OneThatAServerRefusedLeavesTheOtherAloneThere) {
  objectsAt("a", Manner::crtmpserver, 100ms);
  objectsAt("b", Manner::red5, 100ms).refuse["one"] = "SharedObject.NoReadAccess";
  begin();
  two.set("x", 1);
  world.loop.runFor(50ms);
  one.close();
  world.loop.runFor(3s);
  two.set("x", 2);
  world.loop.runFor(3s);
  expectAtBoth("x=2");
  for (auto& [host, objects] : servers) EXPECT_EQ(text(objects->value("two", "x")), "2") << host;
}

TEST_F(SharedObjectCloseOneOfTwo, TwoThatAreClosedAtOnceTakeNothingFromTheThird) {
  begin();
  SharedObject three = setUp("three");
  world.loop.runFor(1s);
  for (auto& [host, objects] : servers) objects->set("two", "x", 1);
  world.loop.runFor(1s);
  two.set("x", 2);
  one.close();
  three.close();
  world.loop.runFor(3s);
  expectAtBoth("x=2");
  EXPECT_EQ(shownSlot(two, "x"), "2");
  EXPECT_THAT(testing::PrintToString(syncs), testing::HasSubstr("success x@1"));
}

TEST_F(SharedObjectCloseOneOfTwo, WhatWasFlushedGoesWithoutAnotherFlush) {
  begin();
  two.setFps(0);
  two.set("x", 1);
  two.flush();
  world.loop.runFor(50ms);
  two.set("y", 2);
  two.flush();
  one.close();
  two.set("z", 3);
  two.flush();
  world.loop.runFor(3s);
  for (const char* const what : {"y=2", "z=3"}) expectAtBoth(what);
}

TEST_F(SharedObjectCloseOneOfTwo, WhatOthersSayMeanwhileIsHeard) {
  begin();
  std::vector<ServerId> heard;
  two.on("hello", [&](ServerId server, const std::vector<AmfValue>&) { heard.push_back(server); });
  one.close();
  world.loop.runFor(60ms);  // crtmpserver has forgotten us, Red5 has not
  servers["b"]->send("two", {"hello"});
  world.loop.runFor(3s);
  EXPECT_THAT(heard, testing::ElementsAre(ServerId{1}));
}

}  // namespace
}  // namespace multiconn::test
