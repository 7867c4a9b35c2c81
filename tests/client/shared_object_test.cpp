#include "client/shared_object_fixture.hpp"

namespace multiconn::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST_F(SharedObjectTest, LivesOnEveryServer) {
  SharedObjectServers& a = objectsAt("a", Manner::crtmpserver);
  SharedObjectServers& b = objectsAt("b", Manner::red5);
  SharedObject object = setUp();
  connectTo({"a", "b"});
  world.loop.runFor(1s);
  EXPECT_THAT(syncs, ElementsAre("", ""));
  EXPECT_THAT(states(object), ElementsAre(State::joined, State::joined));
  syncs.clear();
  object.set("x", "hello");
  EXPECT_EQ(shownSlot(object, "x"), "hello") << "at once";
  world.loop.runFor(1s);
  EXPECT_EQ(text(a.value("chat", "x")), "hello");
  EXPECT_EQ(text(b.value("chat", "x")), "hello");
  EXPECT_THAT(syncs, testing::UnorderedElementsAre("success x@0", "success x@1"));
  object.remove("x");
  EXPECT_FALSE(object.get("x"));
  world.loop.runFor(1s);
  EXPECT_EQ(a.value("chat", "x"), AmfValue());
  EXPECT_EQ(b.value("chat", "x"), AmfValue());
  EXPECT_FALSE(object.get("x"));
  EXPECT_THAT(object_statuses, IsEmpty());
}

TEST_F(SharedObjectTest, ObjectsThatAreSetUpAfterConnectingAreJoinedToo) {
  objectsAt("a", Manner::crtmpserver);
  connectTo({"a"});
  world.loop.runFor(1s);
  SharedObject object = setUp();
  EXPECT_THAT(object.servers(), IsEmpty());
  world.loop.runFor(1s);
  EXPECT_THAT(states(object), ElementsAre(State::joined));
}

TEST_F(SharedObjectTest, WhoListensLateIsToldWhatThereIs) {
  SharedObjectServers& a = objectsAt("a", Manner::crtmpserver);
  connectTo({"a"});
  SharedObject object = connection->sharedObjectSetup("chat");
  world.loop.runFor(1s);
  a.set("chat", "x", 1);
  world.loop.runFor(1s);
  ASSERT_THAT(states(object), ElementsAre(State::joined));
  std::vector<std::string> told;
  object.onSync([&](std::span<const Change> changes) {
    for (const Change& each : changes) told.push_back(name(each.code) + std::string(" ") + each.slot);
  });
  world.loop.runFor(1s);
  EXPECT_THAT(told, ElementsAre("change x"));
}

TEST_F(SharedObjectTest, ASyncHandlerThatIsGivenLateIsToldWhatThereIs) {
  SharedObjectServers& a = objectsAt("a", Manner::crtmpserver);
  connectTo({"a"});
  SharedObject object = setUp();
  world.loop.runFor(1s);
  a.set("chat", "x", 1);
  world.loop.runFor(1s);
  Lines told;
  const auto handler = [&](const Call& call) {
    EXPECT_EQ(call.server, ServerId{});
    for (const AmfValue& entry : *call.arguments.at(0).array())
      told.push_back(std::string(entry.object()->stringOr("code", "?")) + " " +
                     std::string(entry.object()->stringOr("name", "?")));
    return AmfValue();
  };
  connection->on("chat_sync", handler);
  EXPECT_THAT(told, IsEmpty()) << "never from inside the call";
  world.loop.runFor(1s);
  EXPECT_THAT(told, ElementsAre("change x")) << "although onSync() was told";
  connection->on("chat_sync", handler);
  world.loop.runFor(1s);
  EXPECT_EQ(told.size(), 1U) << "once";
}

TEST_F(SharedObjectTest, StatusesThatNobodyHasHeardAreToldToTheObjectsListener) {
  objectsAt("a", Manner::silent);
  connection.emplace(runtime);
  SharedObject object = connection->sharedObjectSetup("chat");
  connectTo({"a"});
  world.loop.runFor(5s);
  object.onStatus([this](const Status& status) { object_statuses.push_back(status); });
  world.loop.runFor(1s);
  EXPECT_THAT(codes(object_statuses), ElementsAre("SharedObject.Unsupported"));
  connection->onStatus([this](const Status& status) { statuses.push_back(status); });
  world.loop.runFor(1s);
  EXPECT_THAT(codes(statuses), ElementsAre("NetConnection.Connect.Success", "NetConnection.Setup.Success"));
}

