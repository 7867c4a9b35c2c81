// Publishing and playing live, over sockets.
#include <gmock/gmock.h>

#include "origin/origin_fixture.hpp"

namespace multiconn::test {
namespace {

using namespace std::chrono_literals;

struct Sent {
  bool video = false;
  std::uint32_t timestamp = 0;
  rtmp::Bytes body;
};

/// Two groups of pictures with sound, times that are not round, and a keyframe of many chunks.
std::vector<Sent> broadcast() {
  std::vector<Sent> all{{true, 0, videoConfig()}, {false, 0, audioRecord()}};
  for (std::uint32_t i = 0; i < 20; ++i) {
    const bool key = i % 10 == 0;
    const auto mark = static_cast<unsigned char>(i + 1);
    all.push_back({true, 1000 + i * 33, videoFrame(key, mark, key ? 200'000 : 500)});
    all.push_back({false, 1003 + i * 33, audioFrame(mark)});
  }
  return all;
}

bool send(RtmpTestClient& publisher, const Sent& message) {
  return message.video ? publisher.sendVideo(message.timestamp, message.body)
                       : publisher.sendAudio(message.timestamp, message.body);
}

void expectNext(RtmpTestClient& player, const Sent& sent) {
  const auto got = nextFrame(player);
  ASSERT_TRUE(got);
  EXPECT_EQ(isVideo(*got), sent.video);
  EXPECT_EQ(got->timestamp, sent.timestamp);
  EXPECT_EQ(bodyOf(*got), sent.body);
}

TEST(Live, WaitingPlayerGetsEverythingFromTheFirstMessageOn) {
  const OriginServer server(testOptions());
  RtmpTestClient publisher(server.port());
  RtmpTestClient player(server.port());
  ASSERT_TRUE(player.connect());
  ASSERT_TRUE(player.requestPlay({.stream = "s"}));
  ASSERT_TRUE(eventually([&] { return waitingPlayers(server) == 1; }));
  ASSERT_TRUE(publisher.connect());
  ASSERT_TRUE(publisher.publish("s"));
  ASSERT_TRUE(player.waitPlaying());
  EXPECT_EQ(players(server), 1);
  const auto all = broadcast();
  for (const Sent& message : all) ASSERT_TRUE(send(publisher, message));
  for (const Sent& message : all) ASSERT_NO_FATAL_FAILURE(expectNext(player, message));
}

TEST(Live, LateJoinerBeginsWithTheNewestKeyframe) {
  const OriginServer server(testOptions());
  RtmpTestClient publisher(server.port());
  RtmpTestClient witness(server.port());
  RtmpTestClient player(server.port());
  ASSERT_TRUE(publisher.connect() && publisher.publish("s"));
  ASSERT_TRUE(witness.connect() && witness.play("s"));
  ASSERT_TRUE(publisher.sendData(0, {"@setDataFrame", "onMetaData", AmfObject::ecmaArray({{"width", 320}})}));
  const auto all = broadcast();
  for (const Sent& message : all) ASSERT_TRUE(send(publisher, message));
  for (const Sent& message : all) ASSERT_NO_FATAL_FAILURE(expectNext(witness, message));

  ASSERT_TRUE(player.connect() && player.play("s"));
  const auto metadata = player.media();
  ASSERT_TRUE(metadata);
  EXPECT_EQ(handlerOf(*metadata), "onMetaData");
  const std::uint32_t key_time = 1000 + 10 * 33;
  ASSERT_NO_FATAL_FAILURE(expectNext(player, {true, key_time, videoConfig()}));
  ASSERT_NO_FATAL_FAILURE(expectNext(player, {false, key_time, audioRecord()}));
  for (std::size_t i = 2 + 10 * 2; i < all.size(); ++i) ASSERT_NO_FATAL_FAILURE(expectNext(player, all[i]));
  const Sent live{true, 5000, videoFrame(false, 99)};
  ASSERT_TRUE(send(publisher, live));
  ASSERT_NO_FATAL_FAILURE(expectNext(player, live));
}

TEST(Live, JoinerOfAGroupTooLargeToKeepWaitsForTheNextKeyframe) {
  auto options = testOptions();
  options.gop_bytes = 1000;
  const OriginServer server(options);
  RtmpTestClient publisher(server.port());
  RtmpTestClient player(server.port());
  ASSERT_TRUE(publisher.connect() && publisher.publish("s"));
  ASSERT_TRUE(publisher.sendVideo(0, videoConfig()));
  ASSERT_TRUE(publisher.sendVideo(0, videoFrame(true, 1, 5000)));
  ASSERT_TRUE(eventually([&] { return statusOf(server).at("bytes_in").to_number<std::uint64_t>() > 5000; }));
  ASSERT_TRUE(player.connect() && player.play("s"));
  ASSERT_TRUE(publisher.sendVideo(40, videoFrame(false, 2)));
  ASSERT_TRUE(publisher.sendVideo(80, videoFrame(true, 3)));
  ASSERT_NO_FATAL_FAILURE(expectNext(player, {true, 0, videoConfig()}));
  ASSERT_NO_FATAL_FAILURE(expectNext(player, {true, 80, videoFrame(true, 3)}));
}

TEST(Live, UnknownAndEnhancedBodiesAreRelayedAsTheyAre) {
  const OriginServer server(testOptions());
  RtmpTestClient publisher(server.port());
  RtmpTestClient player(server.port());
  ASSERT_TRUE(publisher.connect() && publisher.publish("s"));
  ASSERT_TRUE(player.connect() && player.play("s"));
  const auto text = [](std::string_view bytes) {
    const auto view = rtmp::asBytes(bytes);
    return rtmp::Bytes(view.begin(), view.end());
  };
  const std::vector<Sent> all{{true, 0, text("\x90hvc1config")},
                              {true, 5, text("\x91hvc1key")},
                              {true, 9, text("\x90zzzzwhat")},
                              {false, 9, text("\x95???")},
                              {false, 10, text("\x91Opusframe")},
                              {true, 11, text("\xF7")},
                              {false, 12, text("")},
                              {true, 13, text("\x2Fxyz")}};
  for (const Sent& message : all) ASSERT_TRUE(send(publisher, message));
  for (const Sent& message : all) ASSERT_NO_FATAL_FAILURE(expectNext(player, message));
}

TEST(Live, EveryOneOfManyPlayersGetsEverything) {
  const OriginServer server(testOptions());
  RtmpTestClient publisher(server.port());
  ASSERT_TRUE(publisher.connect());
  std::vector<std::unique_ptr<RtmpTestClient>> audience;
  for (int i = 0; i < 24; ++i) {
    audience.push_back(std::make_unique<RtmpTestClient>(server.port()));
    ASSERT_TRUE(audience.back()->connect() && audience.back()->requestPlay({.stream = "s"}));
  }
  ASSERT_TRUE(eventually([&] { return waitingPlayers(server) == 24; }));
  ASSERT_TRUE(publisher.publish("s"));
  const auto all = broadcast();
  for (const Sent& message : all) ASSERT_TRUE(send(publisher, message));
  for (auto& player : audience) {
    for (const Sent& message : all) ASSERT_NO_FATAL_FAILURE(expectNext(*player, message));
  }
}

TEST(Live, TimesNearTheLimitsOf24And32BitsArriveUnchanged) {
  const OriginServer server(testOptions());
  RtmpTestClient publisher(server.port());
  RtmpTestClient player(server.port());
  ASSERT_TRUE(publisher.connect() && publisher.publish("s"));
  ASSERT_TRUE(player.connect() && player.play("s"));
  for (const std::uint32_t time : {0xFFFFF0U, 0xFFFFFFU, 0x1000005U, 0xFFFFFFF0U, 4U}) {
    const Sent message{true, time, videoFrame(true, 1, 100'000)};
    ASSERT_TRUE(send(publisher, message));
    ASSERT_NO_FATAL_FAILURE(expectNext(player, message));
  }
}

TEST(Live, SecondPublisherIsRefusedAndTheNameIsFreeOnceTheFirstIsGone) {
  const OriginServer server(testOptions());
  RtmpTestClient first(server.port());
  RtmpTestClient second(server.port());
  ASSERT_TRUE(first.connect() && first.publish("s"));
  ASSERT_TRUE(second.connect());
  EXPECT_FALSE(second.publish("s"));
  EXPECT_TRUE(second.waitStatus("NetStream.Publish.BadName"));
  first.reset();
  ASSERT_TRUE(eventually([&] { return connections(server) == 1; }));
  EXPECT_TRUE(second.publish("s"));
}

TEST(Live, SameNameInAnotherApplicationOrInstanceIsAnotherStream) {
  const OriginServer server(testOptions());
  RtmpTestClient live(server.port());
  RtmpTestClient other(server.port(), {.app = "other"});
  RtmpTestClient instance(server.port(), {.app = "live/room"});
  RtmpTestClient default_instance(server.port(), {.app = "live/_definst_"});
  ASSERT_TRUE(live.connect() && live.publish("s"));
  EXPECT_TRUE(other.connect() && other.publish("s"));
  EXPECT_TRUE(instance.connect() && instance.publish("s"));
  EXPECT_TRUE(default_instance.connect());
  EXPECT_FALSE(default_instance.publish("s"));
}

TEST(Live, PlayerIsToldWhenThePublisherLeavesAndComesBack) {
  const OriginServer server(testOptions());
  RtmpTestClient publisher(server.port());
  RtmpTestClient player(server.port());
  ASSERT_TRUE(publisher.connect() && publisher.publish("s"));
  ASSERT_TRUE(player.connect() && player.play("s"));
  ASSERT_TRUE(send(publisher, {true, 90'000, videoFrame(true, 1)}));
  ASSERT_NO_FATAL_FAILURE(expectNext(player, {true, 90'000, videoFrame(true, 1)}));
  ASSERT_TRUE(publisher.unpublish());
  EXPECT_TRUE(player.waitStatus("NetStream.Play.UnpublishNotify"));
  RtmpTestClient again(server.port());
  ASSERT_TRUE(again.connect() && again.publish("s"));
  EXPECT_TRUE(player.waitStatus("NetStream.Play.PublishNotify"));
  ASSERT_TRUE(send(again, {true, 0, videoFrame(true, 2)}));
  ASSERT_NO_FATAL_FAILURE(expectNext(player, {true, 0, videoFrame(true, 2)}));
}

TEST(Live, ApplicationThatIsNotServedIsRefused) {
  auto options = testOptions();
  options.applications = {"live"};
  const OriginServer server(options);
  RtmpTestClient wrong(server.port(), {.app = "other"});
  EXPECT_FALSE(wrong.connect());
  EXPECT_TRUE(wrong.waitStatus("NetConnection.Connect.InvalidApp"));
  EXPECT_TRUE(wrong.waitClosed());
  RtmpTestClient right(server.port(), {.app = "live/instance?token=1"});
  EXPECT_TRUE(right.connect());
}

TEST(Live, PlayerOfANameThatNobodyPublishesIsToldSoInTheEnd) {
  auto options = testOptions();
  options.play_wait = 20ms;
  const OriginServer server(options);
  RtmpTestClient player(server.port());
  ASSERT_TRUE(player.connect());
  EXPECT_FALSE(player.play("nothing"));
  EXPECT_TRUE(player.waitStatus("NetStream.Play.StreamNotFound"));
  EXPECT_TRUE(eventually([&] { return statusOf(server).at("streams").as_array().empty(); }));
  EXPECT_FALSE(player.play("nothing", 5000));
  EXPECT_TRUE(player.waitStatus("NetStream.Play.StreamNotFound"));
}

TEST(Live, PausedPlayerGoesOnWithAKeyframe) {
  const OriginServer server(testOptions());
  RtmpTestClient publisher(server.port());
  RtmpTestClient player(server.port());
  ASSERT_TRUE(publisher.connect() && publisher.publish("s"));
  ASSERT_TRUE(player.connect() && player.play("s"));
  ASSERT_TRUE(player.command(player.playStreamId(), "pause", {true, 0}));
  ASSERT_TRUE(player.waitStatus("NetStream.Pause.Notify"));
  ASSERT_TRUE(send(publisher, {true, 0, videoFrame(true, 1)}) && send(publisher, {false, 0, audioFrame(1)}));
  ASSERT_TRUE(send(publisher, {true, 1, videoConfig(7)}));
  ASSERT_NO_FATAL_FAILURE(expectNext(player, {true, 1, videoConfig(7)}));
  ASSERT_TRUE(player.command(player.playStreamId(), "pause", {false, 0}));
  ASSERT_TRUE(player.waitStatus("NetStream.Unpause.Notify"));
  ASSERT_TRUE(send(publisher, {true, 40, videoFrame(false, 2)}) &&
              send(publisher, {true, 80, videoFrame(true, 3)}));
  ASSERT_NO_FATAL_FAILURE(expectNext(player, {true, 80, videoFrame(true, 3)}));
}

TEST(Live, PlayerMayDoWithoutVideo) {
  const OriginServer server(testOptions());
  RtmpTestClient publisher(server.port());
  RtmpTestClient player(server.port());
  ASSERT_TRUE(publisher.connect() && publisher.publish("s"));
  ASSERT_TRUE(player.connect() && player.play("s"));
  // The pause is answered: what was sent before it has been obeyed.
  ASSERT_TRUE(player.command(player.playStreamId(), "receiveVideo", {false}));
  ASSERT_TRUE(player.command(player.playStreamId(), "seek", {1000}));
  ASSERT_TRUE(player.waitStatus("NetStream.Seek.Failed"));
  ASSERT_TRUE(send(publisher, {true, 0, videoFrame(true, 1)}) && send(publisher, {false, 0, audioFrame(1)}));
  ASSERT_NO_FATAL_FAILURE(expectNext(player, {false, 0, audioFrame(1)}));
  ASSERT_TRUE(player.command(player.playStreamId(), "receiveVideo", {true}));
  ASSERT_TRUE(player.waitStatus("NetStream.Seek.Notify"));
  ASSERT_TRUE(send(publisher, {true, 40, videoFrame(false, 2)}) &&
              send(publisher, {true, 80, videoFrame(true, 3)}));
  ASSERT_NO_FATAL_FAILURE(expectNext(player, {true, 80, videoFrame(true, 3)}));
}

TEST(Live, OnePlayerMayPlayTwoStreamsOnOneConnection) {
  const OriginServer server(testOptions());
  RtmpTestClient a(server.port());
  RtmpTestClient b(server.port());
  RtmpTestClient player(server.port());
  ASSERT_TRUE(a.connect() && a.publish("a") && b.connect() && b.publish("b"));
  ASSERT_TRUE(player.connect() && player.play("a"));
  const std::uint32_t first = player.playStreamId();
  ASSERT_TRUE(player.play("b"));
  const std::uint32_t second = player.playStreamId();
  ASSERT_NE(first, second);
  ASSERT_TRUE(send(a, {true, 1, videoFrame(true, 1)}));
  auto got = nextFrame(player);
  ASSERT_TRUE(got);
  EXPECT_EQ(got->stream_id, first);
  ASSERT_TRUE(send(b, {true, 2, videoFrame(true, 2)}));
  got = nextFrame(player);
  ASSERT_TRUE(got);
  EXPECT_EQ(got->stream_id, second);
}

TEST(Live, ClientWithADigestHandshakeIsServed) {
  const OriginServer server(testOptions());
  RtmpTestClient client(server.port(), {.handshake = rtmp::HandshakeForm::digest});
  EXPECT_TRUE(client.connect() && client.publish("s"));
}

TEST(Live, ServerStopsSoonWhateverItsPeersDo) {
  auto server = std::make_unique<OriginServer>(testOptions());
  RawClient mute(server->port());
  RtmpTestClient publisher(server->port());
  RtmpTestClient player(server->port());
  ASSERT_TRUE(publisher.connect() && publisher.publish("s") && player.connect() && player.play("s"));
  const auto begin = std::chrono::steady_clock::now();
  server.reset();
  // 250 ms on a machine with nothing else to do; a peer's own deadlines are 10 s and more.
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 5s);
  EXPECT_TRUE(player.waitClosed());
}

}  // namespace
}  // namespace multiconn::test
