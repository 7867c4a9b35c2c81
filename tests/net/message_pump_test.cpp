#include "net/message_pump.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/error.hpp"
#include "net/fake_transport.hpp"
#include "net/manual_scheduler.hpp"
#include "net/peer.hpp"

namespace multiconn::net::test {
namespace {

using namespace std::chrono_literals;
using rtmp::Handshake;
using testing::HasSubstr;

constexpr std::size_t packet = rtmp::handshake_packet_size;

// A client's pump over a transport that is the test, and a server's Connection at its other end.
class MessagePumpTest : public testing::Test {
 protected:
  MessagePumpTest() { make(); }

  void make(Handshake::Role role = Handshake::Role::client) {
    wire = std::make_shared<Wire>();
    pump = std::make_unique<MessagePump>(scheduler, std::make_unique<FakeTransport>(wire), role,
                                         rtmp::Limits{}, static_cast<PumpEvents&>(events));
  }

  /// Gives the peer what was written since the last time.
  void deliver() {
    const rtmp::Bytes written = wire->written();
    peer.take(rtmp::BytesView(written).subspan(delivered));
    delivered = written.size();
    EXPECT_EQ(peer.error, rtmp::Error::none);
  }

  void open() {
    pump->start();
    scheduler.run();
    deliver();
    wire->feed(peer.says());
    scheduler.run();
    deliver();
    ASSERT_TRUE(peer.connection.open());
    ASSERT_EQ(events.opens, 1);
    wire->writes.clear();
    delivered = 0;
  }

  LinkFailure failure() const { return events.failures.empty() ? LinkFailure{} : events.failures.front(); }