TEST_F(SharedObjectTest, AViewersChangeIsRelayedWithinATickAndARoundTrip) {
  SharedObjectServers& a = objectsAt("a", Manner::crtmpserver, 60ms);
  SharedObjectServers& b = objectsAt("b", Manner::red5, 60ms);
  SharedObject object = joined({"a", "b"});
  object.relay(true);
  world.loop.settle();
  const net::TimePoint set_at = world.loop.now();
  a.set("chat", "x", 1);
  world.loop.runFor(1s);
  ASSERT_EQ(b.arrivals.size(), 1U);
  EXPECT_LE(b.arrivals.front() - set_at, 40ms + 60ms);
  EXPECT_EQ(text(b.value("chat", "x")), "1");
  EXPECT_THAT(syncs, ElementsAre("change x@0"));
  b.remove("chat", "x");
  world.loop.runFor(1s);
  EXPECT_EQ(a.value("chat", "x"), AmfValue());
}

TEST_F(SharedObjectTest, WithoutRelayItIsNot) {
  SharedObjectServers& a = objectsAt("a", Manner::crtmpserver);
  SharedObjectServers& b = objectsAt("b", Manner::red5);
  SharedObject object = joined({"a", "b"});
  a.set("chat", "x", 1);
  world.loop.runFor(1s);
  EXPECT_EQ(shownSlot(object, "x"), "1");
  EXPECT_THAT(b.log, IsEmpty());
}

TEST_F(SharedObjectTest, AfterCloseItCanBeSetUpAnew) {
  objectsAt("a", Manner::red5);
  SharedObject first = joined({"a"});
  first.close();
  SharedObject second = setUp();
  world.loop.runFor(1s);
  second.set("x", 1);
  first.set("x", 2);
  world.loop.runFor(1s);
  EXPECT_EQ(shownSlot(second, "x"), "1");
  EXPECT_EQ(countOf("SharedObject.Closed"), 1U);
  EXPECT_THAT(states(second), ElementsAre(State::joined));
  EXPECT_THAT(first.servers(), IsEmpty());
}

TEST_F(SharedObjectTest, SendReachesThoseWhoListen) {
  SharedObjectServers& a = objectsAt("a", Manner::crtmpserver);
  objectsAt("b", Manner::red5);
  SharedObject object = joined({"a", "b"});
  Lines heard, others;
  object.on("doIt", [&heard](ServerId server, const std::vector<AmfValue>& arguments) {
    heard.push_back(std::to_string(static_cast<std::uint32_t>(server)) + " " + text(arguments.at(0)));
  });
  object.on("", [&others](ServerId, const std::vector<AmfValue>& arguments) {
    others.push_back(std::to_string(arguments.size()));
  });
  object.send("doIt", {"a1"});
  world.loop.runFor(1s);
  EXPECT_THAT(heard, testing::UnorderedElementsAre("0 a1", "1 a1")) << "from each server once";
  a.send("chat", {"else", 1, 2});
  world.loop.runFor(1s);
  EXPECT_THAT(others, ElementsAre("2"));
}

TEST_F(SharedObjectTest, SendWithNobodyThereIsReported) {
  SharedObject object = setUp();
  object.send("hello");
  world.loop.runFor(1s);
  EXPECT_THAT(codes(object_statuses), ElementsAre("SharedObject.SendFailed"));
}

TEST_F(SharedObjectTest, OneBatchATickAndFlush) {
  SharedObjectServers& a = objectsAt("a", Manner::red5);
  SharedObject object = joined({"a"});
  for (int i = 0; i < 100; ++i) object.set("x", i);
  world.loop.runFor(100ms);
  EXPECT_THAT(a.log, ElementsAre("1 chat x=99"));
  object.setFps(0);
  object.set("x", 1);
  world.loop.runFor(5s);
  EXPECT_EQ(a.log.size(), 1U);
  object.flush();
  world.loop.settle();
  EXPECT_THAT(a.log, ElementsAre("1 chat x=99", "1 chat x=1"));
  object.setFps(-1);
  object.set("x", 2);
  world.loop.runFor(40ms);
  EXPECT_EQ(a.log.size(), 3U);
}

