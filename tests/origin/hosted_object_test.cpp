// Shared objects from the server's side.
#include <gmock/gmock.h>

#include "origin/object_events.hpp"
#include "origin/test_application.hpp"

namespace multiconn::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class HostedObjects : public ApplicationTest {
 protected:
  /// Starts the application and gives its object "o".
  HostedObject start(TestApplication::Callbacks callbacks = {}, OriginOptions options = testOptions()) {
    callbacks.start = [this](TestApplication& application) { handed.give(application.sharedObject("o")); };
    serve(std::move(callbacks), std::move(options));
    one = client();
    EXPECT_TRUE(one->connect() && one->sendObject("o", {use()}) && one->nextObject());
    return handed.take().value_or(HostedObject());
  }
  ObjectEvents next() const {
    const auto message = one->nextObject();
    version = message ? message->version : 0;
    return message ? message->events : ObjectEvents();
  }

  Handed<HostedObject> handed;
  std::unique_ptr<RtmpTestClient> one;
  mutable std::uint32_t version = 0;
};

TEST_F(HostedObjects, ReachClientsFromAnyThread) {
  HostedObject object = start();
  EXPECT_EQ(object.name(), "o");
  EXPECT_FALSE(object.persistent());
  object.lock();
  object.set("x", 1);
  object.set("y", "two");
  object.send("look", {"here"});
  object.unlock();
  EXPECT_THAT(next(), ElementsAre(changed("x", 1), changed("y", "two"), message({"look", "here"})));
  EXPECT_EQ(version, 1U) << "one lock, one version";
  EXPECT_EQ(object.get("x"), AmfValue(1));
  EXPECT_EQ(object.get("z"), std::nullopt);
  EXPECT_EQ(object.size(), 2U);
  EXPECT_EQ(object.version(), 1U);
  EXPECT_EQ(object.subscribers(), 1U);
  EXPECT_EQ(object.data(), (AmfObject{{"x", 1}, {"y", "two"}}));
  object.remove("x");
  EXPECT_THAT(next(), ElementsAre(removed("x")));
  object.set("y", nullptr);
  EXPECT_THAT(next(), ElementsAre(removed("y")));
  object.set("z", true);
  EXPECT_THAT(next(), ElementsAre(changed("z", true)));
  object.clear();
  EXPECT_THAT(next(), ElementsAre(cleared()));
  EXPECT_EQ(object.size(), 0U);
}

TEST_F(HostedObjects, NestedLocksSendAtTheLastUnlock) {
  HostedObject object = start();
  object.lock();
  object.lock();
  object.set("x", 1);
  object.unlock();
  object.set("x", 2);
  ASSERT_TRUE(one->sendObject("o", {set("own", 1)}));
  ASSERT_TRUE(one->call("none")) << "the write has been handled";
  object.clear();
  object.set("y", 1);
  object.unlock();
  object.unlock();
  EXPECT_THAT(next(),
              ElementsAre(changed("x", 1), changed("x", 2), success("own"), cleared(), changed("y", 1)));
}

TEST_F(HostedObjects, AHandleThatGoesTakesItsLocksAlong) {
  HostedObject object = start();
  {
    HostedObject copy = object;
    copy.lock();
    copy.set("x", 1);
  }
  ASSERT_TRUE(one->call("none"));
  object.unlock();
  EXPECT_THAT(next(), ElementsAre(changed("x", 1)));
  object.lock();
  object.set("x", 2);
  object = {};
  EXPECT_THAT(next(), ElementsAre(changed("x", 2)));
}

TEST_F(HostedObjects, AreSeenAtOnceInsideTheServer) {
  serve({.set_up = [](TestApplication& application) {
    application.method("count", [&](const Client&, const Application::Arguments&) {
      HostedObject object = application.sharedObject("counter");
      const AmfValue before = object.get("n").value_or(0);
      object.set("n", *before.number() + 1);
      return object.get("n").value_or(nullptr);
    });
  }});
  one = client();
  ASSERT_TRUE(one->connect() && one->sendObject("counter", {use()}) && one->nextObject());
  EXPECT_EQ(one->call("count")->value, AmfValue(1));
  EXPECT_EQ(one->call("count")->value, AmfValue(2));
}

