// Shared objects and calls of a server that goes and comes back.
#include "shared_object_fixture.hpp"

namespace multiconn::test {
namespace {

class ObjectsOfLostServers : public SharedObjectTest {
 protected:
  ObjectsOfLostServers() { reconnects = true; }
};

TEST_F(ObjectsOfLostServers, AreBroughtUpToDateAfterTheReconnect) {
  objectsAt("a", Manner::crtmpserver);
  objectsAt("b", Manner::crtmpserver);
  SharedObject object = joined({"a", "b"});
  object.set("topic", "before");
  object.set("removed", 1);
  world.loop.runFor(1s);
  world.server("a").kill();
  servers["a"]->forget();
  world.loop.runFor(1s);
  object.set("topic", "meanwhile");
  object.set("new", 2);
  object.remove("removed");
  servers["b"]->set("chat", "viewer", "of b");
  world.loop.runFor(1s);
  EXPECT_EQ(states(object)[1], State::joined);
  world.server("a").start();
  world.loop.runFor(5s);
  EXPECT_EQ(states(object)[0], State::joined);
  EXPECT_EQ(servers["a"]->value("chat", "topic"), AmfValue("meanwhile"));
  EXPECT_EQ(servers["a"]->value("chat", "new"), AmfValue(2));
  EXPECT_EQ(servers["a"]->value("chat", "removed"), AmfValue());
  EXPECT_EQ(shownSlot(object, "topic"), text(rtmp::SlotValue(AmfValue("meanwhile"))));
}

TEST_F(ObjectsOfLostServers, PendingCallsFailAtTheLossAndLaterOnesAreAnswered) {
  Script script;
  script.on_call = [](const rtmp::server_event::Called& call) -> std::optional<AmfValue> {
    if (call.method == "slow") return {};
    return AmfValue("done");
  };
  world.server("a", script);
  make();
  connect({at("a")});
  world.loop.runFor(1s);
  std::vector<std::string> answers;
  const auto note = [&](const Reply& reply) { answers.push_back(reply.ok ? "done" : reply.status.code); };
  connection->callRemote("slow", note);
  world.loop.runFor(100ms);
  world.server("a").reset();
  world.loop.settle();
  EXPECT_THAT(answers, testing::ElementsAre("NetConnection.Call.Closed"));
  connection->callRemote("early", note);
  world.loop.runFor(2s);
  connection->callRemote("late", note);
  world.loop.runFor(1s);
  EXPECT_THAT(answers,
              testing::ElementsAre("NetConnection.Call.Closed", "NetConnection.Call.Failed", "done"));
}

}  // namespace
}  // namespace multiconn::test
