#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rtmp/client_script.hpp"

namespace multiconn::rtmp {
namespace {

using namespace client_words;

TEST(ClientPlay, SetsBufferThenPlays) {
  Script script;
  script.awaitPlay({"film", -2000, -1, true, 500});
  ASSERT_THAT(described(script.sent), ElementsAre("control 3@1", "play:3@1"));
  EXPECT_EQ(commandIn(script.sent[1]).arguments, (std::vector<AmfValue>{"film", -2000}));
  Script part;
  part.awaitPlay({"film", 1000, 5000, false, 500});
  EXPECT_EQ(commandIn(part.sent[1]).arguments, (std::vector<AmfValue>{"film", 1000, 5000, false}));
}

TEST(ClientPlay, MediaAndEnd) {
  Script script;
  script.awaitPlay();
  script.server(onStatus(1, "status", "NetStream.Play.Reset"));
  script.server(onStatus(1, "status", "NetStream.Play.Start"));
  EXPECT_EQ(script.saw<PlayStarted>().size(), 1u);
  EXPECT_EQ(script.saw<StatusReceived>().size(), 1u);
  script.server({5, 1, Video{makePayload(Bytes(1))}});
  script.server({5, 1, Audio{makePayload(Bytes(1))}});
  script.server({5, 1, Data{{"onMetaData", AmfObject{}}, {}}});
  script.server({5, 2, Video{makePayload(Bytes(1))}});
  script.server({5, 1, Unknown{19, nullptr}});
  EXPECT_EQ(script.saw<MediaReceived>().size(), 3u);
  script.server({0, 1, Data{{"onPlayStatus", makeInfo("status", "NetStream.Play.Complete", "")}, {}}});
  EXPECT_EQ(script.saw<StatusReceived>().back().status.code, "NetStream.Play.Complete");
  script.server({0, 0, UserControl{UserControl::Event::stream_eof, 1}});
  script.server({0, 0, UserControl{UserControl::Event::stream_eof, 2}});
  ASSERT_EQ(script.saw<StreamEnded>().size(), 1u);
}

TEST(ClientPlay, StreamNotFound) {
  Script script;
  script.awaitPlay();
  script.server(onStatus(1, "error", "NetStream.Play.StreamNotFound"));
  EXPECT_EQ(script.saw<PlayFailed>().size(), 1u);
  EXPECT_THAT(described(script.sent), ElementsAre("deleteStream:4"));
  script.server({5, 1, Video{makePayload(Bytes(1))}});
  EXPECT_THAT(script.saw<MediaReceived>(), IsEmpty());
}

TEST(ClientPlay, FailedSeekIsNotTheEnd) {
  Script script;
  script.awaitPlay();
  script.server(onStatus(1, "status", "NetStream.Play.Start"));
  script.server(onStatus(1, "error", "NetStream.Seek.Failed"));
  EXPECT_THAT(script.saw<PlayFailed>(), IsEmpty());
  script.server(onStatus(0, "error", "NetStream.Play.Failed"));
  EXPECT_EQ(script.saw<PlayFailed>().size(), 1u);
}

TEST(ClientPlay, Stop) {
  Script script;
  script.awaitPlay();
  script.add(script.session.stopPlay(1));
  EXPECT_THAT(described(script.sent), ElementsAre("deleteStream:4"));
  script.add(script.session.stopPlay(1));
  EXPECT_THAT(script.sent, IsEmpty());
}

TEST(ClientPlay, ServersWithOneStreamPerConnection) {
  Script script;
  script.awaitPlay();
  script.add(script.session.play({"other"}));
  script.server(incoming("_result", 4, {1}));
  EXPECT_EQ(script.saw<PlayFailed>().size(), 1u);
  EXPECT_THAT(script.sent, IsEmpty());
}

TEST(ClientPlay, ManyAfterOneAnotherLeaveNothingBehind) {
  Limits limits;
  limits.max_pending_calls = 2;
  Script script(test::connect_request, limits);
  script.add(script.session.connect());
  script.succeed();
  for (double transaction = 2; transaction < 100; transaction += 3) {
    script.add(script.session.play({"a"}));
    script.server(incoming("_result", transaction, {1}));
    script.server(onStatus(1, "status", "NetStream.Play.Start"));
    script.add(script.session.stopPlay(1));
  }
  EXPECT_THAT(script.saw<PlayFailed>(), IsEmpty());
  EXPECT_EQ(script.saw<PlayStarted>().size(), 33u);
}

TEST(ClientPlay, UnansweredCallsAreBounded) {
  Limits limits;
  limits.max_pending_calls = 2;
  Script script(test::connect_request, limits);
  script.add(script.session.connect());
  script.succeed();
  for (int i = 0; i < 3; ++i) script.add(script.session.play({"a"}));
  EXPECT_EQ(script.saw<PlayFailed>().size(), 1u);
  script.add(script.session.publish(publish_request));
  EXPECT_EQ(script.saw<PublishFailed>().size(), 1u);
  EXPECT_THAT(script.sent, IsEmpty());
}

}  // namespace
}  // namespace multiconn::rtmp
