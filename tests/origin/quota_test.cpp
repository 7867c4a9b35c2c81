// How much clients can make a server hold.
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <optional>

#include "origin/object_events.hpp"
#include "origin/origin_fixture.hpp"
#include "origin/shared_object_file.hpp"

namespace multiconn::test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

/// What the server answers.
ObjectEvents exchange(RtmpTestClient& client, const std::string& name, ObjectEvents events,
                      bool persistent = false) {
  if (!client.sendObject(name, std::move(events), persistent)) return {};
  const auto answer = client.nextObject();
  return answer ? answer->events : ObjectEvents();
}

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
  static ObjectEvents exchangeSaved(RtmpTestClient& client, const std::string& name, ObjectEvents events) {
    return exchange(client, name, std::move(events), true);
  }
  static bool make(RtmpTestClient& client, const std::string& name) {
    return exchangeSaved(client, name, {use()}).size() == 2 &&
           exchangeSaved(client, name, {set("a", 1)}).size() == 1;
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
  EXPECT_EQ(exchangeSaved(one, "c", {use()}), refused) << "a client makes two at most";
  EXPECT_EQ(exchange(one, "c", {use()}).size(), 2U) << "temporary ones are no matter";
  EXPECT_TRUE(make(two, "c"));
  EXPECT_EQ(exchangeSaved(two, "d", {use()}), refused) << "an address makes three at most";
  EXPECT_EQ(exchangeSaved(one, "c", {use()}).size(), 3U) << "what others have made may be joined";
}

TEST_F(SharedQuotas, WhatIsEmptiedMakesRoom) {
  RtmpTestClient one(server.port());
  ASSERT_TRUE(one.connect());
  for (int round = 0; round < 10; ++round) {
    const std::string name = "o" + std::to_string(round);
    ASSERT_TRUE(eventually([&] { return exchangeSaved(one, name, {use()}).size() == 2; })) << round;
    ASSERT_EQ(exchangeSaved(one, name, {set("a", 1)}), ObjectEvents{success("a")});
    ASSERT_EQ(exchangeSaved(one, name, {unset("a")}), ObjectEvents{removed("a")});
    ASSERT_TRUE(one.sendObject(name, {release()}, true));
  }
}

class SavedQuotas : public testing::Test {
 protected:
  bool start() {
    auto options = testOptions();
    options.data_dir = folder.path();
    options.save_interval = 1ms;
    options.quotas.application_objects = 2;
    server.emplace(options);
    one.emplace(server->port());
    return one->connect();
  }
  bool joins(const std::string& name) {
    const ObjectEvents answer = exchange(*one, name, {use()}, true);
    return !answer.empty() && answer.front() == joined();
  }
  bool leave(const std::string& name, ObjectEvents last) {
    last.push_back(release());
    return one->sendObject(name, std::move(last), true);
  }

  const TemporaryFolder folder;
  std::optional<OriginServer> server;
  std::optional<RtmpTestClient> one;
};

TEST_F(SavedQuotas, WhatIsEmptiedMakesRoomAndWhatIsSavedDoesNot) {
  ASSERT_TRUE(start());
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

TEST_F(SavedQuotas, ABrokenFileIsCountedOnce) {
  const auto path = origin::objectFolder(folder.path(), "live") / origin::objectFileName("a");
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path) << "nonsense";
  ASSERT_TRUE(start());
  EXPECT_TRUE(joins("a"));
  ASSERT_TRUE(leave("a", {set("x", 1)}));
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

}  // namespace
}  // namespace multiconn::test
