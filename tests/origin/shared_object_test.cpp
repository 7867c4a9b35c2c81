// Shared objects as clients see them: RTMP 1.0 7.1.3, in the ways of Flash Media Server and Red5.
#include <gmock/gmock.h>

#include "origin/object_events.hpp"
#include "origin/origin_fixture.hpp"

namespace multiconn::test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

class SharedObjects : public testing::Test {
 protected:
  static ObjectEvents eventsOf(RtmpTestClient& client) {
    const auto message = client.nextObject();
    return message ? message->events : ObjectEvents();
  }
  static std::unique_ptr<RtmpTestClient> joinedClient(const OriginServer& server,
                                                      RtmpTestClient::Options options = {}) {
    auto client = std::make_unique<RtmpTestClient>(server.port(), std::move(options));
    if (!client->connect() || !client->sendObject("chat", {use()}) || !client->nextObject()) return nullptr;
    return client;
  }

  OriginServer server{testOptions()};
};

TEST_F(SharedObjects, JoiningGivesUseSuccessClearAndEverySlotInOneMessage) {
  RtmpTestClient first(server.port());
  ASSERT_TRUE(first.connect() && first.sendObject("chat", {use()}));
  const auto empty = first.nextObject();
  ASSERT_TRUE(empty);
  EXPECT_EQ(empty->name, "chat");
  EXPECT_FALSE(empty->persistent);
  EXPECT_EQ(empty->version, 0U);
  EXPECT_THAT(empty->events, ElementsAre(joined(), cleared()));

  ASSERT_TRUE(first.sendObject("chat", {set("a", 1), set("b", "two")}));
  ASSERT_THAT(eventsOf(first), ElementsAre(success("a"), success("b")));
  RtmpTestClient second(server.port());
  ASSERT_TRUE(second.connect() && second.sendObject("chat", {use()}));
  const auto full = second.nextObject();
  ASSERT_TRUE(full);
  EXPECT_EQ(full->version, 1U) << "one message was one version";
  EXPECT_THAT(full->events, ElementsAre(joined(), cleared(), changed("a", 1), changed("b", "two")));
}

TEST_F(SharedObjects, TheAuthorGetsSuccessAndOthersTheChange) {
  const auto author = joinedClient(server);
  const auto other = joinedClient(server);
  ASSERT_TRUE(author && other);
  ASSERT_TRUE(author->sendObject("chat", {set("x", "hello")}));
  EXPECT_THAT(eventsOf(*author), ElementsAre(success("x")));
  const auto seen = other->nextObject();
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->version, 1U);
  EXPECT_THAT(seen->events, ElementsAre(changed("x", "hello")));
}

TEST_F(SharedObjects, TheSameValueAgainIsConfirmedAndToldNobody) {
  const auto author = joinedClient(server);
  const auto other = joinedClient(server);
  ASSERT_TRUE(author && other);
  ASSERT_TRUE(author->sendObject("chat", {set("x", 1)}));
  ASSERT_THAT(eventsOf(*author), ElementsAre(success("x")));
  ASSERT_TRUE(author->sendObject("chat", {set("x", 1)}));
  const auto again = author->nextObject();
  ASSERT_TRUE(again);
  EXPECT_THAT(again->events, ElementsAre(success("x")));
  EXPECT_EQ(again->version, 1U);
  ASSERT_TRUE(author->sendObject("chat", {set("y", 1)}));
  EXPECT_THAT(eventsOf(*other), ElementsAre(changed("x", 1)));
  EXPECT_THAT(eventsOf(*other), ElementsAre(changed("y", 1)));
}

TEST_F(SharedObjects, RemovingReachesEverybodyTheAuthorToo) {
  const auto author = joinedClient(server);
  const auto other = joinedClient(server);
  ASSERT_TRUE(author && other);
  ASSERT_TRUE(author->sendObject("chat", {set("x", 1), set("y", 2)}));
  ASSERT_TRUE(author->nextObject() && other->nextObject());
  ASSERT_TRUE(author->sendObject("chat", {unset("x")}));
  EXPECT_THAT(eventsOf(*author), ElementsAre(removed("x")));
  EXPECT_THAT(eventsOf(*other), ElementsAre(removed("x")));
  ASSERT_TRUE(author->sendObject("chat", {set("y", nullptr)}));
  EXPECT_THAT(eventsOf(*author), ElementsAre(success("y"), removed("y"))) << "null means remove";
  EXPECT_THAT(eventsOf(*other), ElementsAre(removed("y")));
  ASSERT_TRUE(author->sendObject("chat", {unset("nothing")}));
  EXPECT_THAT(eventsOf(*author), ElementsAre(removed("nothing")));
  ASSERT_TRUE(author->sendObject("chat", {set("z", 3)}));
  EXPECT_THAT(eventsOf(*other), ElementsAre(changed("z", 3))) << "what was not there goes unnoticed";
}

