#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "rtmp/server_script.hpp"

namespace multiconn::rtmp {
namespace {

using namespace server_words;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

TEST(ServerStreams, IdsStartAtOneAndAreReused) {
  Script script;
  script.withStreams(3);
  EXPECT_EQ(commandIn(script.sent[0]).arguments, std::vector<AmfValue>{3});
  script.client(incoming("deleteStream", 0, {2}));
  EXPECT_THAT(script.sent, IsEmpty());
  script.client(incoming("createStream", 6, {}));
  EXPECT_EQ(commandIn(script.sent[0]).arguments, std::vector<AmfValue>{2});
  script.client(incoming("createStream", 7, {}));
  EXPECT_EQ(commandIn(script.sent[0]).arguments, std::vector<AmfValue>{4});
}

TEST(ServerStreams, AreBounded) {
  Limits limits;
  limits.max_streams = 2;
  Script script(limits);
  script.withStreams(2);
  EXPECT_EQ(script.close, Error::none);
  script.client(incoming("createStream", 9, {}));
  EXPECT_THAT(described(script.sent), ElementsAre("_error:9"));
  EXPECT_EQ(script.close, Error::unexpected_command);
}

TEST(ServerStreams, HostileIdsAreIgnored) {
  Script script;
  script.withStreams(1);
  for (const AmfValue& id : std::vector<AmfValue>{nan, -1, 0, 1.5, 1e300, "1", nullptr}) {
    script.client(incoming("deleteStream", 0, {id}));
    EXPECT_EQ(script.close, Error::none);
  }
  script.client(incoming("deleteStream", 0, {}));
  script.client(incoming("createStream", 9, {}));
  EXPECT_EQ(commandIn(script.sent[0]).arguments, std::vector<AmfValue>{2});
}

TEST(ServerPublish, AcceptedAndFed) {
  Script script;
  script.withStreams(1);
  script.client({0, 1, Video{makePayload(Bytes(1))}});
  EXPECT_THAT(script.events, IsEmpty());
  script.client(incoming("publish", 5, {"key?user=a&pass=b", "record"}, 1));
  ASSERT_EQ(script.saw<PublishRequested>().size(), 1u);
  const auto request = script.saw<PublishRequested>()[0];
  EXPECT_EQ(request.stream_id, 1u);
  EXPECT_EQ(request.name, "key");
  EXPECT_EQ(request.query, "user=a&pass=b");
  EXPECT_EQ(request.mode, "record");
  script.client({0, 1, Video{makePayload(Bytes(1))}});
  EXPECT_THAT(script.saw<MediaReceived>(), IsEmpty());
  script.add(script.session.acceptPublish(1));
  EXPECT_THAT(described(script.sent), ElementsAre("control 0@1", "onStatus:0@1"));
  EXPECT_EQ(script.code(1), "NetStream.Publish.Start");
  script.client({0, 1, Video{makePayload(Bytes(1))}});
  script.client({0, 1, Audio{makePayload(Bytes(1))}});
  script.client({0, 1, Data{{"onMetaData"}, {}}});
  script.client({0, 2, Video{makePayload(Bytes(1))}});
  EXPECT_EQ(script.saw<MediaReceived>().size(), 3u);
}

TEST(ServerPublish, ModesAndPrefixes) {
  const std::vector<std::pair<std::vector<AmfValue>, std::string>> cases{{{"a"}, "live"},
                                                                         {{"a", "append"}, "append"},
                                                                         {{"a", "LIVE"}, "live"},
                                                                         {{"a", "app/name"}, "live"},
                                                                         {{"a", 5}, "live"}};
  for (const auto& [arguments, mode] : cases) {
    Script script;
    script.withStreams(1);
    script.client(incoming("publish", 5, arguments, 1));
    ASSERT_EQ(script.saw<PublishRequested>().size(), 1u);
    EXPECT_EQ(script.saw<PublishRequested>()[0].mode, mode);
  }
  Script script;
  script.withStreams(1);
  script.client(incoming("publish", 5, {"mp4:film"}, 1));
  EXPECT_EQ(script.saw<PublishRequested>()[0].name, "film");
}

TEST(ServerPublish, BadNames) {
  const std::vector<AmfValue> names{"",      "?a=b", std::string(1025, 'a'),       "a\nb", 5,
                                    nullptr, true,   "a?" + std::string(2000, 'q')};
  for (const AmfValue& name : names) {
    Script script;
    script.withStreams(1);
    script.client(incoming("publish", 5, {name, "live"}, 1));
    EXPECT_EQ(script.code(), "NetStream.Publish.BadName");
    EXPECT_EQ(script.close, Error::none);
    EXPECT_THAT(script.events, IsEmpty());
  }
}

TEST(ServerPublish, OnAStreamThatWasNotCreated) {
  Script script;
  script.accepted();
  script.client(incoming("publish", 5, {"key"}, 1));
  EXPECT_EQ(script.code(), "NetStream.Failed");
  EXPECT_THAT(script.events, IsEmpty());
}

TEST(ServerPublish, RejectedAndTriedAgain) {
  Script script;
  script.withStreams(1);
  script.client(incoming("publish", 5, {"key"}, 1));
  script.add(script.session.rejectPublish(1, "NetStream.Publish.BadName", "in use"));
  EXPECT_EQ(script.code(), "NetStream.Publish.BadName");
  script.add(script.session.acceptPublish(1));
  EXPECT_THAT(script.sent, IsEmpty());
  script.client(incoming("publish", 6, {"other"}, 1));
  EXPECT_EQ(script.saw<PublishRequested>().size(), 2u);
}

TEST(ServerPublish, TwiceOnOneStreamCloses) {
  for (const auto* second : {"publish", "play"}) {
    Script script;
    script.withStreams(1);
    script.publishing();
    script.client(incoming(second, 6, {"key"}, 1));
    EXPECT_EQ(script.close, Error::unexpected_command) << second;
  }
}

TEST(ServerPublish, EveryWayToStop) {
  const std::vector<Message> ways{
      incoming("FCUnpublish", 6, {"key"}), incoming("FCUnpublish", 6, {"key?a=b"}),
      incoming("closeStream", 0, {}, 1),   incoming("publish", 0, {false}, 1),
      incoming("deleteStream", 0, {1}),    incoming("close", 0, {})};
  for (const Message& way : ways) {
    Script script;
    script.withStreams(1);
    script.publishing();
    script.client(way);
    ASSERT_EQ(script.saw<StreamClosed>().size(), 1u);
    EXPECT_EQ(script.saw<StreamClosed>()[0].stream_id, 1u);
    script.client({0, 1, Video{makePayload(Bytes(1))}});
    EXPECT_THAT(script.saw<MediaReceived>(), IsEmpty());
    script.client(incoming("deleteStream", 0, {1}));
    EXPECT_EQ(script.saw<StreamClosed>().size(), 1u);
  }
}

TEST(ServerPublish, UnpublishIsAnswered) {
  Script script;
  script.withStreams(1);
  script.publishing();
  script.client(incoming("FCUnpublish", 6, {"key"}));
  EXPECT_THAT(described(script.sent), ElementsAre("_result:6", "onFCUnpublish:0", "onStatus:0@1"));
  EXPECT_EQ(script.code(2), "NetStream.Unpublish.Success");
}

TEST(ServerPublish, CancelledWhileTheApplicationThinks) {
  Script script;
  script.withStreams(1);
  script.client(incoming("publish", 5, {"key"}, 1));
  script.client(incoming("closeStream", 0, {}, 1));
  EXPECT_EQ(script.saw<StreamClosed>().size(), 1u);
  EXPECT_THAT(script.sent, IsEmpty());
  script.add(script.session.acceptPublish(1));
  EXPECT_THAT(script.sent, IsEmpty());
}

PlayRequested requestFor(std::vector<AmfValue> arguments) {
  Script script;
  script.withStreams(1);
  script.client(incoming("play", 5, std::move(arguments), 1));
  return script.saw<PlayRequested>().at(0);
}

TEST(ServerPlay, Arguments) {
  EXPECT_EQ(requestFor({"mp4:a?b=c"}).name, "a");
  EXPECT_EQ(requestFor({"mp4:a?b=c"}).query, "b=c");
  EXPECT_EQ(requestFor({"mp3:a"}).name, "a");
  EXPECT_EQ(requestFor({"flv:a"}).name, "a");
  const std::vector<std::pair<AmfValue, double>> starts{
      {-2, -2000},  {-2000, -2000}, {-1, -1000},  {-1000, -1000},   {0, 0},
      {2500, 2500}, {nan, -2000},   {"5", -2000}, {nullptr, -2000}, {-7, -2000}};
  for (const auto& [start, expected] : starts) EXPECT_EQ(requestFor({"a", start}).start_ms, expected);
  EXPECT_EQ(requestFor({"a"}).start_ms, -2000);
  EXPECT_EQ(requestFor({"a", 0}).duration_ms, -1);
  EXPECT_EQ(requestFor({"a", 0, nan}).duration_ms, -1);
  EXPECT_EQ(requestFor({"a", 0, -5}).duration_ms, -1);
  EXPECT_EQ(requestFor({"a", 0, 5000}).duration_ms, 5000);
  EXPECT_TRUE(requestFor({"a", 0, 5000}).reset);
  EXPECT_TRUE(requestFor({"a", 0, 5000, nan}).reset);
  EXPECT_FALSE(requestFor({"a", 0, 5000, false}).reset);
  EXPECT_FALSE(requestFor({"a", 0, 5000, 0}).reset);
}

TEST(ServerPlay, Accepted) {
  Script script;
  script.withStreams(1);
  script.client(incoming("play", 5, {"key"}, 1));
  script.add(script.session.acceptPlay(1, true));
  EXPECT_THAT(described(script.sent), ElementsAre("control 4@1", "control 0@1", "onStatus:0@1",
                                                  "onStatus:0@1", "type 18@1", "type 18@1"));
  EXPECT_EQ(script.code(2), "NetStream.Play.Reset");
  EXPECT_EQ(script.code(3), "NetStream.Play.Start");
  Script quiet;
  quiet.withStreams(1);
  quiet.client(incoming("play", 5, {"key", -1, -1, false}, 1));
  quiet.add(quiet.session.acceptPlay(1, false));
  EXPECT_THAT(described(quiet.sent), ElementsAre("control 0@1", "onStatus:0@1", "type 18@1", "type 18@1"));
}

TEST(ServerPlay, Rejected) {
  Script script;
  script.withStreams(1);
  script.client(incoming("play", 5, {"key"}, 1));
  script.add(script.session.rejectPlay(1, "NetStream.Play.StreamNotFound", "no"));
  EXPECT_EQ(script.code(), "NetStream.Play.StreamNotFound");
  script.client(incoming("play", 5, {""}, 1));
  EXPECT_EQ(script.code(), "NetStream.Play.StreamNotFound");
}

TEST(ServerPlay, AnotherPlayReplacesTheFirst) {
  Script script;
  script.withStreams(1);
  script.playing();
  script.client(incoming("play", 6, {"other"}, 1));
  ASSERT_EQ(script.events.size(), 2u);
  EXPECT_TRUE(std::holds_alternative<StreamClosed>(script.events[0]));
  EXPECT_EQ(std::get<PlayRequested>(script.events[1]).name, "other");
  script.client(incoming("play", 7, {false}, 1));
  EXPECT_EQ(script.saw<StreamClosed>().size(), 2u);
}

TEST(ServerPlay, PublishersComeAndGo) {
  Script script;
  script.withStreams(1);
  script.add(script.session.publisherLeft(1));
  EXPECT_THAT(script.sent, IsEmpty());
  script.playing();
  script.add(script.session.publisherLeft(1));
  EXPECT_EQ(script.code(), "NetStream.Play.UnpublishNotify");
  script.add(script.session.publisherCame(1));
  EXPECT_EQ(script.code(), "NetStream.Play.PublishNotify");
}

TEST(ServerPlay, Complete) {
  Script script;
  script.withStreams(1);
  script.playing();
  script.add(script.session.playComplete(1));
  EXPECT_THAT(described(script.sent), ElementsAre("type 18@1", "onStatus:0@1", "control 1@1"));
  EXPECT_EQ(script.code(1), "NetStream.Play.Stop");
  script.client(incoming("closeStream", 0, {}, 1));
  EXPECT_THAT(script.events, IsEmpty());
}

TEST(ServerPlay, PauseSeekReceive) {
  Script script;
  script.withStreams(1);
  script.client(incoming("pause", 0, {true, 5}, 1));
  EXPECT_THAT(script.events, IsEmpty());
  script.playing();
  script.client(incoming("pause", 0, {true, 1500}, 1));
  EXPECT_EQ(script.code(), "NetStream.Pause.Notify");
  EXPECT_EQ(script.saw<PauseRequested>()[0].time_ms, 1500);
  script.client(incoming("pause", 0, {false, nan}, 1));
  EXPECT_EQ(script.code(), "NetStream.Unpause.Notify");
  script.client(incoming("pause", 0, {"true"}, 1));
  EXPECT_EQ(script.saw<PauseRequested>().size(), 2u);
  script.client(incoming("seek", 0, {2500}, 1));
  EXPECT_EQ(script.saw<SeekRequested>()[0].time_ms, 2500);
  for (const AmfValue& time : std::vector<AmfValue>{nan, -1, "5"}) {
    script.client(incoming("seek", 0, {time}, 1));
    EXPECT_EQ(script.code(), "NetStream.Seek.InvalidTime");
  }
  EXPECT_EQ(script.saw<SeekRequested>().size(), 1u);
  script.client(incoming("receiveAudio", 0, {false}, 1));
  EXPECT_THAT(script.sent, IsEmpty());
  script.client(incoming("receiveVideo", 0, {true}, 1));
  EXPECT_EQ(script.code(0), "NetStream.Seek.Notify");
  EXPECT_EQ(script.code(1), "NetStream.Play.Start");
  ASSERT_EQ(script.saw<ReceiveRequested>().size(), 2u);
  EXPECT_TRUE(script.saw<ReceiveRequested>()[1].video);
}

}  // namespace
}  // namespace multiconn::rtmp
