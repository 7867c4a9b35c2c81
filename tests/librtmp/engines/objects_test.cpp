// Shared objects of two viewers, over each engine.
#include "librtmp/engines/engine_fixture.hpp"

namespace multiconn::test {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::Not;

class EngineObjects : public EngineTest {
 protected:
  void SetUp() override { serve({.set_up = echo}); }
  static void echo(TestApplication& application) {
    application.method("echo", [](const Client&, const Application::Arguments& arguments) {
      return arguments.empty() ? AmfValue() : arguments[0];
    });
  }
  /// Both are in the object.
  static void bothIn(const Held& one, const Held& other) {
    ASSERT_TRUE(one.waitJoined() && other.waitJoined());
  }
};

TEST_P(EngineObjects, WhatOneSetsTheOtherGets) {
  Viewer alice, bob;
  join(alice);
  join(bob);
  Held hers(alice), his(bob);
  bothIn(hers, his);
  const AmfValue profile(AmfObject{{"name", "Alice"}, {"age", 7}, {"tags", AmfArray{1, nullptr, "x"}}});
  hers.object.set("profile", profile);
  EXPECT_EQ(hers.object.get("profile"), profile) << "at once";
  EXPECT_TRUE(his.waitValue("profile", profile));
  EXPECT_TRUE(hers.waitNote("success profile"));
  EXPECT_TRUE(his.waitNote("change profile"));
  his.object.set("profile", "Bob's");
  EXPECT_TRUE(hers.waitValue("profile", AmfValue("Bob's")));
}

TEST_P(EngineObjects, ByTheArticlesPath) {
  Viewer alice, bob;
  join(alice);
  join(bob);
  Gathered<AmfValue> synced;
  bob.connection.on("info_so_sync", [&](const Call& call) {
    for (const AmfValue& list : call.arguments) synced.add(list);
    return AmfValue();
  });
  alice.connection.sharedObjectSetup("info_so");
  bob.connection.sharedObjectSetup("info_so");
  ASSERT_TRUE(synced.waitForCount(1));
  alice.connection.setSoValue("info_so.data.userName", "Alice");
  EXPECT_TRUE(synced.waitFor([&](const std::vector<AmfValue>&) {
    return bob.connection.getSoValue("info_so.data.userName") == AmfValue("Alice");
  }));
}

TEST_P(EngineObjects, RemoveAndClear) {
  Viewer alice, bob;
  join(alice);
  join(bob);
  Held hers(alice), his(bob);
  bothIn(hers, his);
  for (const char* slot : {"a", "b", "c"}) hers.object.set(slot, slot);
  ASSERT_TRUE(his.waitValue("c", AmfValue("c")));
  his.object.remove("a");
  EXPECT_TRUE(hers.waitValue("a", {}));
  EXPECT_TRUE(hers.waitNote("delete a"));
  hers.object.clear();
  EXPECT_TRUE(his.waitValue("b", {}));
  EXPECT_TRUE(his.waitValue("c", {}));
  EXPECT_TRUE(his.object.data().empty());
}

// Both may come in one message, of which onSync tells at its end: what counts is what a handler gets to see.
TEST_P(EngineObjects, SendReachesBothBehindWhatWasSetBefore) {
  Viewer alice, bob;
  join(alice);
  join(bob);
  Held hers(alice), his(bob);
  bothIn(hers, his);
  Gathered<std::optional<AmfValue>> seen;
  his.object.on("look", [&](ServerId, const std::vector<AmfValue>&) { seen.add(his.object.get("x")); });
  hers.object.set("x", 1);
  hers.object.send("look");
  hers.object.send("say", {"hello"});
  EXPECT_TRUE(hers.waitNote("said hello"));
  EXPECT_TRUE(his.waitNote("said hello"));
  EXPECT_THAT(seen.all(), ElementsAre(AmfValue(1)));
  EXPECT_TRUE(his.waitNote("change x"));
}

TEST_P(EngineObjects, WhoHasLeftHearsNothingAndMayComeBack) {
  Viewer alice, bob;
  join(alice);
  join(bob);
  Held hers(alice), his(bob);
  bothIn(hers, his);
  hers.object.close();
  ASSERT_TRUE(alice.call("echo")) << "the server has seen her leave";
  his.object.set("x", 1);
  ASSERT_TRUE(his.waitNote("success x"));
  ASSERT_TRUE(alice.call("echo"));
  EXPECT_THAT(hers.notes(), Not(Contains("change x")));
  Held again(alice);
  EXPECT_TRUE(again.waitValue("x", AmfValue(1)));
}

TEST_P(EngineObjects, ARefusedWriteIsToldAndTakenBack) {
  serve({.may_write = [](const Client&, const std::string&, const std::string& slot) {
    return slot != "locked";
  }});
  Viewer alice;
  join(alice);
  Held hers(alice);
  hers.object.set("locked", 1);
  EXPECT_TRUE(hers.waitNote("SharedObject.NoWriteAccess"));
  EXPECT_TRUE(hers.waitValue("locked", {}));
  hers.object.set("open", 2);
  EXPECT_TRUE(hers.waitNote("success open"));
}

TEST_P(EngineObjects, ValuesOfManyChunks) {
  Viewer alice, bob;
  join(alice);
  join(bob);
  Held hers(alice), his(bob);
  bothIn(hers, his);
  AmfArray numbers;
  for (int i = 0; i < 20'000; ++i) numbers.emplace_back(i * 0.5);
  hers.object.set("numbers", numbers);
  EXPECT_TRUE(his.waitValue("numbers", AmfValue(numbers)));
  his.object.set("text", longText(250'000));
  EXPECT_TRUE(hers.waitValue("text", AmfValue(longText(250'000))));
  hers.object.send("say", {longText(200'000)});
  EXPECT_TRUE(his.waitNote("said " + longText(200'000)));
}

TEST_P(EngineObjects, WhatOnlyAmf3Holds) {
  ConnectOptions options;
  options.amf3 = true;
  Viewer alice(options), bob(options);
  join(alice);
  join(bob);
  Held hers(alice), his(bob);
  bothIn(hers, his);
  const AmfValue bytes(AmfValue::ByteArray{std::vector<std::byte>(70'000, std::byte{0xC3})});
  const AmfValue integers(AmfValue::Vector{AmfValue::Vector::Kind::integers, true, "", {1, -2, 3}});
  hers.object.set("bytes", bytes);
  hers.object.set("integers", integers);
  EXPECT_TRUE(his.waitValue("bytes", bytes));
  EXPECT_TRUE(his.waitValue("integers", integers));
  his.object.send("say", {"in AMF3"});
  EXPECT_TRUE(hers.waitNote("said in AMF3"));
}

// Both write at once, each flush is a message of its own unless the one before is unanswered, and some of the
// messages have several chunks. The order of writes is kept from the first answer on: what is set before
// writing begins is sent in the order of the names, and "hers_end" would say nothing of "hers_long".
TEST_P(EngineObjects, ManyWritesOfBothAtOnceEndEqual) {
  Viewer alice, bob;
  join(alice);
  join(bob);
  Held hers(alice), his(bob);
  bothIn(hers, his);
  hers.object.set("hers0", -1);
  his.object.set("his0", -1);
  ASSERT_TRUE(hers.waitNote("success hers0") && his.waitNote("success his0"));
  for (int i = 0; i < 200; ++i) {
    for (auto* held : {&hers, &his}) {
      const std::string mine = held == &hers ? "hers" : "his";
      held->object.set(mine + std::to_string(i % 20), i);
      held->object.set("shared", mine + std::to_string(i));
      if (i % 10 == 0) held->object.set(mine + "_long", longText(70'000 + 100 * static_cast<std::size_t>(i)));
      held->object.flush();
    }
  }
  for (auto* held : {&hers, &his}) held->object.set(held == &hers ? "hers_end" : "his_end", true);
  ASSERT_TRUE(his.waitValue("hers_end", AmfValue(true)));
  ASSERT_TRUE(hers.waitValue("his_end", AmfValue(true)));
  ASSERT_TRUE(hers.waitNote("success hers_end") && his.waitNote("success his_end"));
  const AmfObject data = hers.object.data();
  EXPECT_EQ(data.size(), 45U);
  for (const AmfProperty& slot : data.properties())
    EXPECT_EQ(his.object.get(slot.name), slot.value) << slot.name;
  EXPECT_EQ(his.object.get("his_long"), AmfValue(longText(89'000)));
}

INSTANTIATE_TEST_SUITE_P(Engines, EngineObjects, bothEngines(), engineName);

}  // namespace
}  // namespace multiconn::test