TEST_F(SharedObjects, ASentMessageIsEchoedToAllInOrderWithChanges) {
  const auto author = joinedClient(server);
  const auto other = joinedClient(server);
  ASSERT_TRUE(author && other);
  const auto doIt = message({"doIt", "a1", 7});
  ASSERT_TRUE(author->sendObject("chat", {set("x", 1), doIt, set("x", 2)}));
  EXPECT_THAT(eventsOf(*author), ElementsAre(success("x"), doIt, success("x")));
  EXPECT_THAT(eventsOf(*other), ElementsAre(changed("x", 1), doIt, changed("x", 2)));
}

TEST_F(SharedObjects, OfSeveralChangesOfASlotReadersGetTheLast) {
  const auto author = joinedClient(server);
  const auto other = joinedClient(server);
  ASSERT_TRUE(author && other);
  ASSERT_TRUE(author->sendObject("chat", {set("x", 1), set("y", 1), set("x", 2), unset("y")}));
  EXPECT_THAT(eventsOf(*author), ElementsAre(success("x"), success("y"), success("x"), removed("y")));
  EXPECT_THAT(eventsOf(*other), ElementsAre(changed("x", 2), removed("y")));
}

TEST_F(SharedObjects, WhoHasNotJoinedMayNotWrite) {
  const auto member = joinedClient(server);
  RtmpTestClient stranger(server.port());
  ASSERT_TRUE(member && stranger.connect());
  ASSERT_TRUE(stranger.sendObject("chat", {set("x", 1), set("y", 1)}));
  EXPECT_THAT(eventsOf(stranger), ElementsAre(refusal("SharedObject.NoWriteAccess")));
  ASSERT_TRUE(member->sendObject("chat", {set("z", 1)}));
  EXPECT_THAT(eventsOf(*member), ElementsAre(success("z")));
}

TEST_F(SharedObjects, AReleasedObjectIsQuietAndMayBeJoinedAgain) {
  const auto author = joinedClient(server);
  const auto other = joinedClient(server);
  ASSERT_TRUE(author && other);
  ASSERT_TRUE(other->sendObject("chat", {release()}));
  ASSERT_TRUE(other->sendObject("other", {use()}));
  ASSERT_TRUE(other->nextObject()) << "the release has been handled";
  ASSERT_TRUE(author->sendObject("chat", {set("x", 1)}));
  ASSERT_THAT(eventsOf(*author), ElementsAre(success("x")));
  ASSERT_TRUE(other->sendObject("chat", {use()}));
  EXPECT_THAT(eventsOf(*other), ElementsAre(joined(), cleared(), changed("x", 1)));
}

TEST_F(SharedObjects, ATemporaryObjectGoesWithItsLastClient) {
  auto witness = std::make_unique<RtmpTestClient>(server.port());
  ASSERT_TRUE(witness->connect());
  {
    const auto author = joinedClient(server);
    ASSERT_TRUE(author && author->sendObject("chat", {set("x", 1)}) && author->nextObject());
    author->reset();
  }
  const auto objects = [this] {
    return statusOf(server).at("applications").at(0).at("shared_objects").as_array().size();
  };
  EXPECT_TRUE(eventually([&] { return objects() == 0; }));
  ASSERT_TRUE(witness->sendObject("chat", {use()}));
  EXPECT_THAT(eventsOf(*witness), ElementsAre(joined(), cleared()));
}

TEST_F(SharedObjects, TemporaryAndPersistentOnesOfANameAreDifferentObjects) {
  RtmpTestClient client(server.port());
  ASSERT_TRUE(client.connect() && client.sendObject("chat", {use()}, false));
  ASSERT_TRUE(client.nextObject() && client.sendObject("chat", {set("x", 1)}, false) && client.nextObject());
  ASSERT_TRUE(client.sendObject("chat", {use()}, true));
  const auto persistent = client.nextObject();
  ASSERT_TRUE(persistent);
  EXPECT_TRUE(persistent->persistent);
  EXPECT_THAT(persistent->events, ElementsAre(joined(), cleared()));
}

TEST_F(SharedObjects, InstancesOfAnApplicationHaveObjectsOfTheirOwn) {
  RtmpTestClient one(server.port(), {.app = "chat/room1"});
  RtmpTestClient two(server.port(), {.app = "chat/room2"});
  ASSERT_TRUE(one.connect() && one.sendObject("o", {use(), set("x", 1)}));
  ASSERT_TRUE(one.nextObject() && one.nextObject());
  ASSERT_TRUE(two.connect() && two.sendObject("o", {use()}));
  EXPECT_THAT(eventsOf(two), ElementsAre(joined(), cleared()));
}

