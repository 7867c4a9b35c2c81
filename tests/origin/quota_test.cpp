// How much clients can make a server hold, and what slow ones cost the others.
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "origin/object_events.hpp"
#include "origin/origin_fixture.hpp"
#include "origin/shared_object_file.hpp"

namespace multiconn::test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

class Quotas : public testing::Test {
 protected:
  static OriginOptions options() {
    auto options = testOptions();
    options.quotas.client_objects = 3;
    options.quotas.application_objects = 4;
    options.quotas.object_slots = 5;
    options.quotas.object_bytes = 4000;
    options.quotas.value_bytes = 1000;
    options.quotas.all_object_bytes = 6000;
    options.quotas.instances = 2;
    return options;
  }
  static ObjectEvents exchange(RtmpTestClient& client, const std::string& name, ObjectEvents events) {
    if (!client.sendObject(name, std::move(events))) return {};
    const auto answer = client.nextObject();
    return answer ? answer->events : ObjectEvents();
  }
  std::int64_t bytes() const {
    std::int64_t bytes = 0;
    const auto status = statusOf(server);
    for (const auto& object : status.at("applications").at(0).at("shared_objects").as_array()) {
      bytes += object.at("bytes").to_number<std::int64_t>();
    }
    return bytes;
  }

  const ObjectEvents no_object{refusal("SharedObject.ObjectCreationFailed")};
  OriginServer server{options()};
};

TEST_F(Quotas, OfObjects) {
  RtmpTestClient one(server.port());
  RtmpTestClient two(server.port());
  ASSERT_TRUE(one.connect() && two.connect());
  for (const char* name : {"a", "b", "c"}) {
    EXPECT_THAT(exchange(one, name, {use()}), ElementsAre(joined(), cleared()));
  }
  EXPECT_EQ(exchange(one, "d", {use()}), no_object) << "one client is in three at most";
  EXPECT_THAT(exchange(two, "d", {use()}), ElementsAre(joined(), cleared()));
  EXPECT_EQ(exchange(two, "e", {use()}), no_object) << "an instance has four at most";
  EXPECT_THAT(exchange(two, "a", {use()}), ElementsAre(joined(), cleared()));
  ASSERT_TRUE(one.sendObject("b", {release()}));
  EXPECT_TRUE(eventually([&] { return exchange(two, "e", {use()}) != no_object; }));
}

TEST_F(Quotas, OfSlotsAndValues) {
  RtmpTestClient one(server.port());
  RtmpTestClient two(server.port());
  ASSERT_TRUE(one.connect() && two.connect());
  ASSERT_FALSE(exchange(one, "o", {use()}).empty());
  ASSERT_FALSE(exchange(two, "o", {use()}).empty());
  const ObjectEvent no_access = refusal("SharedObject.NoWriteAccess");
  EXPECT_THAT(exchange(one, "o", {set("big", std::string(1001, 'x')), set("good", 1)}),
              ElementsAre(removed("big"), success("good"), no_access));
  EXPECT_THAT(exchange(one, "o", {message({"shout", std::string(1001, 'x')})}), ElementsAre(no_access));
  ObjectEvents many;
  for (int i = 0; i < 5; ++i) many.push_back(set("slot" + std::to_string(i), i));
  const auto answers = exchange(one, "o", many);
  EXPECT_EQ(answers.back(), no_access) << "five slots at most";
  EXPECT_EQ(answers.size(), 6U);
  const AmfValue large = std::string(900, 'x');
  EXPECT_THAT(exchange(one, "o", {set("slot0", large), set("slot1", large), set("slot2", large)}),
              ElementsAre(success("slot0"), success("slot1"), success("slot2")));
  EXPECT_THAT(
      exchange(one, "o", {set("slot3", std::string(950, 'y')), set(std::string(1025, 'n'), 1), set("", 1)}),
      ElementsAre(changed("slot3", 3), no_access));
  EXPECT_LE(bytes(), 4000);
  EXPECT_THAT(exchange(one, "o", {set("slot0", 1), set("slot3", large)}),
              ElementsAre(success("slot0"), success("slot3")))
      << "what is made smaller makes room";
}

TEST_F(Quotas, OfAllObjectsTogether) {
  RtmpTestClient one(server.port());
  ASSERT_TRUE(one.connect());
  int refused = 0;
  for (const char* name : {"a", "b", "c"}) {
    ASSERT_FALSE(exchange(one, name, {use()}).empty());
    for (int slot = 0; slot < 3; ++slot) {
      const auto answer = exchange(one, name, {set("s" + std::to_string(slot), std::string(900, 'x'))});
      refused += answer.back() == refusal("SharedObject.NoWriteAccess");
    }
  }
  EXPECT_EQ(refused, 3);
  EXPECT_LE(bytes(), 6000);
  ASSERT_TRUE(one.sendObject("a", {release()}));
  EXPECT_TRUE(eventually([&] {
    return exchange(one, "c", {set("s2", std::string(900, 'x'))}) == ObjectEvents{success("s2")};
  })) << "what has gone makes room";
}