  ManualScheduler scheduler;
  PumpRecorder events;
  std::shared_ptr<Wire> wire;
  std::unique_ptr<MessagePump> pump;
  Peer peer;
  std::size_t delivered = 0;
};

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

TEST_F(MessagePumpTest, ACorkGathersUpToALimit) {
  open();
  pump->cork();
  int taken = 0;
  while (pump->trySend(video(1000)) && taken < 1000) ++taken;
  EXPECT_GE(taken, 60);
  EXPECT_LE(taken, 66);
  EXPECT_TRUE(wire->writes.empty());
  pump->uncork();
  EXPECT_EQ(wire->writes.size(), 1u);
  EXPECT_EQ(events.writables, 0);  // not inside uncork()
  scheduler.run();
  EXPECT_EQ(events.writables, 1);
  deliver();
  EXPECT_EQ(peer.all<rtmp::Video>().size(), static_cast<std::size_t>(taken));
}

TEST_F(MessagePumpTest, ACorkedLargeMessageGoesOutWithItsNeighbours) {
  open();
  pump->connection().announceChunkSize(60000);
  pump->cork();
  EXPECT_TRUE(pump->trySend(video(100)));
  EXPECT_TRUE(pump->trySend(video(500'000)));
  EXPECT_FALSE(pump->trySend(video(100)));
  pump->uncork();
  EXPECT_EQ(wire->writes.size(), 1u);
  scheduler.run();
  EXPECT_EQ(events.writables, 1);
  deliver();
  EXPECT_EQ(peer.all<rtmp::Video>().size(), 2u);
}

TEST_F(MessagePumpTest, NamesAServerThatSpeaksSomethingElse) {
  pump->start();
  scheduler.run();
  wire->feed(rtmp::asBytes("HTTP/1.1 400 Bad Request\r\n"));
  EXPECT_EQ(failure().code, rtmp::Error::not_rtmp);
  EXPECT_EQ(failure().text, "the server speaks HTTP, not RTMP");
  EXPECT_TRUE(failure().final);

  events = {};
  make();
  pump->start();
  scheduler.run();
  wire->feed(rtmp::asBytes(std::string_view("\x15\x03\x01\x00\x02\x02\x46", 7)));
  EXPECT_EQ(failure().text, "the server speaks TLS, not RTMP");
  EXPECT_TRUE(failure().final);
}

TEST_F(MessagePumpTest, EndsOverABrokenChunkStreamButDeliversWhatCameBefore) {
  open();
  rtmp::Bytes bytes = peer.composed(rtmp::command(0, "onBWDone", 0, nullptr));
  bytes.push_back(std::byte{0xC7});  // a type-3 chunk on a chunk stream that never had a header
  wire->feed(bytes);
  EXPECT_EQ(events.messages.size(), 1u);
  ASSERT_EQ(events.failures.size(), 1u);
  EXPECT_EQ(failure().code, rtmp::Error::chunk_without_header);
  EXPECT_THAT(failure().text, HasSubstr("broke the protocol"));
  EXPECT_FALSE(failure().final);
  EXPECT_TRUE(wire->closed);
}

TEST_F(MessagePumpTest, TellsHowThePeerEnded) {
  pump->start();
  scheduler.run();
  wire->end();
  EXPECT_EQ(failure().code, Error::closed_in_handshake);

  events = {};
  make();
  peer = Peer();
  delivered = 0;
  open();
  wire->end();
  ASSERT_EQ(events.failures.size(), 1u);
  EXPECT_FALSE(failure().code);
  EXPECT_EQ(failure().text, "the server closed the connection");

  events = {};
  make();
  peer = Peer();
  delivered = 0;
  open();
  wire->capacity = 10;
  pump->trySend(video(1000));
  wire->end();
  EXPECT_EQ(failure().code, Error::closed_by_peer);
}

TEST_F(MessagePumpTest, DeliversThePeersLastWordsWhenAWriteFails) {
  open();
  const rtmp::Bytes last = peer.composed(rtmp::command(1, "onStatus", 0, nullptr));
  wire->incoming.insert(wire->incoming.end(), last.begin(), last.end());  // not yet noticed
  wire->write_error = std::make_error_code(std::errc::broken_pipe);
  pump->trySend(video(10));
  EXPECT_TRUE(events.failures.empty());  // not inside trySend()
  scheduler.run();
  EXPECT_EQ(events.messages.size(), 1u);
  ASSERT_EQ(events.failures.size(), 1u);
  EXPECT_EQ(failure().text, "connection reset by the server");
  EXPECT_FALSE(pump->trySend(video(10)));
}

TEST_F(MessagePumpTest, ClosesGracefullyOnceEverythingIsWritten) {
  open();
  wire->capacity = 100;
  EXPECT_TRUE(pump->trySend(video(1000)));
  pump->close(CloseMode::graceful);
  EXPECT_FALSE(pump->trySend(video(10)));
  scheduler.run();
  EXPECT_FALSE(wire->write_shut);
  wire->drain(10'000);
  EXPECT_TRUE(wire->write_shut);
  EXPECT_TRUE(events.failures.empty());
  wire->feed(peer.composed(rtmp::command(0, "onFCUnpublish", 0, nullptr)));
  wire->end();
  EXPECT_TRUE(events.messages.empty());  // the owner has said goodbye
  ASSERT_EQ(events.failures.size(), 1u);
  EXPECT_FALSE(failure().code);
  EXPECT_TRUE(wire->closed);
  deliver();
  EXPECT_EQ(peer.all<rtmp::Video>().size(), 1u);
}

TEST_F(MessagePumpTest, AGracefulCloseWaits200MillisecondsAtMost) {
  open();
  pump->close(CloseMode::graceful);
  scheduler.run();
  EXPECT_TRUE(wire->write_shut);
  scheduler.advance(199ms);
  EXPECT_TRUE(events.failures.empty());
  scheduler.advance(1ms);
  ASSERT_EQ(events.failures.size(), 1u);
  EXPECT_FALSE(failure().code);
}

TEST_F(MessagePumpTest, AGracefulCloseTellsWhatThePeerDidNotTake) {
  open();
  wire->capacity = 0;
  pump->trySend(video(1000));
  pump->close(CloseMode::graceful);
  scheduler.advance(200ms);
  ASSERT_EQ(events.failures.size(), 1u);
  EXPECT_EQ(failure().code, std::errc::timed_out);
}

TEST_F(MessagePumpTest, AnAbortTellsOnceAndFromATaskOfItsOwn) {
  open();
  pump->close(CloseMode::abort);
  pump->close(CloseMode::graceful);
  EXPECT_TRUE(wire->closed);
  EXPECT_TRUE(events.failures.empty());
  scheduler.advance(1s);
  EXPECT_EQ(events.failures.size(), 1u);
}

TEST_F(MessagePumpTest, AGracefulCloseInTheHandshakeIsAnAbort) {
  pump->start();
  pump->close(CloseMode::graceful);
  EXPECT_TRUE(wire->closed);
  scheduler.run();
  EXPECT_EQ(events.failures.size(), 1u);
}

TEST_F(MessagePumpTest, TellsNothingAfterItsDestruction) {
  open();
  pump->trySend(video(10));
  wire->write_error = std::make_error_code(std::errc::broken_pipe);
  pump->trySend(video(10));
  pump->close(CloseMode::abort);
  pump.reset();
  scheduler.advance(1s);
  EXPECT_TRUE(events.failures.empty());
  EXPECT_TRUE(wire->closed);
}

TEST_F(MessagePumpTest, MayBeDestroyedInsideEveryEvent) {
  const auto feedTwoMessages = [this] {
    rtmp::Bytes bytes = peer.composed(rtmp::command(0, "one", 0, nullptr));
    const rtmp::Bytes second = peer.composed(rtmp::command(0, "two", 0, nullptr));
    bytes.insert(bytes.end(), second.begin(), second.end());
    wire->feed(bytes);
  };
  open();
  events.on_message = [this] { pump.reset(); };
  feedTwoMessages();
  EXPECT_EQ(events.messages.size(), 1u);

  events = {};
  make();
  peer = Peer();
  delivered = 0;
  open();
  events.on_closed = [this] { pump.reset(); };
  wire->end();
  scheduler.run();
  EXPECT_EQ(events.failures.size(), 1u);

  events = {};
  make();
  peer = Peer();
  delivered = 0;
  events.on_opened = [this] { pump.reset(); };
  pump->start();
  scheduler.run();
  deliver();
  wire->feed(peer.says());
  scheduler.run();
  EXPECT_EQ(events.opens, 1);

  events = {};
  make();
  peer = Peer();
  delivered = 0;
  open();
  wire->capacity = 0;
  pump->trySend(video(10));
  EXPECT_FALSE(pump->trySend(video(10)));
  events.on_writable = [this] { pump.reset(); };
  wire->drain(1000);
  EXPECT_EQ(events.writables, 1);
}

TEST_F(MessagePumpTest, StopsDeliveringOnceItsOwnerClosesIt) {
  open();
  rtmp::Bytes bytes = peer.composed(rtmp::command(0, "one", 0, nullptr));
  const rtmp::Bytes second = peer.composed(rtmp::command(0, "two", 0, nullptr));
  bytes.insert(bytes.end(), second.begin(), second.end());
  events.on_message = [this] { pump->close(CloseMode::abort); };
  wire->feed(bytes);
  scheduler.run();
  EXPECT_EQ(events.messages.size(), 1u);
  EXPECT_EQ(events.failures.size(), 1u);
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