TEST_F(HostedObjects, AreToldWhatClientsChange) {
  HostedObject object = start();
  Handed<std::vector<HostedChange>> changes;
  object.onSync([&](std::span<const HostedChange> list) {
    changes.give(std::vector<HostedChange>(list.begin(), list.end()));
  });
  object.set("x", "before");
  ASSERT_THAT(next(), ElementsAre(changed("x", "before")));
  ASSERT_TRUE(one->sendObject("o", {set("x", "after"), set("y", 1), unset("y")}));
  const auto list = changes.take();
  ASSERT_TRUE(list && list->size() == 3);
  EXPECT_EQ(list->at(0).code, HostedChange::Code::change);
  EXPECT_EQ(list->at(0).slot, "x");
  EXPECT_EQ(list->at(0).old_value, AmfValue("before"));
  EXPECT_NE(list->at(0).author.id(), 0U);
  EXPECT_EQ(list->at(1).old_value, AmfValue(nullptr));
  EXPECT_EQ(list->at(2).code, HostedChange::Code::deleted);
  EXPECT_EQ(object.get("x"), AmfValue("after"));
}

TEST_F(HostedObjects, ThatAreHeldOutliveTheirClients) {
  HostedObject object = start();
  object.set("x", 1);
  ASSERT_THAT(next(), ElementsAre(changed("x", 1)));
  one->reset();
  ASSERT_TRUE(eventually([&] { return object.subscribers() == 0; }));
  const auto objects = [this] {
    return statusOf(*server).at("applications").at(0).at("shared_objects").as_array().size();
  };
  EXPECT_EQ(objects(), 1U);
  object = {};
  EXPECT_TRUE(eventually([&] { return objects() == 0; }));
}

TEST_F(HostedObjects, OutliveTheServerHarmlessly) {
  HostedObject object = start();
  object.set("x", 1);
  ASSERT_THAT(next(), ElementsAre(changed("x", 1)));
  server.reset();
  object.set("x", 2);
  object.send("gone");
  object.lock();
  object.flush([](const std::string&) { ADD_FAILURE(); });
  EXPECT_EQ(object.get("x"), AmfValue(1));
  const HostedObject nothing;
  EXPECT_EQ(nothing.name(), "");
  EXPECT_EQ(nothing.get("x"), std::nullopt);
}

TEST_F(HostedObjects, RefuseWhatCannotBeSent) {
  HostedObject object = start();
  AmfValue deep = 1;
  for (int i = 0; i < 40; ++i) deep = AmfArray{std::move(deep)};
  object.set("deep", deep);
  object.set("reference", AmfValue::Reference{0});
  object.set("", 1);
  object.set(std::string(2000, 'x'), 1);
  object.set("good", 1);
  EXPECT_THAT(next(), ElementsAre(changed("good", 1)));
  EXPECT_EQ(object.size(), 1U);
}

TEST_F(HostedObjects, ObeyTheApplicationsRules) {
  HostedObject object =
      start({.may_read = [](const Client&, const std::string& name) { return name != "secret"; },
             .may_write = [](const Client&, const std::string&,
                             const std::string& slot) { return slot != "fixed" && !slot.empty(); }});
  object.set("fixed", "mine");
  ASSERT_THAT(next(), ElementsAre(changed("fixed", "mine")));
  ASSERT_TRUE(one->sendObject("secret", {use()}));
  EXPECT_THAT(next(), ElementsAre(refusal("SharedObject.NoReadAccess")));
  ASSERT_TRUE(one->sendObject("o", {set("fixed", "theirs"), set("free", 1), unset("fixed")}));
  EXPECT_THAT(next(), ElementsAre(changed("fixed", "mine"), success("free"), changed("fixed", "mine"),
                                  refusal("SharedObject.NoWriteAccess")))
      << "the author learns what there is";
  ASSERT_TRUE(one->sendObject("o", {message({"shout"})}));
  EXPECT_THAT(next(), ElementsAre(refusal("SharedObject.NoWriteAccess")));
  EXPECT_EQ(object.get("fixed"), AmfValue("mine"));
}

}  // namespace
}  // namespace multiconn::test
