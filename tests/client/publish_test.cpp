// Publishing through the public interface: asking for it, what servers answer, and losing it again.
#include "client_test.hpp"

namespace multiconn::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class Publish : public ClientTest {
 protected:
  void publishTo(Script script) {
    world.server("good", {.rtt = script.rtt});
    world.server("bad", std::move(script));
    make();
    stream.publish("key");
    connect({at("good"), at("bad")});
    world.loop.runFor(1s);
  }
  void expectGoodOneUndisturbed() {
    writeFrames(50);
    world.loop.runFor(1s);
    EXPECT_EQ(receivedBy(world.server("good")).video.size(), 51U);
  }
};

TEST_F(Publish, BeforeConnectTakesThreeRoundTripsAfterTcp) {
  for (const char* host : {"a", "b", "c"}) world.server(host, {.rtt = 100ms});
  make();
  stream.publish("key");
  connect({at("a"), at("b"), at("c")});
  ASSERT_TRUE(world.loop.runUntil([&] { return countOf("NetStream.Publish.Start") == 3; }));
  for (const char* host : {"a", "b", "c"})
    EXPECT_LE(world.loop.now() - *world.server(host).tcp_established, 300ms);
  EXPECT_THAT(world.server("a").commands,
              ElementsAre("connect", "releaseStream", "FCPublish", "createStream", "publish"));
  EXPECT_EQ(connection->stats()[0].publish_time, 400ms);
  EXPECT_EQ(connection->stats()[0].connect_time, 300ms);
}

TEST_F(Publish, AfterSetupSuccessAsInTheArticle) {
  world.server("a", {.rtt = 100ms});
  make();
  connection->onStatus([&](const Status& status) {
    statuses.push_back(status);
    if (status.code == "NetConnection.Setup.Success") connection->publish("webCastName", PublishMode::record);
  });
  connect({at("a")});
  world.loop.runFor(2s);
  EXPECT_THAT(world.server("a").published, ElementsAre("webCastName record"));
  EXPECT_THAT(codes(stream_statuses), ElementsAre("NetStream.Publish.Start"));
  EXPECT_EQ(connection->stats()[0].publish_time, 200ms);
}

TEST_F(Publish, BetweenConnectAndItsAnswerIsRemembered) {
  world.server("a", {.connect_delay = 500ms});
  make();
  connect({at("a")});
  world.loop.runFor(100ms);
  stream.publish("key", PublishMode::append);
  world.loop.runFor(1s);
  EXPECT_THAT(world.server("a").published, ElementsAre("key append"));
}

TEST_F(Publish, EachServerMayHaveItsOwnKey) {
  world.server("a");
  world.server("b");
  make();
  stream.publish("common");
  connect({at("a"), at("b", "own?token=1")});
  world.loop.runFor(1s);
  EXPECT_THAT(world.server("a").published, ElementsAre("common live"));
  EXPECT_THAT(world.server("b").published, ElementsAre("own?token=1 live"));
}

TEST_F(Publish, StreamIdsAreTheServersOwn) {
  world.server("a", {.first_stream_id = 5});
  world.server("b");
  make();
  stream.publish("key");
  connect({at("a"), at("b")});
  world.loop.runFor(1s);
  EXPECT_THAT(world.server("a").stream_ids, ElementsAre(5U));
  writeFrames(10);
  world.loop.runFor(1s);
  EXPECT_EQ(receivedBy(world.server("a")).video, receivedBy(world.server("b")).video);
  EXPECT_EQ(receivedBy(world.server("a")).video.size(), 11U);
}

TEST_F(Publish, AServerThatRejectsPipeliningIsAskedOnceMoreWithout) {
  world.server("a", {.connect_delay = 50ms, .reject_pipelined = true});
  make();
  stream.publish("key");
  connect({at("a")});
  world.loop.runFor(2s);
  EXPECT_EQ(world.server("a").connections, 2);
  EXPECT_TRUE(outcome->success);
  EXPECT_EQ(countOf("NetStream.Publish.Start"), 1U);
  EXPECT_EQ(countOf("NetConnection.Connect.Closed"), 0U);
  EXPECT_THAT(world.server("a").commands,
              ElementsAre("connect", "releaseStream", "FCPublish", "createStream", "connect", "releaseStream",
                          "FCPublish", "createStream", "publish"));
}

