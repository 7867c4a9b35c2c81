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

TEST_F(SharedObjectClose, WhatWaitsInOthersGoesBeforeOneIsClosed) {
  SharedObjectServers& a = objectsAt("a", Manner::crtmpserver, 100ms);
  connectTo({"a"});
  SharedObject one = connection->sharedObjectSetup("one"), two = connection->sharedObjectSetup("two");
  world.loop.runFor(2s);
  two.set("x", 1);
  world.loop.runFor(50ms);
  two.set("y", 2);
  two.send("hello", {"all"});
  one.close();
  connection->ncClose();
  world.loop.runFor(3s);
  EXPECT_THAT(a.log, testing::Contains(testing::HasSubstr("y=2")));
  EXPECT_THAT(a.log, testing::Contains(testing::HasSubstr("hello")));
}

}  // namespace
}  // namespace multiconn::test
