#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "net/error.hpp"
#include "net/link_factory.hpp"
#include "net/link_recorder.hpp"
#include "net/listener.hpp"
#include "net/peer.hpp"
#include "support/loop.hpp"
#include "support/rtmp_answerer.hpp"
#include "support/sockets.hpp"

namespace multiconn::net::test {
namespace {

using testing::HasSubstr;

class LinkTest : public testing::Test {
 protected:
  void open(const LinkTarget& to) {
    link = makeLink(loop.scheduler(), to);
    link->open(openingMessages(), events);
    EXPECT_TRUE(events.failures.empty());  // nothing is told inside the call
  }
  LinkFailure failure() {
    EXPECT_TRUE(loop.until([&] { return events.ended(); }));
    return events.ended() ? events.failures[0] : LinkFailure{};
  }
  void answerWith(const std::string& text) {
    listener = std::make_unique<Listener>(loop.scheduler(), "127.0.0.1", 0);
    listener->start([this, text](Socket socket, const Address&) {
      if (!text.empty()) sendText(socket, text);
      accepted.push_back(std::move(socket));
    });
  }

  Loop loop;
  LinkRecorder events;
  std::unique_ptr<Listener> listener;
  std::vector<Socket> accepted;
  std::unique_ptr<Link> link;
};

TEST_F(LinkTest, OpensAndPipelinesBehindTheChunkSize) {
  RtmpAnswerer server(loop.scheduler());
  open(target("rtmp", "127.0.0.1", server.port()));
  ASSERT_TRUE(loop.until([&] { return events.hasCommand("_result"); }));
  EXPECT_EQ(events.opens, 1);
  ASSERT_GE(server.received().size(), 3u);
  EXPECT_EQ(std::get<rtmp::SetChunkSize>(server.received()[0].body).size, 60000u);
  EXPECT_EQ(std::get<rtmp::Command>(server.received()[1].body).name, "connect");
  EXPECT_EQ(std::get<rtmp::Command>(server.received()[2].body).name, "createStream");
}

TEST_F(LinkTest, GivesUpWhereNobodyAnswersTcp) {
  const MutePort nobody;
  LinkTarget to = target("rtmp", "127.0.0.1", nobody.port());
  to.connect_patience = std::chrono::milliseconds(1);
  open(to);
  const LinkFailure ended = failure();
  EXPECT_EQ(ended.code, std::errc::timed_out);
  EXPECT_EQ(ended.text, "no answer from 127.0.0.1 port " + std::to_string(nobody.port()));
  EXPECT_FALSE(ended.final);
  EXPECT_TRUE(ended.mute);
}

TEST_F(LinkTest, ConnectsByName) {
  RtmpAnswerer server(loop.scheduler(), nullptr, "::");
  open(target("rtmp", "localhost", server.port()));
  EXPECT_TRUE(loop.until([&] { return events.opens == 1; }));
}

TEST_F(LinkTest, CarriesAFrameAndItsFigures) {
  RtmpAnswerer server(loop.scheduler());
  open(target("rtmp", "127.0.0.1", server.port()));
  EXPECT_FALSE(link->trySend(video(10)));  // not before opened()
  ASSERT_TRUE(loop.until([&] { return events.opens == 1; }));
  const rtmp::OutMessage frame = video(1'500'000);
  ASSERT_TRUE(link->trySend(frame));
  while (link->trySend(video(100))) {
  }
  const auto& messages = server.received();
  const auto isVideo = [](const rtmp::Message& message) {
    return std::holds_alternative<rtmp::Video>(message.body);
  };
  ASSERT_TRUE(loop.until([&] { return std::any_of(messages.begin(), messages.end(), isVideo); }));
  const auto first = std::find_if(messages.begin(), messages.end(), isVideo);
  EXPECT_EQ(*std::get<rtmp::Video>(first->body).body, *frame.payload);
  ASSERT_TRUE(loop.until([&] { return events.writables >= 1; }));
  EXPECT_GT(link->stats().bytes_sent, 1'500'000u);
  EXPECT_GT(link->stats().bytes_received, 3073u);
  EXPECT_TRUE(link->stats().last_read.has_value());
}

TEST_F(LinkTest, ClosesInGoodOrder) {
  RtmpAnswerer server(loop.scheduler());
  open(target("rtmp", "127.0.0.1", server.port()));
  ASSERT_TRUE(loop.until([&] { return events.opens == 1; }));
  EXPECT_TRUE(link->trySend(video(500'000)));
  link->close(CloseMode::graceful);
  EXPECT_FALSE(failure().code);
  ASSERT_TRUE(loop.until([&] { return server.ended() == 1; }));
  EXPECT_TRUE(std::holds_alternative<rtmp::Video>(server.received().back().body));
  link->close(CloseMode::abort);
  loop.settle();
  EXPECT_EQ(events.failures.size(), 1u);
}

TEST_F(LinkTest, TellsWhenTheServerGoes) {
  RtmpAnswerer server(loop.scheduler());
  open(target("rtmp", "127.0.0.1", server.port()));
  ASSERT_TRUE(loop.until([&] { return events.opens == 1; }));
  server.closeAll();
  const LinkFailure end = failure();
  EXPECT_FALSE(end.text.empty());
  EXPECT_FALSE(end.final);
}

TEST_F(LinkTest, TellsARefusal) {
  const ClosedPort closed;
  open(target("rtmp", "127.0.0.1", closed.port()));
  EXPECT_EQ(failure().text, "connection refused by 127.0.0.1 port " + std::to_string(closed.port()));
  EXPECT_FALSE(failure().final);
}

TEST_F(LinkTest, TellsAnUnknownName) {
  open(target("rtmp", "no-such-host.invalid", 1935));
  EXPECT_TRUE(loop.until([&] { return events.ended(); }, std::chrono::seconds(60)));
  EXPECT_THAT(failure().text, HasSubstr("the name no-such-host.invalid"));
  EXPECT_FALSE(failure().final);
}

TEST_F(LinkTest, TellsAWebServer) {
  answerWith("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
  open(target("rtmp", "127.0.0.1", listener->port()));
  EXPECT_EQ(failure().text, "the server speaks HTTP, not RTMP");
  EXPECT_FALSE(failure().final);
}

TEST_F(LinkTest, TellsAServerThatHangsUpInTheHandshake) {
  answerWith("");
  open(target("rtmp", "127.0.0.1", listener->port()));
  ASSERT_TRUE(loop.until([&] { return accepted.size() == 1 && !receiveText(accepted[0]).empty(); }));
  accepted.clear();
  EXPECT_EQ(failure().code, Error::closed_in_handshake);
  EXPECT_FALSE(failure().final);
}

TEST_F(LinkTest, TellsASchemeWithoutAnEngine) {
  open(target("rtmpx", "127.0.0.1", 1935));
  EXPECT_EQ(failure().code, Error::unsupported_scheme);
  EXPECT_EQ(failure().text, "no engine here speaks rtmpx://");
  EXPECT_TRUE(failure().final);
}

TEST_F(LinkTest, TellsACaFileThatCannotBeRead) {
  open(target("rtmps", "127.0.0.1", 443, {.ca_file = "/nonexistent/ca.pem", .insecure = false}));
  EXPECT_EQ(failure().code, Error::ca_file_unreadable);
  EXPECT_THAT(failure().text, HasSubstr("/nonexistent/ca.pem"));
  EXPECT_TRUE(failure().final);
}

}  // namespace
}  // namespace multiconn::net::test
