#include "net/message_pump.hpp"

#include <gtest/gtest.h>

#include "net/message_pump_fixture.hpp"

namespace multiconn::net::test {
namespace {

using rtmp::Handshake;

constexpr std::size_t packet = rtmp::handshake_packet_size;

TEST_F(MessagePumpTest, WritesC2ByItselfAndWhatWasCorkedInOneWriteBehindIt) {
  events.on_opened = [this] {
    pump->connection().announceChunkSize(60000);
    pump->cork();
    EXPECT_TRUE(pump->trySend(rtmp::command(0, "connect", 1, nullptr)));
    EXPECT_TRUE(pump->trySend(rtmp::command(0, "createStream", 2, nullptr)));
    pump->uncork();
  };
  pump->start();
  scheduler.run();
  ASSERT_EQ(wire->writes.size(), 1u);
  EXPECT_EQ(wire->writes[0].size(), 1 + packet);

  deliver();
  wire->feed(peer.says());
  scheduler.run();
  ASSERT_EQ(wire->writes.size(), 3u);
  EXPECT_EQ(wire->writes[1].size(), packet);
  deliver();
  ASSERT_EQ(peer.received.size(), 3u);
  EXPECT_EQ(std::get<rtmp::SetChunkSize>(peer.received[0].body).size, 60000u);
  EXPECT_EQ(std::get<rtmp::Command>(peer.received[1].body).name, "connect");
  EXPECT_EQ(std::get<rtmp::Command>(peer.received[2].body).name, "createStream");
}

TEST_F(MessagePumpTest, TakesAHandshakeByteByByteAndAMessageThatFollowsAtOnce) {
  pump->start();
  scheduler.run();
  deliver();
  rtmp::Bytes answer = peer.says();
  const rtmp::Bytes first = peer.composed(rtmp::command(0, "onBWDone", 0, nullptr));
  answer.insert(answer.end(), first.begin(), first.end());
  for (const std::byte byte : answer) {
    wire->feed({&byte, 1});
    scheduler.run();
  }
  EXPECT_EQ(events.opens, 1);
  ASSERT_EQ(events.messages.size(), 1u);
  ASSERT_EQ(wire->writes.size(), 2u);
  EXPECT_EQ(wire->writes[1].size(), packet);
}

TEST_F(MessagePumpTest, OpensBeforeItDeliversWhatCameWithTheHandshake) {
  pump->start();
  scheduler.run();
  deliver();
  rtmp::Bytes answer = peer.says();
  const rtmp::Bytes first = peer.composed(rtmp::command(0, "onBWDone", 0, nullptr));
  answer.insert(answer.end(), first.begin(), first.end());
  events.on_opened = [this] { EXPECT_TRUE(events.messages.empty()); };
  wire->feed(answer);
  EXPECT_EQ(events.messages.size(), 1u);
}

TEST_F(MessagePumpTest, ServesAsTheServersSideToo) {
  make(Handshake::Role::server);
  Peer client(Handshake::Role::client);
  pump->start();
  scheduler.run();
  wire->feed(client.says());
  scheduler.run();
  client.take(wire->written());
  EXPECT_TRUE(client.connection.open());
  wire->feed(client.says());
  wire->feed(client.composed(rtmp::command(0, "connect", 1, nullptr)));
  scheduler.run();
  EXPECT_EQ(events.opens, 1);
  EXPECT_EQ(events.messages.size(), 1u);
}

TEST_F(MessagePumpTest, WritesAMessageOfManyChunksInOneWrite) {
  open();
  pump->connection().announceChunkSize(60000);
  const rtmp::OutMessage frame = video(1'500'000, 40);
  EXPECT_TRUE(pump->trySend(frame));
  EXPECT_EQ(wire->writes.size(), 1u);
  deliver();
  ASSERT_EQ(peer.all<rtmp::Video>().size(), 1u);
  EXPECT_EQ(*std::get<rtmp::Video>(peer.all<rtmp::Video>()[0]->body).body, *frame.payload);
}

TEST_F(MessagePumpTest, WritesAMessageOfMoreSlicesThanOneWriteTakes) {
  open();
  const rtmp::OutMessage frame = video(100'000);  // in chunks of 128: 1564 slices
  EXPECT_TRUE(pump->trySend(frame));
  deliver();
  ASSERT_EQ(peer.all<rtmp::Video>().size(), 1u);
  EXPECT_EQ(*std::get<rtmp::Video>(peer.all<rtmp::Video>()[0]->body).body, *frame.payload);
}

TEST_F(MessagePumpTest, SurvivesWritesOfOneByte) {
  open();
  wire->per_write = 1;
  const rtmp::OutMessage frame = video(3000);
  EXPECT_TRUE(pump->trySend(frame));
  EXPECT_FALSE(pump->trySend(frame));
  for (int i = 0; i < 4000 && wire->writable; ++i) wire->drain(0);
  EXPECT_EQ(events.writables, 1);
  EXPECT_EQ(pump->stats().unsent, 0u);
  deliver();
  ASSERT_EQ(peer.all<rtmp::Video>().size(), 1u);
  EXPECT_EQ(*std::get<rtmp::Video>(peer.all<rtmp::Video>()[0]->body).body, *frame.payload);
}

TEST_F(MessagePumpTest, CutsAtEveryPlaceWithoutLosingAByte) {
  for (std::size_t cut = 0; cut < 420; ++cut) {
    events = {};
    peer = Peer();
    delivered = 0;
    make();
    open();
    wire->capacity = cut;
    const rtmp::OutMessage frame = video(400, static_cast<std::uint32_t>(cut));  // 4 chunks: 415 bytes
    ASSERT_TRUE(pump->trySend(frame));
    wire->drain(1000);
    ASSERT_TRUE(pump->trySend(frame));
    deliver();
    ASSERT_EQ(peer.all<rtmp::Video>().size(), 2u) << cut;
  }
}

TEST_F(MessagePumpTest, HoldsOneMessageAndTellsWhenThereIsRoomAgain) {
  open();
  wire->capacity = 100;
  EXPECT_TRUE(pump->trySend(video(1000)));
  EXPECT_GT(pump->stats().unsent, 900u);
  EXPECT_FALSE(pump->trySend(video(1000)));
  wire->drain(100);
  EXPECT_EQ(events.writables, 0);
  wire->drain(5000);
  EXPECT_EQ(events.writables, 1);
  EXPECT_TRUE(pump->trySend(video(1000)));
  scheduler.run();
  EXPECT_EQ(events.writables, 1);
}

TEST_F(MessagePumpTest, PutsControlMessagesBetweenMessagesNeverInside) {
  open();
  wire->capacity = 200;
  EXPECT_TRUE(pump->trySend(video(1000)));
  wire->feed(peer.composed(rtmp::control(rtmp::UserControl::Event::ping_request, 77)));
  pump->connection().announceChunkSize(4096);
  pump->flush();
  wire->drain(100'000);
  EXPECT_TRUE(pump->trySend(video(1000)));
  deliver();
  ASSERT_EQ(peer.received.size(), 4u);
  EXPECT_TRUE(std::holds_alternative<rtmp::Video>(peer.received[0].body));
  EXPECT_EQ(std::get<rtmp::UserControl>(peer.received[1].body).value, 77u);
  EXPECT_TRUE(std::holds_alternative<rtmp::SetChunkSize>(peer.received[2].body));
  EXPECT_TRUE(std::holds_alternative<rtmp::Video>(peer.received[3].body));
}

TEST_F(MessagePumpTest, AnswersPingsAndAcknowledgesWithoutBeingAskedToSend) {
  open();
  wire->feed(peer.composed(rtmp::control(rtmp::UserControl::Event::ping_request, 5)));
  deliver();
  ASSERT_EQ(peer.received.size(), 1u);
  peer.connection.announceWindow(20'000);
  wire->feed(peer.says());
  wire->feed(peer.composed(video(30'000)));
  deliver();
  EXPECT_EQ(peer.all<rtmp::Acknowledgement>().size(), 1u);
}

TEST_F(MessagePumpTest, ACorkGathersIntoFewWrites) {
  open();
  pump->connection().announceChunkSize(60000);
  pump->cork();
  for (std::uint32_t i = 0; i < 100; ++i) ASSERT_TRUE(pump->trySend(video(1000, i)));
  EXPECT_EQ(wire->writes.size(), 1u);
  pump->uncork();
  ASSERT_EQ(wire->writes.size(), 2u);
  EXPECT_GE(wire->writes[0].size(), 64u * 1024);
  EXPECT_EQ(pump->stats().unsent, 0u);
  scheduler.run();
  EXPECT_EQ(events.writables, 0);
  deliver();
  EXPECT_EQ(peer.all<rtmp::Video>().size(), 100u);
}

TEST_F(MessagePumpTest, ACorkTakesNoMoreThanAWriteBeyondWhatTheSocketTakes) {
  open();
  wire->capacity = 100'000;
  pump->cork();
  int taken = 0;
  while (pump->trySend(video(1000)) && taken < 1000) ++taken;
  pump->uncork();
  EXPECT_GE(taken, 100);
  EXPECT_LE(taken, 100 + 66);
  EXPECT_EQ(events.writables, 0);  // not inside uncork()
  wire->drain(1'000'000);
  EXPECT_EQ(events.writables, 1);
  deliver();
  EXPECT_EQ(peer.all<rtmp::Video>().size(), static_cast<std::size_t>(taken));
}

TEST_F(MessagePumpTest, AChangeOfChunkSizeReachesOnlyWhatIsCorkedBehindIt) {
  open();
  pump->cork();
  EXPECT_TRUE(pump->trySend(video(1000)));
  pump->connection().announceChunkSize(4096);
  EXPECT_TRUE(pump->trySend(video(1000)));
  pump->uncork();
  EXPECT_EQ(wire->writes.size(), 1u);
  deliver();
  ASSERT_EQ(peer.received.size(), 3u);
  EXPECT_TRUE(std::holds_alternative<rtmp::SetChunkSize>(peer.received[1].body));
  EXPECT_EQ(peer.all<rtmp::Video>().size(), 2u);
}

TEST_F(MessagePumpTest, ACorkedLargeMessageGoesOutWithItsNeighbours) {
  open();
  pump->connection().announceChunkSize(60000);
  pump->cork();
  EXPECT_TRUE(pump->trySend(video(100)));
  EXPECT_TRUE(pump->trySend(video(500'000)));
  EXPECT_EQ(wire->writes.size(), 1u);
  pump->uncork();
  EXPECT_EQ(wire->writes.size(), 1u);
  scheduler.run();
  deliver();
  EXPECT_EQ(peer.all<rtmp::Video>().size(), 2u);
}

TEST_F(MessagePumpTest, CountsBytes) {
  open();
  const LinkStats before = pump->stats();
  EXPECT_EQ(before.bytes_sent, 1 + 2 * packet);
  EXPECT_EQ(before.bytes_received, 1 + 2 * packet);
  EXPECT_EQ(before.last_read, scheduler.now());
  pump->trySend(video(100));
  EXPECT_EQ(pump->stats().bytes_sent, before.bytes_sent + 112);
}

}  // namespace
}  // namespace multiconn::net::test
