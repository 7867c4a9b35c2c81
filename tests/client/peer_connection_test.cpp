#include "client/peer_connection.hpp"

#include <gtest/gtest.h>

#include "client/sent_numbers.hpp"
#include "support/simulated_loop.hpp"

namespace multiconn::client {
namespace {

using rtmp::QueuedMessage;
using Class = QueuedMessage::Class;

/// A link that takes what it is allowed to, byte for byte, and acknowledges what it is told to.
class ScriptedLink final : public net::Link {
 public:
  void open(std::vector<rtmp::OutMessage>, net::LinkEvents& events) override { events_ = &events; }
  bool trySend(const rtmp::OutMessage& message) override {
    if (room == 0) return false;
    --room;
    figures.bytes_sent += message.payload->size();
    return true;
  }
  net::LinkStats stats() const override { return figures; }
  void close(net::CloseMode) override {}

  net::LinkEvents& events() { return *events_; }
  /// Everything but the last `bytes`.
  void acknowledgeAllBut(std::size_t bytes) { figures.unacknowledged = bytes; }

  std::size_t room = SIZE_MAX;
  net::LinkStats figures;

 private:
  net::LinkEvents* events_ = nullptr;
};

class Silent final : public PeerConnectionEvents {
  void happened(rtmp::ClientEvent&) override {}
  void choked(const std::string&) override {}
  void closed(net::LinkFailure) override {}
};

constexpr std::size_t frame_size = 100;

class Unconfirmed : public testing::Test {
 protected:
  Unconfirmed() {
    connection.open({});
    link->events().opened();
  }
  void send(std::uint64_t number, Class kind = Class::video, FrameKind frame = FrameKind::key) {
    rtmp::OutMessage message;
    message.type = rtmp::MessageType::video;
    message.payload = rtmp::makePayload(rtmp::Bytes(frame_size));
    connection.send({std::move(message), kind, frame, scheduler.now(), number});
  }
  std::uint64_t unconfirmed() { return connection.unconfirmed().value_or(0); }

  multiconn::test::SimulatedLoop loop;
  multiconn::test::SimulatedScheduler scheduler{loop};
  Silent events;
  ScriptedLink* link = new ScriptedLink;  // the connection's
  PeerConnection connection{scheduler, std::unique_ptr<net::Link>(link), {}, events};
};

TEST_F(Unconfirmed, IsNothingWithoutNumberedMessages) {
  EXPECT_FALSE(connection.unconfirmed());
  send(0);
  EXPECT_FALSE(connection.unconfirmed());
}

TEST_F(Unconfirmed, IsTheFirstWhoseLastByteIsNotAcknowledged) {
  for (std::uint64_t number = 1; number <= 5; ++number) send(number);
  link->acknowledgeAllBut(5 * frame_size);
  EXPECT_EQ(unconfirmed(), 1u);
  link->acknowledgeAllBut(4 * frame_size + 1);
  EXPECT_EQ(unconfirmed(), 1u);
  link->acknowledgeAllBut(3 * frame_size);
  EXPECT_EQ(unconfirmed(), 3u);
  link->acknowledgeAllBut(0);
  EXPECT_EQ(unconfirmed(), 6u);
}

TEST_F(Unconfirmed, CountsMessagesWithoutANumberOnlyAsBytes) {
  send(1);
  send(0);
  send(2);
  link->acknowledgeAllBut(frame_size);
  EXPECT_EQ(unconfirmed(), 2u);
}

TEST_F(Unconfirmed, IsTheFirstQueuedWhenAllThatWasSentIsAcknowledged) {
  send(1);
  link->room = 0;
  send(0);
  send(2);
  send(3);
  EXPECT_EQ(unconfirmed(), 2u);
}

TEST_F(Unconfirmed, KnowsWhatDropMediaTookAway) {
  send(1);
  link->room = 0;
  send(2);
  send(3);
  connection.dropMedia();
  connection.dropMedia();
  EXPECT_EQ(unconfirmed(), 2u);
  send(4);
  EXPECT_EQ(unconfirmed(), 4u);
}

TEST_F(Unconfirmed, LeavesOutWhatTheDropPolicyGaveUp) {
  link->room = 0;
  send(1);
  connection.relieve(scheduler.now() + std::chrono::seconds(10));
  EXPECT_EQ(unconfirmed(), 2u);
}

TEST_F(Unconfirmed, BeginsAnewWithABroadcastThatDoes) {
  for (std::uint64_t number = 1; number <= 5; ++number) send(number);
  link->acknowledgeAllBut(5 * frame_size);
  send(1);
  link->acknowledgeAllBut(frame_size);
  EXPECT_EQ(unconfirmed(), 1u);
  link->acknowledgeAllBut(0);
  EXPECT_EQ(unconfirmed(), 2u);
}

TEST_F(Unconfirmed, IsNothingOnceTheNumbersAreForgotten) {
  send(1);
  link->room = 0;
  send(2);
  link->acknowledgeAllBut(frame_size);
  connection.dropMedia();
  connection.forgetNumbers();
  EXPECT_FALSE(connection.unconfirmed());
}

TEST_F(Unconfirmed, StaysWhenTheLinkHasEnded) {
  for (std::uint64_t number = 1; number <= 3; ++number) send(number);
  link->room = 0;
  send(4);
  link->acknowledgeAllBut(frame_size);
  link->events().closed({});
  EXPECT_EQ(unconfirmed(), 3u);
  connection.dropMedia();
  EXPECT_EQ(unconfirmed(), 3u);
}

TEST(SentNumbers, StayFewAndNeverSayTooMuch) {
  SentNumbers numbers;
  const std::uint64_t count = 10'000;
  net::LinkStats figures;
  for (std::uint64_t number = 1; number <= count; ++number) {
    figures.bytes_sent = number * frame_size;
    numbers.taken(number, figures.bytes_sent);
  }
  for (std::uint64_t left = count; left > 0; left -= 100) {
    figures.unacknowledged = left * frame_size;
    numbers.acknowledge(figures);
    const std::uint64_t first = numbers.first().value_or(count + 1);
    EXPECT_LE(first, count - left + 1);
    EXPECT_GE(first + 4 * count / SentNumbers::most, count - left + 1);
  }
  figures.unacknowledged = 0;
  numbers.acknowledge(figures);
  EXPECT_FALSE(numbers.first());
}

}  // namespace
}  // namespace multiconn::client