TEST_F(Publish, ARejectionWhilePipelinedIsReportedAfterTheSecondAttemptOnly) {
  world.server("a", {.reject_connect = "NetConnection.Connect.InvalidApp"});
  make();
  stream.publish("key");
  connect({at("a")});
  world.loop.runFor(2s);
  EXPECT_EQ(world.server("a").connections, 2);
  EXPECT_EQ(countOf("NetConnection.Connect.InvalidApp"), 1U);
  EXPECT_EQ(outcome->servers[0].state, ServerOutcome::State::failed);
}

TEST_F(Publish, ATakenNameIsTheServersOwnStatus) {
  publishTo({.description = "Stream key is taken", .reject_publish = "NetStream.Publish.BadName"});
  EXPECT_THAT(codes(stream_statuses, 1), ElementsAre("NetStream.Publish.BadName"));
  EXPECT_EQ(find("NetStream.Publish.BadName")->level, "error");
  EXPECT_EQ(find("NetStream.Publish.BadName")->description, "Stream **** is taken");
  EXPECT_EQ(connection->stats()[1].state, ServerState::connected);
  EXPECT_THAT(connection->stats()[1].error, HasSubstr("NetStream.Publish.BadName"));
  EXPECT_TRUE(outcome->success) << "setup is about connect alone";
  expectGoodOneUndisturbed();
}

TEST_F(Publish, ClosedBeforePublishStartIsAFailedPublish) {
  publishTo({.close_on_publish = true});
  EXPECT_THAT(codes(stream_statuses, 1), ElementsAre("NetStream.Publish.Failed"));
  EXPECT_THAT(codes(statuses, 1),
              ElementsAre("NetConnection.Connect.Success", "NetConnection.Connect.Closed"));
  EXPECT_TRUE(outcome->success);
  expectGoodOneUndisturbed();
}

TEST_F(Publish, ClosedRightAfterPublishStartIsALostStream) {
  publishTo({.rtt = 20ms, .close_after_start = true});
  EXPECT_THAT(codes(stream_statuses, 1), ElementsAre("NetStream.Publish.Start", "NetStream.Publish.Lost"));
  EXPECT_EQ(find("NetStream.Publish.Lost")->level, "error");
  EXPECT_TRUE(outcome->success) << "a loss after Publish.Start is no setup failure";
  EXPECT_EQ(connection->stats()[1].state, ServerState::failed);
  expectGoodOneUndisturbed();
}

TEST_F(Publish, SilenceIsGivenUpAfterHalfAMinute) {
  publishTo({.never_answers_publish = true});
  EXPECT_THAT(codes(stream_statuses, 1), ElementsAre());
  world.loop.runFor(40s);
  EXPECT_THAT(codes(stream_statuses, 1), ElementsAre("NetStream.Publish.Failed"));
  expectGoodOneUndisturbed();
}

TEST_F(Publish, AfterSilenceTheNameIsGivenBack) {
  publishTo({.never_answers_publish = true});
  world.loop.runFor(31s);
  EXPECT_THAT(world.server("bad").commands, testing::IsSupersetOf({"FCUnpublish", "deleteStream"}));
  world.server("bad").script.never_answers_publish = false;
  stream.publish("again");
  world.loop.runFor(1s);
  EXPECT_EQ(connection->stats()[1].state, ServerState::publishing);
}

TEST_F(Publish, NoAnswerIsMissedAfterNsClose) {
  publishTo({.never_answers_publish = true});
  stream.close();
  world.loop.runFor(60s);
  EXPECT_EQ(countOf("NetStream.Publish.Failed"), 0U);
  EXPECT_EQ(connection->stats()[1].error, "");
}

TEST_F(Publish, AnEmptyNameDoesNotEndTheWaitForConnect) {
  world.server("mute", {.never_answers_handshake = true});
  make();
  connect({at("mute")});
  world.loop.runFor(100ms);
  stream.publish("");
  world.loop.runFor(60s);
  EXPECT_EQ(countOf("NetStream.Publish.Failed"), 1U);
  EXPECT_EQ(countOf("NetConnection.Connect.Failed"), 1U);
}

