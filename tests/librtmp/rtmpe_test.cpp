// RTMPE against librtmp's own server half, and against servers that do not speak it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "librtmp/librtmp_server.hpp"
#include "net/error.hpp"
#include "net/link_factory.hpp"
#include "net/link_recorder.hpp"
#include "net/listener.hpp"
#include "net/peer.hpp"
#include "net/tunnel_front.hpp"
#include "support/loop.hpp"
#include "support/sockets.hpp"

namespace multiconn::librtmp::test {
namespace {

using net::Link;
using net::LinkFailure;
using net::test::Loop;
using testing::HasSubstr;
using testing::Not;

struct Way {
  std::string scheme;
  bool encrypted;
  bool tunneled;
};
void PrintTo(const Way& way, std::ostream* out) {
  *out << way.scheme;
}

class LibrtmpBothEnds : public testing::TestWithParam<Way> {
 protected:
  void SetUp() override {
    std::uint16_t port = server.port();
    if (GetParam().tunneled) port = front.emplace(port).port();
    link = net::makeLink(loop.scheduler(), net::test::target(GetParam().scheme, "127.0.0.1", port));
    link->open(net::test::openingMessages(), events);
    ASSERT_TRUE(loop.until([&] { return events.hasCommand("_result"); }));
    EXPECT_EQ(server.opened(), 1);
    EXPECT_EQ(server.encrypted(), GetParam().encrypted ? 1 : 0);
  }
  void send(const rtmp::OutMessage& message) {
    ASSERT_TRUE(loop.until([&] { return link->trySend(message); }));
  }
  bool untilReceived(std::size_t count) {
    return loop.until([&] {
      loop.runFor(std::chrono::milliseconds(1));
      return server.received().size() >= count;
    });
  }

  LibrtmpServer server;
  std::optional<net::test::TunnelFront> front;
  Loop loop;
  net::test::LinkRecorder events;
  std::unique_ptr<Link> link;
};

TEST_P(LibrtmpBothEnds, APublishArrivesByteForByte) {
  std::vector<rtmp::OutMessage> sent = net::test::openingMessages();
  const auto say = [&](rtmp::OutMessage message) {
    send(message);
    sent.push_back(std::move(message));
  };
  say(rtmp::command(1, "publish", 3, nullptr, {AmfValue("key"), AmfValue("live")}));
  // Sizes around a chunk of 60000, and timestamps around the extended one.
  for (const std::size_t size : {1u, 59'999u, 60'000u, 60'001u, 120'000u, 1'500'000u})
    say(net::test::video(size, static_cast<std::uint32_t>(size)));
  for (const std::uint32_t timestamp : {0xFFFFFEu, 0xFFFFFFu, 0x1000000u, 0xFFFFFFFFu, 0u})
    say(net::test::video(130'000, timestamp));
  say({rtmp::MessageType::audio, 4, 40, 1, rtmp::makePayload({})});
  ASSERT_TRUE(untilReceived(sent.size()));
  const std::vector<rtmp::RawMessage> received = server.received();
  ASSERT_EQ(received.size(), sent.size());
  for (std::size_t i = 0; i < sent.size(); ++i) {
    EXPECT_EQ(received[i].type, static_cast<std::uint8_t>(sent[i].type));
    EXPECT_EQ(received[i].timestamp, sent[i].timestamp) << i;
    EXPECT_EQ(received[i].stream_id, sent[i].stream_id);
    EXPECT_TRUE(*received[i].payload == *sent[i].payload) << i;
  }
}

TEST_P(LibrtmpBothEnds, ClosesInGoodOrderWithoutLoss) {
  send(net::test::video(200'000));
  link->close(net::CloseMode::graceful);
  ASSERT_TRUE(loop.until([&] { return events.ended(); }));
  EXPECT_FALSE(events.failures[0].code) << events.failures[0].text;
  ASSERT_TRUE(untilReceived(3));
  EXPECT_EQ(server.received()[2].payload->size(), 200'000u);
}

INSTANTIATE_TEST_SUITE_P(Librtmp, LibrtmpBothEnds,
                         testing::Values(Way{"rtmp", false, false}, Way{"rtmpe", true, false},
                                         Way{"rtmpt", false, true}, Way{"rtmpte", true, true}),
                         [](const auto& way) { return way.param.scheme; });

/// A server that answers the client's first packet with some bytes, and then waits.
class RtmpeRefused : public testing::Test {
 protected:
  void answerWith(const std::string& bytes) {
    events = {};
    accepted.reset();
    heard.clear();
    listener.emplace(loop.scheduler(), "127.0.0.1", 0);
    listener->start([this](net::Socket socket, const net::Address&) { accepted = std::move(socket); });
    link = net::makeLink(loop.scheduler(), net::test::target("rtmpe", "127.0.0.1", listener->port()));
    link->open(net::test::openingMessages(), events);
    EXPECT_TRUE(loop.until([&] { return listen() >= 1537; }));
    if (!bytes.empty()) net::test::sendText(accepted, bytes);
  }
  std::size_t listen() {
    if (accepted) heard += net::test::receiveText(accepted);
    return heard.size();
  }
  LinkFailure failure() {
    EXPECT_TRUE(loop.until([&] { return events.ended(); }));
    EXPECT_EQ(events.opens, 0);
    listen();
    return events.ended() ? events.failures[0] : LinkFailure{};
  }
  LinkFailure answeredWith(const std::string& bytes) {
    answerWith(bytes);
    return failure();
  }

  Loop loop;
  std::optional<net::Listener> listener;
  net::Socket accepted;
  std::string heard;
  net::test::LinkRecorder events;
  std::unique_ptr<Link> link;
};

// Flash's own fall-back; librtmp would follow, and send connect with whatever it holds in plain text.
TEST_F(RtmpeRefused, AnAnswerInPlainText) {
  const LinkFailure failure = answeredWith("\x03" + std::string(2 * 1536, '\0'));
  EXPECT_EQ(failure.text, "the server does not speak RTMPE");
  EXPECT_FALSE(failure.final) << "it may be a proxy's error page while the server starts";
  EXPECT_THAT(heard, Not(HasSubstr("connect")));
}

TEST_F(RtmpeRefused, AServerThatCannotProveItself) {
  const LinkFailure failure = answeredWith("\x06" + std::string(2 * 1536, 'x'));
  EXPECT_EQ(failure.code, net::Error::protocol_violation);
  EXPECT_EQ(failure.text, "the server failed the RTMPE handshake");
  EXPECT_FALSE(failure.final);
}

TEST_F(RtmpeRefused, AWebServer) {
  EXPECT_EQ(answeredWith("HTTP/1.1 400 Bad Request\r\n\r\n").text, "the server speaks HTTP, not RTMP");
}

// The server never says the rest of it.
TEST_F(RtmpeRefused, ClosingDoesNotWaitForTheHandshake) {
  for (const std::size_t said : {0u, 1u, 700u}) {
    answerWith(std::string("\x06" + std::string(1536, 'x')).substr(0, said));
    loop.runFor(std::chrono::milliseconds(10));
    link->close(net::CloseMode::graceful);
    EXPECT_FALSE(failure().code);
    link.reset();
  }
}

}  // namespace
}  // namespace multiconn::librtmp::test