TEST_F(Quotas, OfInstances) {
  RtmpTestClient one(server.port(), {.app = "live/1"});
  RtmpTestClient two(server.port(), {.app = "live/2"});
  RtmpTestClient three(server.port(), {.app = "live/3"});
  ASSERT_TRUE(one.connect() && two.connect());
  EXPECT_FALSE(three.connect());
  EXPECT_EQ(three.statuses().front().code, "NetConnection.Connect.Rejected");
  RtmpTestClient again(server.port(), {.app = "live/1"});
  EXPECT_TRUE(again.connect());
}

class SharedQuotas : public testing::Test {
 protected:
  static OriginOptions options() {
    auto options = testOptions();
    options.quotas.client_new_objects = 2;
    options.quotas.address_new_objects = 3;
    options.quotas.application_objects = 5;
    options.quotas.address_instances = 2;
    return options;
  }
  static ObjectEvents exchange(RtmpTestClient& client, const std::string& name, ObjectEvents events,
                               bool persistent = true) {
    if (!client.sendObject(name, std::move(events), persistent)) return {};
    const auto answer = client.nextObject();
    return answer ? answer->events : ObjectEvents();
  }
  static bool make(RtmpTestClient& client, const std::string& name) {
    return exchange(client, name, {use()}).size() == 2 && exchange(client, name, {set("a", 1)}).size() == 1;
  }

  OriginServer server{options()};
};

TEST_F(SharedQuotas, NoClientAndNoAddressFillsThePersistentObjects) {
  RtmpTestClient one(server.port());
  RtmpTestClient two(server.port());
  ASSERT_TRUE(one.connect() && two.connect());
  EXPECT_TRUE(make(one, "a"));
  EXPECT_TRUE(make(one, "b"));
  const ObjectEvents refused{refusal("SharedObject.ObjectCreationFailed")};
  EXPECT_EQ(exchange(one, "c", {use()}), refused) << "a client makes two at most";
  EXPECT_EQ(exchange(one, "c", {use()}, false).size(), 2U) << "temporary ones are no matter";
  EXPECT_TRUE(make(two, "c"));
  EXPECT_EQ(exchange(two, "d", {use()}), refused) << "an address makes three at most";
  EXPECT_EQ(exchange(one, "c", {use()}).size(), 3U) << "what others have made may be joined";
}

TEST_F(SharedQuotas, WhatIsEmptiedMakesRoom) {
  RtmpTestClient one(server.port());
  ASSERT_TRUE(one.connect());
  for (int round = 0; round < 10; ++round) {
    const std::string name = "o" + std::to_string(round);
    ASSERT_TRUE(eventually([&] { return exchange(one, name, {use()}).size() == 2; })) << round;
    ASSERT_EQ(exchange(one, name, {set("a", 1)}), ObjectEvents{success("a")});
    ASSERT_EQ(exchange(one, name, {unset("a")}), ObjectEvents{removed("a")});
    ASSERT_TRUE(one.sendObject(name, {release()}, true));
  }
}

TEST(SavedQuotas, WhatIsEmptiedMakesRoomAndWhatIsSavedDoesNot) {
  const TemporaryDirectory folder;
  auto options = testOptions();
  options.data_dir = folder.path();
  options.save_interval = 1ms;
  options.quotas.application_objects = 2;
  const OriginServer server(options);
  RtmpTestClient one(server.port());
  ASSERT_TRUE(one.connect());
  const auto joins = [&](const std::string& name) {
    if (!one.sendObject(name, {use()}, true)) return false;
    const auto answer = one.nextObject();
    return answer && answer->events.front() == joined();
  };
  const auto leave = [&](const std::string& name, ObjectEvents last) {
    last.push_back(release());
    return one.sendObject(name, std::move(last), true);
  };
  for (const char* name : {"a", "b"}) {
    ASSERT_TRUE(joins(name));
    ASSERT_TRUE(leave(name, {set("x", 1)}));
  }
  EXPECT_FALSE(joins("c")) << "two are on the disk, or on their way";
  for (int round = 0; round < 10; ++round) {
    ASSERT_TRUE(joins("a"));
    ASSERT_TRUE(leave("a", {unset("x")}));
    ASSERT_TRUE(eventually([&] { return joins("c"); })) << round;
    EXPECT_FALSE(joins("d"));
    ASSERT_TRUE(leave("c", {}));
    ASSERT_TRUE(eventually([&] { return joins("a"); })) << round;
    ASSERT_TRUE(leave("a", {set("x", 1)}));
  }
}

