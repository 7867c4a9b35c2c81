// NetStream.send, stop() and bufferTime(): what goes out beside the frames, and when it ends.
#include "client_test.hpp"

namespace multiconn::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* send_failed = "NetStream.Send.Failed";

class DataMessage : public ClientTest {
 protected:
  /// "handler argument...", with the message's time, for each data message but metadata.
  std::vector<std::string> dataAt(const std::string& host) {
    std::vector<std::string> lines;
    for (const rtmp::Message& message : world.server(host).media) {
      const auto* data = std::get_if<rtmp::Data>(&message.body);
      if (!data || (data->values.size() > 1 && data->values[1] == AmfValue("onMetaData"))) continue;
      std::string line = std::to_string(message.timestamp);
      for (const AmfValue& value : data->values) line += " " + (value.string() ? *value.string() : "?");
      lines.push_back(line);
    }
    return lines;
  }
  void expectRefused(const std::string& handler, std::vector<AmfValue> arguments, const std::string& why) {
    stream_statuses.clear();
    stream.send(handler, std::move(arguments));
    world.loop.settle();
    ASSERT_EQ(countOf(send_failed), 1U) << handler;
    EXPECT_EQ(find(send_failed)->level, "error");
    EXPECT_THAT(find(send_failed)->description, HasSubstr(why));
  }
};

TEST_F(DataMessage, GoesToEveryServerInOrderWithTheFrames) {
  publishTo({"a", "b"});
  writeFrames(10);
  stream.send("caption", {"first"});
  writeFrame(10, FrameKind::inter);
  connection->nsSend("caption", {"second"});
  world.loop.runFor(1s);
  for (const char* host : {"a", "b"}) {
    EXPECT_THAT(dataAt(host), ElementsAre("360 caption first", "400 caption second")) << host;
    const auto& media = world.server(host).media;
    EXPECT_TRUE(std::holds_alternative<rtmp::Data>(media.back().body));
    EXPECT_TRUE(std::holds_alternative<rtmp::Data>(media[media.size() - 4].body));
  }
  EXPECT_EQ(countOf(send_failed), 0U);
}

TEST_F(DataMessage, WaitsWithTheFramesThatAreHeld) {
  publishTo({"a"});
  stream.writeVideo(videoConfig());
  stream.writeVideo(video(FrameKind::key, 0, 5000ms));
  stream.send("caption", {"behind"});
  stream.writeAudio(audioConfig());
  stream.writeAudio(audio(0, 5000ms));
  world.loop.runFor(1s);
  const auto& media = world.server("a").media;
  ASSERT_EQ(media.size(), 6U);
  EXPECT_TRUE(std::holds_alternative<rtmp::Video>(media[2].body));
  EXPECT_THAT(dataAt("a"), ElementsAre("0 caption behind"));
}

TEST_F(DataMessage, FramesThatAreSetAreKeptForServersThatJoin) {
  for (const char* host : {"late", "live"}) world.server(host, {.connect_delay = 2s});
  make();
  stream.publish("key");
  world.server("a");
  Destination live = at("live");
  live.resume = Resume::live;
  connect({at("a"), at("late"), live});
  world.loop.runFor(1s);
  writeFrames(30);
  stream.send("@setDataFrame", {"onTitle", "one"});
  stream.send("@setDataFrame", {"onGone", "two"});
  stream.send("@clearDataFrame", {"onGone"});
  world.loop.runFor(3s);
  EXPECT_THAT(dataAt("a"), ElementsAre("1160 @setDataFrame onTitle one", "1160 @setDataFrame onGone two",
                                       "1160 @clearDataFrame onGone"));
  EXPECT_EQ(dataAt("late"), dataAt("a")) << "where they were sent";
  EXPECT_THAT(dataAt("live"), ElementsAre("1160 @setDataFrame onTitle one")) << "what is left of them";
}

TEST_F(DataMessage, OnMetaDataIsMergedWithOurs) {
  publishTo({"a"});
  writeFrames(2);
  stream.send("@setDataFrame", {"onMetaData", AmfObject{{"title", "film"}}});
  world.loop.runFor(1s);
  const auto* data = std::get_if<rtmp::Data>(&world.server("a").media.back().body);
  ASSERT_TRUE(data);
  EXPECT_EQ(data->values[2].object()->stringOr("title", ""), "film");
  EXPECT_NE(data->values[2].object()->find("videocodecid"), nullptr);
}

