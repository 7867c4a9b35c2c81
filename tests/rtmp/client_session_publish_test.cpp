#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "rtmp/client_script.hpp"

namespace multiconn::rtmp {
namespace {

using namespace client_words;

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

TEST(ClientPublish, PipelinesAllButPublish) {
  Script script;
  script.add(script.session.connect(publish_request));
  ASSERT_THAT(described(script.sent),
              ElementsAre("connect:1", "releaseStream:2", "FCPublish:3", "createStream:4"));
  EXPECT_EQ(commandIn(script.sent[1]).arguments, std::vector<AmfValue>{"key?a=b"});
  EXPECT_EQ(commandIn(script.sent[2]).arguments, std::vector<AmfValue>{"key?a=b"});
  script.succeed();
  EXPECT_THAT(script.sent, IsEmpty());
  script.server(incoming("_result", 4, {7}));
  ASSERT_THAT(described(script.sent), ElementsAre("publish:5@7"));
  EXPECT_EQ(commandIn(script.sent[0]).arguments, (std::vector<AmfValue>{"key?a=b", "live"}));
}

TEST(ClientPublish, AfterConnect) {
  Script script;
  script.add(script.session.publish(publish_request));
  EXPECT_THAT(script.sent, IsEmpty());
  script.add(script.session.connect());
  script.add(script.session.publish(publish_request));
  EXPECT_THAT(script.sent, IsEmpty());
  script.succeed();
  script.add(script.session.publish(publish_request));
  EXPECT_THAT(described(script.sent), ElementsAre("releaseStream:2", "FCPublish:3", "createStream:4"));
  script.add(script.session.publish(publish_request));
  EXPECT_THAT(script.sent, IsEmpty());
}

TEST(ClientPublish, StartsByStatusWithAnyTransaction) {
  for (const double transaction : {0.0, 5.0, 99.0}) {
    Script script;
    script.awaitPublish();
    EXPECT_EQ(script.session.publishStreamId(), 0u);
    script.server(onStatus(1, "status", "NetStream.Publish.Start", transaction));
    ASSERT_EQ(script.saw<PublishStarted>().size(), 1u);
    EXPECT_EQ(script.saw<PublishStarted>()[0].stream_id, 1u);
    EXPECT_EQ(script.session.publishStreamId(), 1u);
    script.server(onStatus(1, "status", "NetStream.Publish.Start"));
    script.server(incoming("_result", 5, {}));
    EXPECT_EQ(script.saw<PublishStarted>().size(), 1u);
  }
}

TEST(ClientPublish, StartsByResultOrByStatusOnStreamZero) {
  Script by_result;
  by_result.awaitPublish();
  by_result.server(incoming("_result", 5, {nullptr}));
  EXPECT_TRUE(by_result.session.publishing());
  Script by_status;
  by_status.awaitPublish();
  by_status.server(onStatus(0, "status", "NetStream.Publish.Start"));
  EXPECT_TRUE(by_status.session.publishing());
}

TEST(ClientPublish, IsNotStartedByNoticesOrOtherStreams) {
  Script script;
  script.awaitPublish();
  script.server(incoming("onFCPublish", 0, {makeInfo("status", "NetStream.Publish.Start", "")}));
  script.server(onStatus(2, "status", "NetStream.Publish.Start"));
  script.server(onStatus(1, "status", "NetStream.Record.Start"));
  script.server(incoming("onStatus", 0, {}, 1));
  script.server(incoming("onStatus", 0, {"NetStream.Publish.Start"}, 1));
  EXPECT_FALSE(script.session.publishing());
}

TEST(ClientPublish, FailsByStatusBeforeAndAfterStart) {
  for (const bool started : {false, true}) {
    Script script;
    started ? script.startPublish() : script.awaitPublish();
    script.server(onStatus(1, "error", "NetStream.Publish.BadName"));
    ASSERT_EQ(script.saw<PublishFailed>().size(), 1u);
    EXPECT_EQ(script.saw<PublishFailed>()[0].status.code, "NetStream.Publish.BadName");
    EXPECT_EQ(script.saw<PublishFailed>()[0].stream_id, 1u);
    EXPECT_THAT(described(script.sent), ElementsAre("deleteStream:6"));
    EXPECT_FALSE(script.session.publishing());
    // The connection stays, so that another name may be tried.
    script.add(script.session.publish({"other", "live"}));
    EXPECT_THAT(described(script.sent), ElementsAre("releaseStream:7", "FCPublish:8", "createStream:9"));
  }
}

TEST(ClientPublish, OutlivesAFailedRecording) {
  Script script;
  script.startPublish();
  script.server(onStatus(1, "error", "NetStream.Record.Failed"));
  EXPECT_THAT(script.saw<PublishFailed>(), IsEmpty());
  ASSERT_EQ(script.saw<StatusReceived>().size(), 1u);
  EXPECT_TRUE(script.session.publishing());
}

TEST(ClientPublish, FailsByErrorReply) {
  Script script;
  script.awaitPublish();
  script.server(incoming("_error", 5, {makeInfo("error", "NetStream.Publish.Denied", "")}));
  ASSERT_EQ(script.saw<PublishFailed>().size(), 1u);
  EXPECT_EQ(script.saw<PublishFailed>()[0].status.code, "NetStream.Publish.Denied");
}

TEST(ClientPublish, EndedByTheServer) {
  Script script;
  script.startPublish();
  script.server(onStatus(1, "status", "NetStream.Unpublish.Success"));
  EXPECT_EQ(script.saw<PublishFailed>().size(), 1u);
}

TEST(ClientPublish, CourtesyCallsMayFail) {
  Script script;
  script.add(script.session.connect(publish_request));
  script.succeed();
  script.server(incoming("_error", 2, {makeInfo("error", "NetConnection.Call.Failed", "")}));
  script.server(incoming("_error", 3, {}));
  script.server(incoming("_result", 4, {1}));
  EXPECT_THAT(described(script.sent), ElementsAre("publish:5@1"));
  EXPECT_THAT(script.saw<PublishFailed>(), IsEmpty());
}

TEST(ClientPublish, StreamIdsAreChecked) {
  const std::vector<AmfValue> bad{0, -1, 1.5, 4294967296.0, nan, infinity, "1", nullptr, true, AmfObject{}};
  for (const AmfValue& id : bad) {
    Script script;
    script.add(script.session.connect(publish_request));
    script.succeed();
    script.server(incoming("_result", 4, {id}));
    ASSERT_EQ(script.saw<PublishFailed>().size(), 1u);
    EXPECT_EQ(script.saw<PublishFailed>()[0].status.code, "NetConnection.Call.Failed");
    EXPECT_THAT(script.sent, IsEmpty());
  }
  Script script;
  script.add(script.session.connect(publish_request));
  script.succeed();
  script.server(incoming("_result", 4, {2147483648.0}));
  EXPECT_THAT(described(script.sent), ElementsAre("publish:5@2147483648"));
}

TEST(ClientPublish, CreateStreamRefused) {
  Script script;
  script.add(script.session.connect(publish_request));
  script.succeed();
  script.server(incoming("_error", 4, {makeInfo("error", "NetConnection.Call.Failed", "no")}));
  ASSERT_EQ(script.saw<PublishFailed>().size(), 1u);
  EXPECT_EQ(script.saw<PublishFailed>()[0].status.description, "no");
}

TEST(ClientPublish, StreamCreatedBeforeConnectIsAnswered) {  // nginx-rtmp with an on_connect hook
  Script script;
  script.add(script.session.connect(publish_request));
  script.server(incoming("_result", 4, {1}));
  EXPECT_THAT(script.sent, IsEmpty());
  script.succeed();
  EXPECT_THAT(described(script.sent), ElementsAre("publish:5@1"));
}

TEST(ClientPublish, StreamRefusedBeforeConnectIsAskedForAgain) {
  Script script;
  script.add(script.session.connect(publish_request));
  script.server(incoming("_error", 4, {}));
  EXPECT_THAT(script.events, IsEmpty());
  script.succeed();
  EXPECT_THAT(described(script.sent), ElementsAre("releaseStream:5", "FCPublish:6", "createStream:7"));
}

TEST(ClientPublish, Unpublish) {
  Script script;
  script.startPublish();
  script.add(script.session.unpublish());
  ASSERT_THAT(described(script.sent), ElementsAre("FCUnpublish:6", "deleteStream:7"));
  EXPECT_EQ(commandIn(script.sent[0]).arguments, std::vector<AmfValue>{"key?a=b"});
  EXPECT_EQ(commandIn(script.sent[1]).arguments, std::vector<AmfValue>{1});
  EXPECT_FALSE(script.session.publishing());
  script.server(onStatus(1, "status", "NetStream.Unpublish.Success"));
  EXPECT_THAT(script.saw<PublishFailed>(), IsEmpty());
  script.add(script.session.unpublish());
  EXPECT_THAT(script.sent, IsEmpty());
}

TEST(ClientPublish, UnpublishBeforeTheStreamExists) {
  Script script;
  script.add(script.session.connect(publish_request));
  script.succeed();
  script.add(script.session.unpublish());
  EXPECT_THAT(described(script.sent), ElementsAre("FCUnpublish:5"));
  script.server(incoming("_result", 4, {1}));
  EXPECT_THAT(described(script.sent), ElementsAre("deleteStream:6"));
}

TEST(ClientPublish, AgainBeforeTheAbandonedStreamExists) {
  Script script;
  script.add(script.session.connect(publish_request));
  script.succeed();
  script.add(script.session.unpublish());
  script.add(script.session.publish({"second", "live"}));
  script.server(incoming("_result", 4, {1}));
  ASSERT_THAT(described(script.sent), ElementsAre("publish:9@1"));
  EXPECT_EQ(*commandIn(script.sent[0]).arguments[0].string(), "second");
  script.server(incoming("_result", 8, {1}));  // nginx-rtmp gives 1 every time
  EXPECT_THAT(script.sent, IsEmpty());
  script.server(onStatus(1, "status", "NetStream.Publish.Start"));
  EXPECT_TRUE(script.session.publishing());
}

}  // namespace
}  // namespace multiconn::rtmp