TEST_F(SharedObjectTest, TheArticlesPaths) {
  objectsAt("a", Manner::red5);
  make();
  connection->sharedObjectSetup("info_so", true);
  Lines lists;
  connection->on("info_so_sync", [&lists](const Call& call) {
    const AmfArray* list = call.arguments.at(0).array();
    std::string line = std::to_string(static_cast<std::uint32_t>(call.server));
    for (const AmfValue& entry : *list)
      line += " " + std::string(entry.object()->stringOr("code", "?")) + ":" +
              std::string(entry.object()->stringOr("name", "?"));
    lists.push_back(line);
    return AmfValue();
  });
  connectTo({"a"});
  world.loop.runFor(1s);
  EXPECT_THAT(lists, ElementsAre("0"));
  connection->setSoValue("info_so.data.userName", "Foo");
  connection->setSoValue("info_so.data.a.b", 2);
  EXPECT_EQ(text(rtmp::SlotValue(connection->getSoValue("info_so.data.userName"))), "Foo");
  EXPECT_EQ(text(rtmp::SlotValue(connection->getSoValue("info_so.data.a.b"))), "2");
  EXPECT_FALSE(connection->getSoValue("info_so.data.none"));
  world.loop.runFor(1s);
  EXPECT_THAT(lists, ElementsAre("0", "0 success:userName", "0 success:a.b"));
  EXPECT_EQ(countOf("SharedObject.BadPath"), 0U);
  connection->setSoValue("info_so.userName", "Foo");
  connection->setSoValue("other.data.x", "Foo");
  EXPECT_FALSE(connection->getSoValue("data"));
  world.loop.runFor(1s);
  EXPECT_EQ(countOf("SharedObject.BadPath"), 3U);
}

TEST_F(SharedObjectTest, BadInput) {
  make();
  for (const char* name : {"", "a b", "publish", "a?b", "a\nb"}) {
    SharedObject object = connection->sharedObjectSetup(name);
    object.set("x", 1);
    object.send("x");
    object.close();
    EXPECT_FALSE(object.get("x"));
  }
  world.loop.runFor(1s);
  EXPECT_EQ(countOf("SharedObject.BadName"), 5U);
  SharedObject object = setUp("chat");
  SharedObject wrong = connection->sharedObjectSetup("chat", true);
  wrong.set("x", 1);
  EXPECT_FALSE(object.get("x"));
  world.loop.runFor(1s);
  EXPECT_EQ(countOf("SharedObject.BadPersistence"), 1U);

  AmfValue deep = 1;
  for (int i = 0; i < 32; ++i) deep = AmfArray{deep};
  object.set("deep", deep);
  object.set("big", std::string(1'000'001, 'x'));
  object.set("bytes", AmfValue::ByteArray{{std::byte(1)}});
  object.set("itself", AmfValue::Reference{0});
  object.set("", 1);
  object.set(std::string(1025, 'x'), 1);
  object.send("", {});
  object.send("x", {deep});
  EXPECT_TRUE(object.data().empty());
  world.loop.runFor(1s);
  EXPECT_THAT(codes(object_statuses),
              ElementsAre("SharedObject.BadValue", "SharedObject.BadValue", "SharedObject.BadValue",
                          "SharedObject.BadValue", "SharedObject.BadValue", "SharedObject.BadValue",
                          "SharedObject.BadValue", "SharedObject.BadValue"));
  SharedObject none;
  none.set("x", 1);
  none.clear();
  none.close();
  EXPECT_TRUE(none.data().empty());
}

TEST_F(SharedObjectTest, TheSameNameIsTheSameObject) {
  SharedObject first = setUp();
  SharedObject second = connection->sharedObjectSetup("chat");
  first.set("x", 1);
  EXPECT_EQ(shownSlot(second, "x"), "1");
  second.clear();
  EXPECT_FALSE(first.get("x"));
  world.loop.runFor(1s);
  EXPECT_FALSE(first.get("x"));
}

TEST_F(SharedObjectTest, DeniedWritesAreTakenBack) {
  SharedObjectServers& a = objectsAt("a", Manner::red5);
  SharedObject object = joined({"a"});
  a.denies_writes = true;
  object.set("x", 1);
  world.loop.runFor(1s);
  EXPECT_THAT(codes(object_statuses), ElementsAre("SharedObject.NoWriteAccess"));
  EXPECT_THAT(syncs, ElementsAre("reject x@0"));
  EXPECT_FALSE(object.get("x"));
}

TEST_F(SharedObjectTest, WhatWasSetBeforeConnectingIsThere) {
  SharedObjectServers& a = objectsAt("a", Manner::crtmpserver);
  SharedObjectServers& b = objectsAt("b", Manner::red5);
  b.set("chat", "old", 1);
  SharedObject object = setUp();
  object.set("x", 1);
  object.remove("old");
  connectTo({"a", "b"});
  world.loop.runFor(1s);
  EXPECT_EQ(text(a.value("chat", "x")), "1");
  EXPECT_EQ(text(b.value("chat", "x")), "1");
  EXPECT_EQ(b.value("chat", "old"), AmfValue());
}

TEST_F(SharedObjectTest, HandlesOutliveTheConnection) {
  objectsAt("a", Manner::red5);
  SharedObject object = joined({"a"});
  object.set("x", 1);
  connection.reset();
  world.loop.runFor(1s);
  object.set("x", 2);
  object.flush();
  object.send("hello");
  object.close();
  world.loop.runFor(1s);
  EXPECT_EQ(live_links, 0);
}
}  // namespace
}  // namespace multiconn::test