TEST_F(DataMessage, WhatCannotBeSentIsSaid) {
  make();
  expectRefused("caption", {}, "Nothing is being published");
  publishTo({"a"});
  expectRefused("", {}, "empty");
  expectRefused("a.b", {}, "dot");
  expectRefused("close", {}, "RTMP itself");
  expectRefused("publish", {}, "RTMP itself");
  expectRefused(std::string(2000, 'x'), {}, "longer");
  expectRefused("@setDataFrame", {}, "takes the name");
  expectRefused("@setDataFrame", {"a.b", 1}, "dot");
  expectRefused("@clearDataFrame", {1}, "takes the name");
  expectRefused("bytes", {AmfValue::ByteArray{}}, "cannot be sent");
  expectRefused("long", {std::string(2'000'000, 'x')}, "cannot be sent");
  for (int i = 0; i < 64; ++i) stream.send("@setDataFrame", {"f" + std::to_string(i), 1});
  expectRefused("@setDataFrame", {"f64", 1}, "cannot be sent");
  stream.close();
  expectRefused("caption", {}, "Nothing is being published");
  world.loop.runFor(1s);
  EXPECT_EQ(dataAt("a").size(), 64U);
}

TEST_F(DataMessage, OneThatAServerIsTooSlowForIsLeftOutAndCounted) {
  ConnectOptions options;
  options.queue_bytes = 100'000;
  make(options);
  publishTo({"a", "stuck"});
  world.server("stuck").script.kernel_bytes = 10'000;
  world.server("stuck").stopReading();
  for (int i = 0; i < 1000; ++i) {
    stream.send("noise", {std::string(1000, 'x')});
    world.loop.runFor(1ms);
  }
  world.loop.runFor(2s);
  EXPECT_LE(connection->stats()[1].queue_bytes, 110'000U);
  EXPECT_THAT(find("NetStream.Buffer.Dropped")->description, HasSubstr("data messages"));
  EXPECT_EQ(dataAt("a").size(), 1000U);
}

TEST_F(DataMessage, StopEndsThePublishAndKeepsTheHandleUsable) {
  publishTo({"a"});
  writeFrames(5);
  world.loop.runFor(1s);
  EXPECT_EQ(stream.time(), 160ms);
  stream.stop();
  EXPECT_FALSE(stream.writeVideo(video(FrameKind::key, 0, 0ms)));
  world.loop.runFor(1s);
  EXPECT_TRUE(world.server("a").unpublished);
  EXPECT_EQ(connection->stats()[0].state, ServerState::connected);
  EXPECT_EQ(stream.time(), 160ms);
  stream.publish("again");
  world.loop.runFor(1s);
  EXPECT_EQ(stream.time(), 0ms) << "begins anew";
  EXPECT_THAT(world.server("a").published, ElementsAre("key live", "again live"));
}

TEST_F(DataMessage, BufferTimeIsTheAgeAtWhichFramesAreDropped) {
  publishTo({"a"});
  stream.bufferTime(500ms);
  world.server("a").stopReading();
  writeFrames(0);
  for (std::uint32_t i = 0; i < 200; ++i) {
    writeFrame(i, i % 25 == 0 ? FrameKind::key : FrameKind::inter, 20'000);
    world.loop.runFor(40ms);
    if (i > 30) {
      EXPECT_LE(connection->stats()[0].queue_age, 700ms);
    }
  }
  EXPECT_GE(countOf("NetStream.Buffer.Dropped"), 1U);
  stream.bufferTime(-5ms);
  world.loop.runFor(1s);
}

TEST_F(DataMessage, BeforeSetNetStreamsPublishIsRemembered) {
  connection.emplace(runtime);
  connection->publish("key");
  world.server("a");
  connect({at("a")});
  world.loop.runFor(1s);
  EXPECT_THAT(world.server("a").published, ElementsAre("key live"));
}

}  // namespace
}  // namespace multiconn::test