TEST_F(Publish, FramesAreTakenFromPublishOnEvenRightAfterNsClose) {
  publishTo(Script{});
  stream.close();
  stream.publish("second");
  int written = 0, refused = 0;
  world.loop.runUntil([&] {
    refused += stream.writeVideo(videoConfig()) ? 0 : 1;
    return ++written == 20;
  });
  EXPECT_EQ(refused, 0);
}

TEST_F(Publish, TheServerMayEndTheStream) {
  publishTo({});
  world.server("bad").sendStatus(true, "error", "NetStream.Publish.Denied", "kicked");
  world.loop.runFor(1s);
  EXPECT_THAT(codes(stream_statuses, 1),
              ElementsAre("NetStream.Publish.Start", "NetStream.Publish.Denied", "NetStream.Publish.Lost"));
  expectGoodOneUndisturbed();
}

TEST_F(Publish, AnEmptyNameFailsWhereThereIsNoOther) {
  world.server("a");
  world.server("b");
  make();
  stream.publish("");
  connect({at("a"), at("b", "own")});
  world.loop.runFor(1s);
  EXPECT_THAT(codes(stream_statuses, 0), ElementsAre("NetStream.Publish.Failed"));
  EXPECT_THAT(codes(stream_statuses, 1), ElementsAre("NetStream.Publish.Start"));
  EXPECT_EQ(countOf("NetStream.Publish.AllLost"), 0U);
}

TEST_F(Publish, SaysWhenNoServerIsLeft) {
  publishTo({.reject_publish = "NetStream.Publish.BadName"});
  EXPECT_EQ(countOf("NetStream.Publish.AllLost"), 0U);
  world.server("good").reset();
  world.loop.runFor(1s);
  EXPECT_EQ(countOf("NetStream.Publish.AllLost"), 1U);
  EXPECT_FALSE(find("NetStream.Publish.AllLost")->server);
}

TEST_F(Publish, MayBeginAnewAfterNsClose) {
  publishTo(Script{});
  writeFrames(5);
  world.loop.runFor(1s);
  connection->nsClose();
  EXPECT_FALSE(stream.writeVideo(video(FrameKind::key, 1, 0ms)));
  world.loop.runFor(1s);
  EXPECT_TRUE(world.server("good").unpublished);
  EXPECT_EQ(connection->stats()[0].state, ServerState::connected);
  stream.publish("second");
  world.loop.runFor(1s);
  writeFrames(3);
  world.loop.runFor(1s);
  EXPECT_THAT(world.server("good").published, ElementsAre("key live", "second live"));
  EXPECT_EQ(receivedBy(world.server("good")).video.size(), 4U);
  EXPECT_EQ(world.server("good").connections, 1);
}

TEST_F(Publish, KeysAreInNothingThatIsSaid) {
  const std::string canary = "canary-4711";
  world.server("a", {.description = "stream " + canary + "?token=canary-0815 taken",
                     .reject_publish = "NetStream.Publish.BadName"});
  world.server("b", {.reject_connect = "NetConnection.Connect.Rejected", .description = "no canary-app"});
  world.server("c", {.close_on_publish = true});
  make();
  stream.publish(canary + "?token=canary-0815");
  connect({{"rtmp://a/live?auth=canary-app", {}, {}},
           {"rtmp://b/live?auth=canary-app", {}, {}},
           {"rtmp://user:canary-pass@c/live", {}, {}},
           {"rtmp://user:canary-pass@nowhere/live", "canary-own", {}}});
  world.loop.runFor(60s);
  std::string said;
  for (const auto* list : {&statuses, &stream_statuses}) {
    for (const Status& status : *list) {
      said += status.code + status.level + status.description + status.url + "\n";
      if (const AmfObject* info = status.info.object())
        for (const AmfProperty& property : info->properties())
          if (property.value.string()) said += property.name + *property.value.string() + "\n";
    }
  }
  for (const ServerOutcome& server : outcome->servers) said += server.url + server.error + "\n";
  for (const ServerStats& row : connection->stats()) said += row.url + row.error + "\n";
  EXPECT_THAT(said, Not(HasSubstr("canary")));
  EXPECT_THAT(said, HasSubstr("****"));
}

}  // namespace
}  // namespace multiconn::test
