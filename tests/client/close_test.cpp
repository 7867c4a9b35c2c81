// Ending: in good order, from every state, in time, and finish() that waits for the last byte.
#include "client_test.hpp"

namespace multiconn::test {
namespace {

using testing::Contains;
using testing::ElementsAre;

struct CloseCase {
  const char* name;
  Script script;
  net::Duration after;  // connect()
  bool stalls = false;
  int links = 1;
};

class CloseFromEveryState : public ClientTest, public testing::WithParamInterface<CloseCase> {
 protected:
  void reachState() {
    world.server("a", GetParam().script);
    make();
    stream.publish("key");
    connect({at("a")});
    world.loop.runFor(GetParam().after);
    if (!GetParam().stalls) return;
    world.server("a").stopReading();
    writeFrames(200, 25, 50'000);
    world.loop.runFor(500ms);
  }
};

TEST_P(CloseFromEveryState, NcCloseTakes250MillisecondsAtMost) {
  reachState();
  const bool had_begun = countOf("NetStream.Publish.Start") == 1;
  const net::TimePoint before = world.loop.now();
  bool closed = false;
  connection->ncClose([&] { closed = true; });
  ASSERT_TRUE(world.loop.runUntil([&] { return closed; }, 1s));
  EXPECT_LE(world.loop.now() - before, 250ms);
  EXPECT_TRUE(outcome) << "connect() is answered in any case";
  const ServerState state = connection->stats()[0].state;
  EXPECT_TRUE(state == ServerState::closed || state == ServerState::failed);
  if (had_begun && !GetParam().stalls) {
    EXPECT_THAT(world.server("a").commands, testing::IsSupersetOf({"FCUnpublish", "deleteStream"}));
  }
  const std::size_t said = statuses.size() + stream_statuses.size();
  world.loop.runFor(60s);
  EXPECT_EQ(statuses.size() + stream_statuses.size(), said) << "silence after that";
}

TEST_P(CloseFromEveryState, TheDestructorTakes250MillisecondsAtMost) {
  reachState();
  EXPECT_EQ(live_links, GetParam().links);
  const std::size_t said = statuses.size() + stream_statuses.size();
  connection.reset();
  world.loop.runFor(250ms);
  EXPECT_EQ(live_links, 0);
  EXPECT_EQ(statuses.size() + stream_statuses.size(), said) << "no callback after the destructor";
  EXPECT_FALSE(stream.writeVideo(video(FrameKind::key, 0, 0ms)));
}

INSTANTIATE_TEST_SUITE_P(Close, CloseFromEveryState,
                         testing::Values(CloseCase{"BeforeAnything", {.rtt = 100ms}, 0ms},
                                         CloseCase{"NameLookUp", {.unknown_name = true}, 2ms},
                                         CloseCase{"TcpConnect", {.rtt = 100ms}, 50ms},
                                         CloseCase{"Handshake", {.never_answers_handshake = true}, 50ms},
                                         CloseCase{"Connecting", {.connect_delay = 10s}, 50ms},
                                         CloseCase{"PublishRequested", {.never_answers_publish = true}, 50ms},
                                         CloseCase{"Publishing", {.rtt = 50ms}, 1s},
                                         CloseCase{"Stalled", {}, 50ms, true},
                                         CloseCase{"FailedAlready", {.refuses = true}, 1s, false, 0}),
                         [](const auto& parameter) { return parameter.param.name; });

TEST_F(ClientTest, NcCloseTellsEachServersEnd) {
  publishTo({"a", "b"});
  bool closed = false;
  connection->ncClose([&] { closed = true; });
  world.loop.runFor(1s);
  EXPECT_TRUE(closed);
  EXPECT_EQ(countOf("NetConnection.Connect.Closed"), 2U);
  EXPECT_EQ(countOf("NetStream.Publish.Lost"), 0U);
  EXPECT_EQ(countOf("NetStream.Publish.AllLost"), 0U);
  for (const ServerStats& row : connection->stats()) {
    EXPECT_EQ(row.state, ServerState::closed);
    EXPECT_EQ(row.error, "");
  }
  bool again = false;
  connection->ncClose([&] { again = true; });
  world.loop.runFor(1s);
  EXPECT_TRUE(again);
}

TEST_F(ClientTest, NcCloseBeforeConnect) {
  make();
  bool closed = false;
  connection->ncClose([&] { closed = true; });
  connect({at("a")});
  stream.publish("key");
  world.loop.runFor(1s);
  EXPECT_TRUE(closed);
  ASSERT_TRUE(outcome);
  EXPECT_FALSE(outcome->success);
  EXPECT_FALSE(stream.writeVideo(video(FrameKind::key, 0, 0ms)));
}

struct LateCall {
  const char* name;
  std::function<void(MultiConnection&, SharedObject&)> call;
  const char* code;
};

class EveryCallAfterNcClose : public ClientTest, public testing::WithParamInterface<LateCall> {};

TEST_P(EveryCallAfterNcClose, IsSaid) {
  world.server("a");
  make();
  SharedObject object = connection->sharedObjectSetup("chat");
  object.set("kept", 1);
  connect({at("a")});
  world.loop.runFor(1s);
  connection->ncClose();
  GetParam().call(*connection, object);
  world.loop.runFor(1s);
  EXPECT_EQ(countOf(GetParam().code), 1U);
  EXPECT_EQ(object.data().properties().size(), 1U) << "what goes nowhere is not shown";
  EXPECT_EQ(object.get("kept"), AmfValue(1));
}

INSTANTIATE_TEST_SUITE_P(
    Close, EveryCallAfterNcClose,
    testing::Values(
        LateCall{"Connect", [](auto& all, auto&) { all.connect({at("b")}); }, "NetConnection.Setup.Failed"},
        LateCall{"Add", [](auto& all, auto&) { all.add(at("b")); }, "NetConnection.Connect.Failed"},
        LateCall{"CallRemote", [](auto& all, auto&) { all.callRemote("hello"); },
                 "NetConnection.Call.Failed"},
        LateCall{"Publish", [](auto& all, auto&) { all.publish("key"); }, "NetStream.Publish.Failed"},
        LateCall{"NsSend", [](auto& all, auto&) { all.nsSend("onCue"); }, "NetStream.Send.Failed"},
        LateCall{"SetUp", [](auto& all, auto&) { all.sharedObjectSetup("other").set("x", 2); },
                 "SharedObject.Closed"},
        LateCall{"SetUpAgain", [](auto& all, auto&) { all.sharedObjectSetup("chat").set("x", 2); },
                 "SharedObject.Closed"},
        LateCall{"SetSoValue", [](auto& all, auto&) { all.setSoValue("chat.data.x", 2); },
                 "SharedObject.Closed"},
        LateCall{"Set", [](auto&, auto& object) { object.set("x", 2); }, "SharedObject.Closed"},
        LateCall{"Remove", [](auto&, auto& object) { object.remove("kept"); }, "SharedObject.Closed"},
        LateCall{"Clear", [](auto&, auto& object) { object.clear(); }, "SharedObject.Closed"},
        LateCall{"Send", [](auto&, auto& object) { object.send("hello"); }, "SharedObject.Closed"},
        LateCall{"OnSync", [](auto&, auto& object) { object.onSync([](auto) {}); }, "SharedObject.Closed"},
        LateCall{"On", [](auto&, auto& object) { object.on("hello", [](auto, const auto&) {}); },
                 "SharedObject.Closed"},
        LateCall{"OnStatus", [](auto&, auto& object) { object.onStatus([](const auto&) {}); },
                 "SharedObject.Closed"},
        LateCall{"Relay", [](auto&, auto& object) { object.relay(true); }, "SharedObject.Closed"},
        LateCall{"SetFps", [](auto&, auto& object) { object.setFps(10); }, "SharedObject.Closed"},
        LateCall{"Flush", [](auto&, auto& object) { object.flush(); }, "SharedObject.Closed"}),
    [](const auto& parameter) { return parameter.param.name; });

TEST_F(ClientTest, FinishWaitsForTheLastAcknowledgement) {
  world.server("a", {.rtt = 100ms, .bytes_per_second = 100'000});
  make();
  stream.publish("key");
  connect({at("a")});
  world.loop.runFor(1s);
  writeFrames(50, 25, 4'000);
  bool done = false;
  stream.finish([&] { done = true; });
  EXPECT_FALSE(stream.writeVideo(video(FrameKind::key, 0, 0ms)));
  world.loop.runFor(1500ms);
  EXPECT_FALSE(done);
  ASSERT_TRUE(world.loop.runUntil([&] { return done; }, 5s));
  EXPECT_EQ(receivedBy(world.server("a")).video.size(), 51U);
  world.loop.runFor(1s);
  EXPECT_TRUE(world.server("a").unpublished);
  EXPECT_EQ(connection->stats()[0].state, ServerState::connected);
}

TEST_F(ClientTest, FinishDoesNotWaitForOneThatTakesNothing) {
  ConnectOptions options;
  options.stall_timeout = 3s;
  make(options);
  publishTo({"a", "b"});
  writeFrames(50, 25, 20'000);
  world.server("b").stopReading();
  const net::TimePoint before = world.loop.now();
  bool done = false;
  stream.finish([&] { done = true; });
  ASSERT_TRUE(world.loop.runUntil([&] { return done; }, 20s));
  EXPECT_GE(world.loop.now() - before, 3s);
  EXPECT_LE(world.loop.now() - before, 3500ms);
  EXPECT_EQ(receivedBy(world.server("a")).video.size(), 51U);
  EXPECT_THAT(codes(stream_statuses, 1), Contains("NetStream.Publish.Stalled"));
}

TEST_F(ClientTest, FinishWaitsForServersOnTheirWay) {
  world.server("a", {.rtt = 100ms});
  make();
  stream.publish("key");
  connect({at("a")});
  writeFrames(10);
  bool done = false;
  stream.finish([&] { done = true; });
  ASSERT_TRUE(world.loop.runUntil([&] { return done; }, 5s));
  EXPECT_EQ(receivedBy(world.server("a")).video.size(), 11U);
}

TEST_F(ClientTest, FinishWithNothingToFinishCallsBack) {
  make();
  int done = 0;
  stream.finish([&] { ++done; });
  world.loop.settle();
  EXPECT_EQ(done, 1);
  publishTo({"a"});
  stream.finish([&] { ++done; });
  stream.close();
  world.loop.runFor(1s);
  EXPECT_EQ(done, 2);
}

TEST_F(ClientTest, HandlesOutliveTheConnection) {
  publishTo({"a"});
  NetStream copy = stream;
  connection.reset();
  copy.publish("again");
  copy.attachVideo(nullptr);
  copy.metadata({});
  copy.onDrain([] {});
  copy.finish([] { ADD_FAILURE(); });
  copy.close();
  copy.onStatus([](const Status&) { ADD_FAILURE(); });
  EXPECT_FALSE(copy.writeAudio(audio(0, 0ms)));
  world.loop.runFor(1s);
  EXPECT_EQ(copy.queued(), 0U);
  EXPECT_EQ(copy.time(), 0ms);
  NetStream nothing;
  nothing.publish("x");
  EXPECT_FALSE(nothing.writeAudio(audio(0, 0ms)));
}

}  // namespace
}  // namespace multiconn::test
