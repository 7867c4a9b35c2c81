// Peers that do not keep to the rules. After each of them the server has to serve the next.
#include "origin/origin_fixture.hpp"

namespace multiconn::test {
namespace {

using namespace std::chrono_literals;

class Hostile : public testing::Test {
 protected:
  static OriginOptions options() {
    auto options = testOptions();
    options.handshake_timeout = 200ms;
    return options;
  }
  void TearDown() override {
    RtmpTestClient client(server.port());
    EXPECT_TRUE(client.connect() && client.publish("after"));
    EXPECT_TRUE(eventually([&] { return connections(server) == 1; }));
  }
  OriginServer server{options()};
};

TEST_F(Hostile, HttpOnTheRtmpPortIsClosed) {
  RawClient client(server.port());
  client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_TRUE(client.waitClosed());
}

TEST_F(Hostile, TlsOnTheRtmpPortIsClosed) {
  RawClient client(server.port());
  client.send(std::string_view("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11));
  EXPECT_TRUE(client.waitClosed());
}

TEST_F(Hostile, HalfAHandshakeIsClosedAtTheDeadline) {
  RawClient silent(server.port());
  RawClient half(server.port());
  half.send(std::string(900, '\x03'));
  EXPECT_TRUE(silent.waitClosed());
  EXPECT_TRUE(half.waitClosed());
}

TEST_F(Hostile, OneByteAtATimeDoesNotPutTheDeadlineOff) {
  RawClient drip(server.port());
  drip.send("\x03");
  EXPECT_TRUE(eventually([&] {
    drip.send("x");
    drip.receive(10ms);
    return drip.closed();
  }));
}

std::string handshake() {
  std::string bytes(1 + 2 * 1536, 'x');
  bytes[0] = '\x03';
  return bytes;
}

TEST_F(Hostile, GarbageBehindTheHandshakeIsClosed) {
  RawClient client(server.port());
  client.send(handshake());
  client.send(std::string(5000, '\xC7'));
  EXPECT_TRUE(client.waitClosed());
}

TEST_F(Hostile, AnnouncingAHugeMessageIsClosed) {
  RawClient client(server.port());
  client.send(handshake());
  // A command of 16 MB on chunk stream 3.
  client.send(std::string_view("\x03\0\0\0\xFF\xFF\xFF\x14\0\0\0\0", 12));
  EXPECT_TRUE(client.waitClosed());
}

TEST_F(Hostile, CommandsBeforeConnectAreClosed) {
  RtmpTestClient client(server.port());
  ASSERT_TRUE(client.handshake());
  client.send(rtmp::command(0, "createStream", 2, nullptr));
  EXPECT_TRUE(client.waitClosed());
}

TEST_F(Hostile, EndlessCallsWithoutReadingAnswersAreClosed) {
  RtmpTestClient client(server.port(), {.receive_buffer = 8192});
  ASSERT_TRUE(client.connect());
  const auto call = rtmp::command(0, "anything", 5, nullptr);
  EXPECT_TRUE(eventually([&] {
    bool sent = true;
    for (int i = 0; i < 500 && sent; ++i) sent = client.send(call);
    return !sent;
  }));
}

TEST_F(Hostile, MediaOnStreamsThatAreNotPublishedIsIgnored) {
  RtmpTestClient client(server.port());
  ASSERT_TRUE(client.connect());
  for (const std::uint32_t id : {0U, 1U, 77U}) {
    ASSERT_TRUE(client.send({rtmp::MessageType::video, 6, 0, id, rtmp::makePayload(videoFrame(true, 1))}));
    ASSERT_TRUE(client.send({rtmp::MessageType::data_amf0, 4, 0, id, rtmp::makePayload({std::byte{2}})}));
  }
  ASSERT_TRUE(client.send(rtmp::control(rtmp::UserControl::Event::set_buffer_length, 77, 0xFFFFFFFF)));
  EXPECT_TRUE(client.publish("s"));
}

TEST_F(Hostile, CloseInTheMiddleOfEverythingLeavesNothingBehind) {
  {
    RtmpTestClient publisher(server.port());
    RtmpTestClient player(server.port());
    RtmpTestClient waiting(server.port());
    ASSERT_TRUE(publisher.connect() && publisher.publish("s") && player.connect() && player.play("s"));
    ASSERT_TRUE(waiting.connect() && waiting.requestPlay({.stream = "other"}));
    publisher.sendVideo(0, videoFrame(true, 1, 1'000'000));
    player.reset();
    publisher.reset();
  }
  EXPECT_TRUE(eventually([&] { return connections(server) == 0; }));
  EXPECT_TRUE(statusOf(server).at("streams").as_array().empty());
}

}  // namespace
}  // namespace multiconn::test
