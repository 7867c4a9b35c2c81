#include <gmock/gmock.h>

#include "net/error.hpp"
#include "net/message_pump_fixture.hpp"

namespace multiconn::net::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

TEST_F(MessagePumpTest, NamesAServerThatSpeaksSomethingElse) {
  pump->start();
  scheduler.run();
  wire->feed(rtmp::asBytes("HTTP/1.1 400 Bad Request\r\n"));
  EXPECT_EQ(failure().code, rtmp::Error::not_rtmp);
  EXPECT_EQ(failure().text, "the server speaks HTTP, not RTMP");
  EXPECT_FALSE(failure().final) << "a proxy says so while the server behind it restarts";

  events = {};
  make();
  pump->start();
  scheduler.run();
  wire->feed(rtmp::asBytes(std::string_view("\x15\x03\x01\x00\x02\x02\x46", 7)));
  EXPECT_EQ(failure().text, "the server speaks TLS, not RTMP");
  EXPECT_FALSE(failure().final);
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

}  // namespace
}  // namespace multiconn::net::test
