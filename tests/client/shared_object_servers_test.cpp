// Which servers have shared objects, what they are like, and what becomes of the others.
#include "client/shared_object_fixture.hpp"

namespace multiconn::test {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;

// The first Use is on a connection of its own, which goes; the next object needs none.
TEST_F(SharedObjectTest, AsksOnASecondConnectionOnce) {
  SharedObjectServers& a = objectsAt("a", Manner::red5);
  setUp();
  connectTo({"a"});
  world.loop.runFor(1s);
  EXPECT_THAT(a.log, ElementsAre("2 chat use", "1 chat use"));
  EXPECT_EQ(world.server("a").openConnections(), 1U);
  EXPECT_TRUE(world.server("a").open(1));
  setUp("other");
  world.loop.runFor(1s);
  EXPECT_THAT(a.log, ElementsAre("2 chat use", "1 chat use", "1 other use"));
}

TEST_F(SharedObjectTest, OneServerWithoutSharedObjectsKeepsItsStream) {
  for (const Manner without : {Manner::silent, Manner::closing}) {
    SCOPED_TRACE(static_cast<int>(without));
    syncs.clear();
    object_statuses.clear();
    statuses.clear();
    stream_statuses.clear();
    outcome.reset();
    connection.reset();
    const std::string suffix = std::to_string(static_cast<int>(without));
    SharedObjectServers& a = objectsAt("a" + suffix, Manner::crtmpserver);
    SharedObjectServers& b = objectsAt("b" + suffix, without);
    SharedObjectServers& c = objectsAt("c" + suffix, Manner::red5);
    SharedObject object = setUp();
    SharedObject second = setUp("second");
    stream.publish("key");
    connectTo({"a" + suffix, "b" + suffix, "c" + suffix});
    world.loop.runFor(5s);
    EXPECT_THAT(states(object), ElementsAre(State::joined, State::unsupported, State::joined));
    EXPECT_THAT(codes(object_statuses), ElementsAre("SharedObject.Unsupported"));
    ASSERT_EQ(object_statuses.size(), 1U);
    EXPECT_EQ(object_statuses[0].level, "warning");
    EXPECT_EQ(object_statuses[0].server, ServerId{1});
    object.set("x", 1);
    second.set("y", 2);
    writeFrames(25);
    world.loop.runFor(2s);
    EXPECT_EQ(text(a.value("chat", "x")), "1");
    EXPECT_EQ(text(c.value("second", "y")), "2");
    EXPECT_THAT(b.log, ElementsAre("2 chat use")) << "nothing on the connection of the stream";
    for (const char* host : {"a", "b", "c"}) {
      EXPECT_GT(world.server(host + suffix).media.size(), 50U);
      EXPECT_TRUE(world.server(host + suffix).open(1));
      EXPECT_EQ(world.server(host + suffix).openConnections(), 1U);
    }
    EXPECT_THAT(codes(statuses), Not(Contains("NetConnection.Connect.Closed")));
    connection->ncClose();
    world.loop.runFor(1s);
  }
}

TEST_F(SharedObjectTest, ASecondConnectionThatFailsMeansNone) {
  SharedObjectServers& a = objectsAt("a", Manner::red5);
  connectTo({"a"});
  world.loop.runFor(1s);
  world.server("a").script.refuses = true;
  SharedObject object = setUp();
  world.loop.runFor(4s);
  EXPECT_THAT(states(object), ElementsAre(State::unsupported));
  EXPECT_THAT(codes(object_statuses), ElementsAre("SharedObject.Unsupported"));
  EXPECT_THAT(a.log, IsEmpty());
}

TEST_F(SharedObjectTest, RefusedIsNotUnsupported) {
  SharedObjectServers& a = objectsAt("a", Manner::red5);
  a.refuse["chat"] = "SharedObject.NoReadAccess";
  SharedObject object = setUp();
  connectTo({"a"});
  world.loop.runFor(1s);
  EXPECT_THAT(states(object), ElementsAre(State::refused));
  EXPECT_THAT(codes(object_statuses), ElementsAre("SharedObject.NoReadAccess"));
  SharedObject other = setUp("other");
  world.loop.runFor(1s);
  EXPECT_THAT(states(other), ElementsAre(State::joined));
}

TEST_F(SharedObjectTest, Red5KnowsThePersistenceAlready) {
  SharedObjectServers& a = objectsAt("a", Manner::red5);
  SharedObjectServers& b = objectsAt("b", Manner::crtmpserver);
  a.set("chat", "x", 1);
  b.set("chat", "x", 1);
  SharedObject object = setUp("chat", true);
  connectTo({"a", "b"});
  world.loop.runFor(1s);
  EXPECT_THAT(states(object), ElementsAre(State::refused, State::joined));
  EXPECT_THAT(codes(object_statuses), ElementsAre("SharedObject.BadPersistence"));
}

// crtmpserver keeps null as a value; Red5 removes.
TEST_F(SharedObjectTest, NullMeansRemoveWhicheverServerSaysIt) {
  SharedObjectServers& a = objectsAt("a", Manner::crtmpserver);
  SharedObjectServers& b = objectsAt("b", Manner::red5);
  SharedObject object = joined({"a", "b"});
  object.set("x", 1);
  object.set("y", 1);
  world.loop.runFor(1s);
  syncs.clear();
  a.set("chat", "x", nullptr);
  b.set("chat", "y", nullptr);
  world.loop.runFor(1s);
  EXPECT_THAT(syncs, ElementsAre("delete x@0", "delete y@1"));
  EXPECT_TRUE(object.data().empty());
}

TEST_F(SharedObjectTest, ReleasingOneOfTwoKeepsTheOther) {
  for (const Manner manner : {Manner::crtmpserver, Manner::red5}) {
    SCOPED_TRACE(static_cast<int>(manner));
    const std::string host = "a" + std::to_string(static_cast<int>(manner));
    connection.reset();
    outcome.reset();
    SharedObjectServers& a = objectsAt(host, manner);
    SharedObject chat = setUp("chat");
    SharedObject other = setUp("other");
    connectTo({host});
    world.loop.runFor(1s);
    chat.set("x", 1);
    other.set("y", 1);
    world.loop.runFor(1s);
    other.close();
    world.loop.runFor(1s);
    EXPECT_EQ(a.users("other"), 0U);
    EXPECT_EQ(a.users("chat"), 1U);
    EXPECT_EQ(text(a.value("chat", "x")), "1") << "gone with its last user, and written again";
    chat.set("x", 2);
    a.set("chat", "z", 3);
    world.loop.runFor(1s);
    EXPECT_EQ(text(a.value("chat", "x")), "2");
    EXPECT_EQ(shownSlot(chat, "z"), "3");
  }
}

// The server forgets its objects and asks for a new connection: everything is written again.
TEST_F(SharedObjectTest, ANewConnectionToAServerThatHasForgotten) {
  SharedObjectServers& a = objectsAt("a", Manner::crtmpserver);
  SharedObjectServers& b = objectsAt("b", Manner::red5);
  SharedObject object = joined({"a", "b"});
  object.relay(true);
  object.set("x", 1);
  b.set("chat", "y", 2);
  world.loop.runFor(1s);
  EXPECT_EQ(text(a.value("chat", "y")), "2");
  a.forget();
  world.server("a").requestReconnect({}, 1);
  world.loop.runFor(2s);
  EXPECT_EQ(text(a.value("chat", "x")), "1");
  EXPECT_EQ(text(a.value("chat", "y")), "2");
  EXPECT_EQ(shownSlot(object, "x") + shownSlot(object, "y"), "12");
  EXPECT_THAT(states(object), ElementsAre(State::joined, State::joined));
  EXPECT_THAT(object_statuses, IsEmpty());
}

TEST_F(SharedObjectTest, AServerThatIsLostIsWaitedForAndTheOthersGoOn) {
  SharedObjectServers& a = objectsAt("a", Manner::crtmpserver);
  SharedObjectServers& b = objectsAt("b", Manner::red5);
  SharedObject object = joined({"a", "b"});
  object.set("x", 1);
  world.loop.runFor(1s);
  world.server("a").reset(1);
  world.loop.runFor(1s);
  EXPECT_THAT(states(object), ElementsAre(State::waiting, State::joined));
  EXPECT_EQ(shownSlot(object, "x"), "1");
  object.set("x", 2);
  world.loop.runFor(1s);
  EXPECT_EQ(text(a.value("chat", "x")), "1");
  EXPECT_EQ(text(b.value("chat", "x")), "2");
}

// What the server says after it has been closed, and objects that nobody set up.
TEST_F(SharedObjectTest, UnknownObjectsAreIgnored) {
  SharedObjectServers& a = objectsAt("a", Manner::red5);
  SharedObject object = joined({"a"});
  world.server("a").sendSharedObject(
      rtmp::test::message("other", 1, {rtmp::test::useSuccess(), rtmp::test::changed("x", 1)}));
  object.close();
  a.set("chat", "x", 1);
  world.loop.runFor(1s);
  EXPECT_THAT(syncs, IsEmpty());
}

// A connection that takes nothing holds what comes later together, instead of filling up.
TEST_F(SharedObjectTest, AFullConnectionIsWaitedFor) {
  SharedObjectServers& a = objectsAt("a", Manner::red5);
  SharedObject object = joined({"a"});
  world.server("a").script.kernel_bytes = 1000;
  world.server("a").stopReading();
  for (int i = 0; i < 300; ++i) {
    object.set("x" + std::to_string(i % 5), std::string(200'000, static_cast<char>('a' + i % 26)));
    world.loop.runFor(100ms);
  }
  EXPECT_EQ(countOf("NetConnection.Connect.Closed"), 0U);
  world.server("a").resumeReading();
  world.loop.runFor(60s);
  EXPECT_EQ(countOf("NetConnection.Connect.Closed"), 0U);
  EXPECT_EQ(a.value("chat", "x4"), AmfValue(std::string(200'000, static_cast<char>('a' + 299 % 26))));
}

TEST_F(SharedObjectTest, ClosingWhileAskingLeavesNothing) {
  objectsAt("a", Manner::silent);
  setUp();
  connectTo({"a"});
  world.loop.runFor(500ms);
  EXPECT_EQ(live_links, 2);
  connection->ncClose();
  world.loop.runFor(1s);
  connection.reset();
  world.loop.runFor(1s);
  EXPECT_EQ(live_links, 0);
}
}  // namespace
}  // namespace multiconn::test
