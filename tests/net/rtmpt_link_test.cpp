// Links through HTTP.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>

#include "net/error.hpp"
#include "net/link_factory.hpp"
#include "net/link_recorder.hpp"
#include "net/listener.hpp"
#include "net/peer.hpp"
#include "net/tunnel_front.hpp"
#include "support/loop.hpp"
#include "support/rtmp_answerer.hpp"
#include "support/sockets.hpp"

namespace multiconn::net::test {
namespace {

using testing::HasSubstr;

class RtmptLink : public testing::Test {
 protected:
  void open(std::uint16_t port) {
    link = makeLink(loop.scheduler(), target("rtmpt", "127.0.0.1", port));
    link->open(openingMessages(), events);
  }
  LinkFailure failure() {
    EXPECT_TRUE(loop.until([&] { return events.ended(); }));
    return events.ended() ? events.failures[0] : LinkFailure{};
  }
  void listen() {
    listener.emplace(loop.scheduler(), "127.0.0.1", 0);
    listener->start([this](Socket socket, const Address&) { accepted.push_back(std::move(socket)); });
    open(listener->port());
    ASSERT_TRUE(loop.until([&] { return !accepted.empty() && !receiveText(accepted.back()).empty(); }));
  }
  /// A server that says just this, once it has been asked for something.
  void answerWith(const std::string& text) {
    accepted.clear();
    listen();
    sendText(accepted.back(), text);
  }
  std::size_t pictures(const RtmpAnswerer& server) const {
    const auto& all = server.received();
    return static_cast<std::size_t>(std::count_if(all.begin(), all.end(), [](const rtmp::Message& message) {
      return std::holds_alternative<rtmp::Video>(message.body);
    }));
  }

  Loop loop;
  LinkRecorder events;
  std::optional<Listener> listener;
  std::vector<Socket> accepted;
  std::unique_ptr<Link> link;
};

TEST_F(RtmptLink, OpensAndCarriesFrames) {
  RtmpAnswerer server(loop.scheduler());
  const TunnelFront front(server.port());
  open(front.port());
  ASSERT_TRUE(loop.until([&] { return events.hasCommand("_result"); }));
  EXPECT_EQ(events.opens, 1);
  const std::vector<rtmp::OutMessage> frames{video(1, 0), video(1'500'000, 40), video(100, 0x1000000)};
  for (const rtmp::OutMessage& frame : frames) ASSERT_TRUE(loop.until([&] { return link->trySend(frame); }));
  ASSERT_TRUE(loop.until([&] { return pictures(server) == frames.size(); }));
  auto received = server.received().end() - static_cast<std::ptrdiff_t>(frames.size());
  for (const rtmp::OutMessage& frame : frames) {
    EXPECT_EQ(received->timestamp, frame.timestamp);
    EXPECT_EQ(*std::get<rtmp::Video>(received->body).body, *frame.payload);
    ++received;
  }
  ASSERT_TRUE(loop.until([&] { return link->stats().unsent + link->stats().unacknowledged == 0; }));
}

TEST_F(RtmptLink, HearsAServerThatSpeaksByItself) {
  RtmpAnswerer server(loop.scheduler());
  const TunnelFront front(server.port());
  open(front.port());
  ASSERT_TRUE(loop.until([&] { return events.hasCommand("_result"); }));
  loop.runFor(std::chrono::milliseconds(100));  // it is asked at intervals by then
  server.send(rtmp::command(0, "hello", 0, nullptr));
  EXPECT_TRUE(loop.until([&] { return events.hasCommand("hello"); }));
}

TEST_F(RtmptLink, ClosesInGoodOrder) {
  RtmpAnswerer server(loop.scheduler());
  const TunnelFront front(server.port());
  open(front.port());
  ASSERT_TRUE(loop.until([&] { return events.opens == 1; }));
  EXPECT_TRUE(link->trySend(video(100'000)));
  link->close(CloseMode::graceful);
  EXPECT_FALSE(failure().code) << failure().text;
  ASSERT_TRUE(loop.until([&] { return pictures(server) == 1; }));
  EXPECT_EQ(front.closed(), 1);
}

TEST_F(RtmptLink, TellsWhenTheServerGoes) {
  RtmpAnswerer server(loop.scheduler());
  const TunnelFront front(server.port());
  open(front.port());
  ASSERT_TRUE(loop.until([&] { return events.opens == 1; }));
  server.closeAll();
  EXPECT_FALSE(failure().text.empty());
  EXPECT_FALSE(failure().final);
}

TEST_F(RtmptLink, TellsAWebServerWithoutTunnel) {
  answerWith("HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno");
  EXPECT_EQ(failure().code, Error::tunnel_failed);
  EXPECT_EQ(failure().text, "the HTTP server does not tunnel RTMP: it answers /open with status 404");
}

TEST_F(RtmptLink, TellsAServerThatGivesNoSession) {
  for (const std::string& body : {std::string("\r\n"), std::string("a/b\n"), std::string(129, 'x')}) {
    events = {};
    answerWith("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
    EXPECT_EQ(failure().code, Error::tunnel_failed);
    EXPECT_THAT(failure().text, HasSubstr("no session"));
  }
}

TEST_F(RtmptLink, TellsAServerThatSpeaksNoHttp) {
  answerWith("\x03 this is RTMP, or something else\r\n\r\n");
  EXPECT_EQ(failure().code, Error::tunnel_failed);
  EXPECT_EQ(failure().text, "the server does not speak HTTP");
}

TEST_F(RtmptLink, TellsAnAnswerThatIsTooLong) {
  for (const std::string& head : {std::string("HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\n"),
                                  std::string("HTTP/1.1 200 OK\r\n\r\n"),
                                  "HTTP/1.1 200 OK\r\nX: " + std::string(9000, 'x') + "\r\n\r\n"}) {
    events = {};
    answerWith(head);
    EXPECT_EQ(failure().code, Error::tunnel_failed);
  }
}

TEST_F(RtmptLink, TellsAServerThatHangsUpInTheHandshake) {
  listen();
  accepted.clear();
  EXPECT_EQ(failure().code, Error::closed_in_handshake);
  EXPECT_FALSE(failure().final);
}

TEST_F(RtmptLink, ClosesWhileTheHttpServerIsSilent) {
  listen();
  link->close(CloseMode::graceful);
  EXPECT_FALSE(failure().code);
}

}  // namespace
}  // namespace multiconn::net::test
