// A spare: the stream is created in advance, and announced only when it is published on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rtmp/client_script.hpp"

namespace multiconn::rtmp {
namespace {

using namespace client_words;

struct Prepared : Script {
  Prepared() {
    connected();
    add(session.prepare());
  }
};

TEST(ClientPrepare, AsksForAStreamAndNothingElse) {
  Prepared script;
  EXPECT_THAT(described(script.sent), ElementsAre("createStream:2"));
  script.server(incoming("_result", 2, {7}));
  EXPECT_THAT(script.sent, IsEmpty());
  EXPECT_THAT(script.events, IsEmpty());
  script.add(script.session.prepare());
  EXPECT_THAT(script.sent, IsEmpty()) << "there is one";
}

TEST(ClientPrepare, PublishingTakesOneRoundTrip) {
  Prepared script;
  script.server(incoming("_result", 2, {7}));
  script.add(script.session.publish(publish_request));
  EXPECT_THAT(described(script.sent), ElementsAre("releaseStream:3", "FCPublish:4", "publish:5@7"));
  script.server(onStatus(7, "status", "NetStream.Publish.Start"));
  EXPECT_EQ(script.session.publishStreamId(), 7U);
}

TEST(ClientPrepare, PublishedOnBeforeTheStreamIsThere) {
  Prepared script;
  script.add(script.session.publish(publish_request));
  EXPECT_THAT(described(script.sent), ElementsAre("releaseStream:3", "FCPublish:4"));
  script.server(incoming("_result", 2, {7}));
  EXPECT_THAT(described(script.sent), ElementsAre("publish:5@7"));
}

TEST(ClientPrepare, OnlyOnAConnectionThatIsFree) {
  Script early;
  early.add(early.session.prepare());
  EXPECT_THAT(early.sent, IsEmpty());
  Script publishing;
  publishing.startPublish();
  publishing.add(publishing.session.prepare());
  EXPECT_THAT(publishing.sent, IsEmpty());
}

TEST(ClientPrepare, UnpublishingLeavesWhatIsPrepared) {
  Prepared script;
  script.add(script.session.unpublish());
  script.server(incoming("_result", 2, {7}));
  script.add(script.session.unpublish());
  EXPECT_THAT(script.sent, IsEmpty());
  script.add(script.session.publish(publish_request));
  EXPECT_THAT(described(script.sent), ElementsAre("releaseStream:3", "FCPublish:4", "publish:5@7"));
}

TEST(ClientPrepare, AgainAfterAPublish) {
  Script script;
  script.startPublish();
  script.add(script.session.unpublish());
  EXPECT_THAT(described(script.sent), ElementsAre("FCUnpublish:6", "deleteStream:7"));
  script.add(script.session.prepare());
  EXPECT_THAT(described(script.sent), ElementsAre("createStream:8"));
  script.server(incoming("_result", 8, {1}));
  EXPECT_THAT(script.sent, IsEmpty()) << "some servers give the same id again";
  script.add(script.session.publish(publish_request));
  EXPECT_THAT(described(script.sent), ElementsAre("releaseStream:9", "FCPublish:10", "publish:11@1"));
}

// The first answer is for the publish that was given up.
TEST(ClientPrepare, TakesTheStreamOfAnAbandonedPublish) {
  Script script;
  script.connected();
  script.add(script.session.publish(publish_request));
  script.add(script.session.unpublish());
  script.add(script.session.prepare());
  EXPECT_THAT(described(script.sent), ElementsAre("createStream:6"));
  script.server(incoming("_result", 4, {1}));
  EXPECT_THAT(script.sent, IsEmpty());
  script.server(incoming("_result", 6, {1}));
  EXPECT_THAT(script.sent, IsEmpty()) << "the same stream, which is wanted";
  script.server(incoming("_result", 6, {2}));
  EXPECT_THAT(script.sent, IsEmpty());
}

TEST(ClientPrepare, WhatIsLeftOverIsDeleted) {
  Script script;
  script.connected();
  script.add(script.session.publish(publish_request));
  script.add(script.session.unpublish());
  script.add(script.session.prepare());
  script.server(incoming("_result", 4, {1}));
  script.server(incoming("_result", 6, {2}));
  EXPECT_THAT(described(script.sent), ElementsAre("deleteStream:7"));
}

TEST(ClientPrepare, RefusedIsNoFailure) {
  Prepared script;
  script.server(incoming("_error", 2, {makeInfo("error", "NetConnection.Call.Failed", "no")}));
  EXPECT_THAT(script.events, IsEmpty());
  script.add(script.session.publish(publish_request));
  EXPECT_THAT(described(script.sent), ElementsAre("releaseStream:3", "FCPublish:4", "createStream:5"));
}

TEST(ClientPrepare, RefusedAfterPublishFailsIt) {
  Prepared script;
  script.add(script.session.publish(publish_request));
  script.server(incoming("_error", 2, {makeInfo("error", "NetConnection.Call.Failed", "no")}));
  EXPECT_EQ(script.saw<PublishFailed>().size(), 1U);
}

TEST(ClientPrepare, AStreamThatIsPlayedIsNotTaken) {
  Script script;
  script.awaitPlay();
  script.add(script.session.prepare());
  script.server(incoming("_result", 4, {1}));
  EXPECT_THAT(script.saw<PlayFailed>(), IsEmpty());
  script.add(script.session.publish(publish_request));
  EXPECT_THAT(described(script.sent), ElementsAre("releaseStream:5", "FCPublish:6", "createStream:7"));
}

}  // namespace
}  // namespace multiconn::rtmp