TEST_F(SharedObjects, NamesThatNoObjectMayHaveAreRefused) {
  RtmpTestClient client(server.port());
  ASSERT_TRUE(client.connect());
  for (const std::string& name : {std::string(), std::string("publish"), std::string("a b"),
                                  std::string("a\nb"), std::string(2000, 'x'), std::string("a<b")}) {
    ASSERT_TRUE(client.sendObject(name, {use()}));
    EXPECT_THAT(eventsOf(client), ElementsAre(refusal("SharedObject.ObjectCreationFailed"))) << name;
  }
  ASSERT_TRUE(client.sendObject("a/b.c", {use()}));
  EXPECT_THAT(eventsOf(client), ElementsAre(joined(), cleared()));
}

TEST_F(SharedObjects, Amf3ClientsGetType16AndOthersWhatTheyCanRead) {
  const auto modern = joinedClient(server, {.amf3 = true});
  const auto classic = joinedClient(server);
  ASSERT_TRUE(modern && classic);
  const AmfValue bytes = AmfValue::ByteArray{{std::byte{1}, std::byte{2}}};
  ASSERT_TRUE(modern->sendObject("chat", {set("bytes", bytes), set("text", "t")}));
  EXPECT_THAT(eventsOf(*modern), ElementsAre(success("bytes"), success("text")));
  EXPECT_THAT(eventsOf(*classic),
              ElementsAre(changed("bytes", AmfValue::Unsupported{}), changed("text", "t")));
  ASSERT_TRUE(classic->sendObject("chat", {set("list", AmfArray{1, "two"})}));
  const auto seen = modern->nextObject();
  ASSERT_TRUE(seen);
  EXPECT_TRUE(seen->amf3);
  EXPECT_THAT(seen->events, ElementsAre(changed("list", AmfArray{1, "two"})));
  const auto late = joinedClient(server, {.amf3 = true});
  EXPECT_TRUE(late);
}

TEST_F(SharedObjects, TwoAuthorsOfOneSlotEndUpWithTheSameValue) {
  const auto one = joinedClient(server);
  const auto two = joinedClient(server);
  const auto reader = joinedClient(server);
  ASSERT_TRUE(one && two && reader);
  for (int round = 0; round < 50; ++round) {
    ASSERT_TRUE(one->sendObject("chat", {set("x", 2 * round)}));
    ASSERT_TRUE(two->sendObject("chat", {set("x", 2 * round + 1)}));
  }
  ASSERT_TRUE(one->sendObject("chat", {message({"end"})}));
  ASSERT_TRUE(two->sendObject("chat", {message({"end"})}));
  // Each applies what it is told, its own writes where they are confirmed.
  const auto follow = [](RtmpTestClient& client, int first) {
    AmfValue value;
    int confirmed = 0;
    for (int ends = 0; ends < 2;) {
      const auto update = client.nextObject();
      if (!update) return AmfValue("nothing came");
      for (const ObjectEvent& event : update->events) {
        if (event.kind == ObjectEvent::Kind::change) value = event.value;
        if (event.kind == ObjectEvent::Kind::success) value = 2 * confirmed++ + first;
        ends += event.kind == ObjectEvent::Kind::send;
      }
    }
    return value;
  };
  const AmfValue end = follow(*reader, 0);
  EXPECT_EQ(follow(*one, 0), end);
  EXPECT_EQ(follow(*two, 1), end);
}

TEST_F(SharedObjects, TheStatusDocumentTellsWhatThereIs) {
  const auto client = joinedClient(server);
  ASSERT_TRUE(client && client->sendObject("chat", {set("x", "<b>")}) && client->nextObject());
  const auto application = statusOf(server).at("applications").at(0);
  EXPECT_EQ(application.at("app").as_string(), "live");
  EXPECT_EQ(application.at("clients").to_number<int>(), 1);
  const auto& object = application.at("shared_objects").at(0);
  EXPECT_EQ(object.at("name").as_string(), "chat");
  EXPECT_FALSE(object.at("persistent").as_bool());
  EXPECT_EQ(object.at("slots").to_number<int>(), 1);
  EXPECT_EQ(object.at("subscribers").to_number<int>(), 1);
  EXPECT_EQ(object.at("version").to_number<int>(), 1);
  EXPECT_GT(object.at("bytes").to_number<int>(), 0);
  EXPECT_THAT(get(*server.httpPort(), "/"), testing::HasSubstr("data-l=\"Object\">chat</td>"));
}

}  // namespace
}  // namespace multiconn::test