TEST(SavedQuotas, ABrokenFileIsCountedOnce) {
  const TemporaryDirectory folder;
  auto options = testOptions();
  options.data_dir = folder.path();
  options.save_interval = 1ms;
  options.quotas.application_objects = 2;
  const auto path = origin::objectFolder(folder.path(), "live") / origin::objectFileName("a");
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path) << "nonsense";
  const OriginServer server(options);
  RtmpTestClient one(server.port());
  ASSERT_TRUE(one.connect());
  const auto joins = [&](const std::string& name) {
    if (!one.sendObject(name, {use()}, true)) return false;
    const auto answer = one.nextObject();
    return answer && answer->events.front() == joined();
  };
  EXPECT_TRUE(joins("a"));
  ASSERT_TRUE(one.sendObject("a", {set("x", 1), release()}, true));
  EXPECT_TRUE(joins("b"));
}

TEST_F(SharedQuotas, NoAddressOpensAllInstances) {
  RtmpTestClient one(server.port(), {.app = "live/1"});
  auto two = std::make_unique<RtmpTestClient>(server.port(), RtmpTestClient::Options{.app = "live/2"});
  ASSERT_TRUE(one.connect() && two->connect());
  RtmpTestClient three(server.port(), {.app = "live/3"});
  EXPECT_FALSE(three.connect());
  EXPECT_EQ(three.statuses().front().code, "NetConnection.Connect.Rejected");
  RtmpTestClient again(server.port(), {.app = "live/1"});
  EXPECT_TRUE(again.connect());
}

TEST(SlowSubscriber, IsDroppedAndDelaysNobody) {
  auto options = testOptions();
  options.quotas.object_queue_bytes = 1024 * 1024;
  const OriginServer server(options);
  RtmpTestClient writer(server.port());
  RtmpTestClient good(server.port());
  RtmpTestClient slow(server.port(), {.receive_buffer = 8192});
  for (RtmpTestClient* client : {&writer, &good, &slow}) {
    ASSERT_TRUE(client->connect() && client->sendObject("o", {use()}) && client->nextObject());
  }
  int round = 0;
  EXPECT_TRUE(eventually([&] {
    ++round;
    const auto value = std::string(100'000, 'x') + std::to_string(round);
    if (!writer.sendObject("o", {set("x", value)}) || !writer.nextObject()) return true;
    const auto seen = good.nextObject();
    EXPECT_TRUE(seen && seen->events == ObjectEvents{changed("x", value)});
    return connections(server) == 2;
  }));
  EXPECT_TRUE(writer.sendObject("o", {set("x", 1)}) && writer.nextObject());
}

TEST(HostileObjects, AreSurvived) {
  const OriginServer server(testOptions());
  RtmpTestClient one(server.port());
  ASSERT_TRUE(one.connect());
  // What only servers say, what nobody says, and bodies that do not parse.
  for (int kind = 0; kind < 256; ++kind) {
    const auto number = static_cast<std::byte>(kind);
    rtmp::Bytes body;
    rtmp::ByteWriter(body)
        .u16(1)
        .text("o")
        .u32(0)
        .u32(0)
        .u32(0)
        .u8(static_cast<unsigned>(kind))
        .u32(3)
        .u16(1)
        .text("k");
    for (const auto type : {rtmp::MessageType::shared_object_amf0, rtmp::MessageType::shared_object_amf3}) {
      ASSERT_TRUE(one.send({type, 3, 0, 0, rtmp::makePayload(body)})) << kind;
    }
    body.resize(body.size() - 2);
    body.push_back(number);
    ASSERT_TRUE(one.send({rtmp::MessageType::shared_object_amf0, 3, 0, 0, rtmp::makePayload(body)}));
  }
  ASSERT_TRUE(
      one.sendObject("o", {message({}), message({1, 2}), set("a", 1), release(), release(), use(), use()}));
  ObjectEvents many;
  for (int i = 0; i < 20'000; ++i) many.push_back(set("k" + std::to_string(i % 7), i));
  ASSERT_TRUE(one.sendObject("o", many));
  ASSERT_TRUE(one.call("echo", {1}));
  RtmpTestClient next(server.port());
  EXPECT_TRUE(next.connect() && next.sendObject("o", {use()}) && next.nextObject());
}

TEST(HostileObjects, AClientThatWritesAndReadsNothingIsClosed) {
  const OriginServer server(testOptions());
  RtmpTestClient one(server.port(), {.receive_buffer = 8192});
  ASSERT_TRUE(one.connect() && one.sendObject("o", {use(), set("a", std::string(4000, 'x'))}));
  ObjectEvents writes;
  for (int i = 0; i < 500; ++i) writes.push_back(message({"again", std::string(1000, 'x')}));
  EXPECT_TRUE(eventually([&] { return !one.sendObject("o", writes); }));
  EXPECT_TRUE(eventually([&] { return connections(server) == 0; }));
}

}  // namespace
}  // namespace multiconn::test
