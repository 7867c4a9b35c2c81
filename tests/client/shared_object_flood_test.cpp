// Servers that say more of a shared object than anybody can follow, and applications that fail on it.
#include <stdexcept>

#include "client/shared_object_fixture.hpp"

namespace multiconn::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class SharedObjectFlood : public SharedObjectTest {
 protected:
  /// Follows the object by what onSync says alone.
  void follow(SharedObject& object) {
    object.onSync([this, object](std::span<const Change> changes) {
      ++calls;
      for (const Change& change : changes) {
        if (change.code == Change::Code::clear) followed.clear();
        if (change.code == Change::Code::change)
          followed[change.slot] = text(rtmp::SlotValue(object.get(change.slot)));
        if (change.code == Change::Code::deleted) followed.erase(change.slot);
      }
    });
    world.loop.settle();
  }
  static std::map<std::string, std::string> contents(const SharedObject& object) {
    std::map<std::string, std::string> slots;
    const AmfObject data = object.data();
    for (const AmfProperty& property : data.properties()) slots[property.name] = text(property.value);
    return slots;
  }
  std::map<std::string, std::string> followed;
  int calls = 0;
};

TEST_F(SharedObjectFlood, ChangesAreToldTogetherAndNoneIsMissed) {
  SharedObjectServers& a = objectsAt("a", Manner::red5);
  SharedObject object = joined({"a"});
  follow(object);
  for (int i = 0; i < 20'000; ++i) {
    const std::string slot = "s" + std::to_string(i % 300);
    i % 7 == 0 ? a.remove("chat", slot) : a.set("chat", slot, i);
    if (i == 15'000) a.clear("chat");
  }
  world.loop.runFor(100ms);
  EXPECT_LE(calls, 2100);
  EXPECT_GE(calls, 2000);
  EXPECT_EQ(contents(object).size(), a.value("chat", "s1") == AmfValue() ? 0U : followed.size());
  EXPECT_EQ(followed, contents(object));
  EXPECT_EQ(followed["s1"], text(a.value("chat", "s1")));
}

TEST_F(SharedObjectFlood, ThousandsOfChangesASecondAreToldOneByOne) {
  SharedObjectServers& a = objectsAt("a", Manner::red5);
  SharedObject object = joined({"a"});
  follow(object);
  for (int i = 0; i < 4500; ++i) {
    a.set("chat", "s" + std::to_string(i % 20), i);
    if (i % 9 == 0) world.loop.runFor(5ms);
  }
  world.loop.settle();
  EXPECT_EQ(calls, 4500) << "1800 a second";
}

TEST_F(SharedObjectFlood, OneServersFloodIsNotTheOthers) {
  SharedObjectServers& a = objectsAt("a", Manner::red5);
  SharedObjectServers& b = objectsAt("b", Manner::red5);
  SharedObject object = joined({"a", "b"});
  int of_b = 0;
  object.onSync([&](std::span<const Change> changes) {
    for (const Change& change : changes) of_b += change.server == ServerId{1} ? 1 : 0;
  });
  world.loop.settle();
  for (int i = 0; i < 10'000; ++i) a.set("chat", "x", i);
  b.set("chat", "y", 1);
  world.loop.settle();
  EXPECT_EQ(of_b, 1);
}

TEST_F(SharedObjectFlood, SendsAreLeftOutBeyondFiveThousandASecond) {
  SharedObjectServers& a = objectsAt("a", Manner::red5);
  SharedObject object = joined({"a"});
  int heard = 0;
  object.on("hello", [&](ServerId, const std::vector<AmfValue>&) { ++heard; });
  world.loop.settle();
  for (int i = 0; i < 7000; ++i) a.send("chat", {"hello", i});
  for (int i = 0; i < 7000; ++i) a.send("chat", {"nobody listens", i});
  world.loop.runFor(900ms);
  EXPECT_EQ(heard, 5000);
  world.loop.runFor(5s);
  ASSERT_THAT(codes(object_statuses), ElementsAre("SharedObject.Send.Suppressed"));
  EXPECT_EQ(object_statuses[0].level, "warning");
  EXPECT_THAT(object_statuses[0].description, HasSubstr("2000 were left out"));
  EXPECT_EQ(object_statuses[0].server, ServerId{0});
  a.send("chat", {"hello"});
  world.loop.settle();
  EXPECT_EQ(heard, 5001);
}

TEST_F(SharedObjectFlood, OfTwoObjectsNothingThatWasLeftOutIsForgotten) {
  SharedObjectServers& a = objectsAt("a", Manner::red5);
  SharedObject object = joined({"a"});
  SharedObject other = setUp("other");
  world.loop.runFor(2s);
  for (SharedObject* each : {&object, &other})
    each->on("hello", [](ServerId, const std::vector<AmfValue>&) {});
  world.loop.settle();
  for (int i = 0; i < 6000; ++i) a.send("chat", {"hello", i});
  world.loop.runFor(950ms);
  for (int i = 0; i < 1000; ++i) a.send("other", {"hello", i});
  world.loop.runFor(100ms);
  for (int i = 0; i < 5200; ++i) a.send("other", {"hello", i});
  world.loop.runFor(5s);
  std::size_t left_out = 0;
  for (const Status& status : object_statuses) {
    const std::string& text = status.description;
    left_out += std::stoul(text.substr(text.find("second; ") + 8));
  }
  EXPECT_EQ(left_out, 2200U);
  EXPECT_EQ(object_statuses.size(), 2U);
}

TEST_F(SharedObjectFlood, ASlotWithATooLongNameIsTooLarge) {
  SharedObjectServers& a = objectsAt("a", Manner::red5);
  objectsAt("b", Manner::red5);
  SharedObject object = joined({"a", "b"});
  a.set("chat", std::string(2000, 'x'), 1);
  world.loop.settle();
  EXPECT_THAT(codes(object_statuses), ElementsAre("SharedObject.TooLarge"));
  EXPECT_THAT(states(object), ElementsAre(State::refused, State::joined));
  EXPECT_TRUE(object.data().empty());
}

TEST_F(SharedObjectFlood, CallbacksThatThrowAreCaught) {
  SharedObjectServers& a = objectsAt("a", Manner::red5);
  SharedObject object = joined({"a"});
  int called = 0;
  const auto fail = [&called] {
    ++called;
    throw std::runtime_error("canary");
  };
  object.onSync([&](std::span<const Change>) { fail(); });
  object.on("hello", [&](ServerId, const std::vector<AmfValue>&) { fail(); });
  object.onStatus([&](const Status&) { fail(); });
  connection->on("chat_sync", [&](const Call&) {
    fail();
    return AmfValue();
  });
  world.loop.settle();
  EXPECT_EQ(std::exchange(called, 0), 1) << "the handler is late";
  a.set("chat", "x", 1);
  a.send("chat", {"hello"});
  world.loop.settle();
  EXPECT_EQ(called, 3);
  object.set("", 1);
  world.loop.settle();
  EXPECT_EQ(called, 4);
  EXPECT_EQ(countOf("NetConnection.Callback.Failed"), 1U);
  EXPECT_EQ(shownSlot(object, "x"), "1");
  for (const Status& status : statuses) EXPECT_THAT(status.description, testing::Not(HasSubstr("canary")));
}

}  // namespace
}  // namespace multiconn::test
