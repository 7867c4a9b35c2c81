// Both sides of the protocol core against each other, in memory.
#include "support/pair.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "support/messages.hpp"

namespace multiconn::rtmp {
namespace {

using test::described;
using test::Pair;
using testing::ElementsAre;

OutMessage media(MessageType type, std::uint32_t timestamp, std::size_t size, std::uint32_t stream_id = 1) {
  Bytes body(size);
  for (std::size_t i = 0; i < size; ++i) body[i] = static_cast<std::byte>(i * 7 + timestamp);
  return {type, chunkStreamFor(type, stream_id), timestamp, stream_id, makePayload(std::move(body))};
}

Payload bodyOf(const Message& message) {
  if (const auto* audio = std::get_if<Audio>(&message.body)) return audio->body;
  if (const auto* video = std::get_if<Video>(&message.body)) return video->body;
  return std::get<Data>(message.body).body;
}

void expectEqual(const std::vector<OutMessage>& sent, const std::vector<Message>& received) {
  ASSERT_EQ(sent.size(), received.size());
  for (std::size_t i = 0; i < sent.size(); ++i) {
    EXPECT_EQ(received[i].timestamp, sent[i].timestamp) << i;
    EXPECT_EQ(received[i].stream_id, sent[i].stream_id) << i;
    EXPECT_EQ(*bodyOf(received[i]), *sent[i].payload) << i;
  }
}

template <typename Event>
std::vector<Message> messagesIn(const std::vector<Event>& events) {
  std::vector<Message> messages;
  for (const Event& event : events) messages.push_back(event.message);
  return messages;
}

void expectAtServer(Pair& pair, const std::vector<OutMessage>& sent) {
  for (const OutMessage& message : sent) pair.fromClient(message);
  pair.run();
  expectEqual(sent, messagesIn(pair.serverSaw<server_event::MediaReceived>()));
  EXPECT_EQ(pair.serverError(), Error::none);
}

TEST(Pair, Connect) {
  for (const HandshakeForm form : {HandshakeForm::simple, HandshakeForm::digest}) {
    Pair::Options options;
    options.form = form;
    options.request.app = "live?token=x";
    Pair pair(options);
    pair.connect();
    EXPECT_TRUE(pair.client().connected());
    EXPECT_TRUE(pair.server().connected());
    ASSERT_EQ(pair.serverSaw<server_event::ConnectRequested>().size(), 1u);
    EXPECT_EQ(pair.serverSaw<server_event::ConnectRequested>()[0].app, "live");
    EXPECT_EQ(pair.clientSaw<client_event::Connected>()[0].status.code, "NetConnection.Connect.Success");
  }
}

TEST(Pair, ConnectRejectedWithARedirect) {
  Pair pair;
  pair.on_server_event = [](Pair& p, const ServerEvent&) {
    p.fromServer(p.server().rejectConnect("NetConnection.Connect.Rejected", "moved",
                                          AmfObject{{"code", 302}, {"redirect", "rtmp://b/live"}}));
  };
  pair.connect(PublishRequest{"key"});
  ASSERT_EQ(pair.client_events.size(), 1u);
  EXPECT_EQ(pair.clientSaw<client_event::ConnectFailed>()[0].redirect->url, "rtmp://b/live");
  EXPECT_EQ(pair.serverError(), Error::none);
}

// Whatever the encoding, what one side calls or writes is what the other gets.
TEST(Pair, CallsAndSharedObjectsBothWays) {
  for (const bool amf3 : {false, true}) {
    Pair::Options options;
    options.request.amf3 = amf3;
    options.max_fragment = 7;
    Pair pair(options);
    pair.connect();
    EXPECT_EQ(pair.client().amf3(), amf3);
    EXPECT_EQ(pair.server().amf3(), amf3);
    const AmfValue value =
        amf3 ? AmfValue(AmfValue::Dictionary{false, {1}, {"one"}}) : AmfObject{{"1", "one"}};
    const SharedObjectMessage shared{
        "chat", 3, true, amf3, {{SharedObjectEvent::Kind::send, {}, {}, {}, {value}}}};

    double transaction = 0;
    ClientReaction asked;
    EXPECT_EQ(pair.client().call("doIt", {value}, true, transaction, asked), Error::none);
    EXPECT_EQ(pair.client().sendSharedObject(shared, asked), Error::none);
    pair.fromClient(std::move(asked));
    pair.run();
    const auto called = pair.serverSaw<server_event::Called>();
    ASSERT_EQ(called.size(), 1u);
    EXPECT_EQ(called[0].arguments, std::vector<AmfValue>{value});
    EXPECT_EQ(pair.serverSaw<server_event::SharedObjectReceived>().at(0).message, shared);

    pair.fromServer(pair.server().result(called[0].transaction, value));
    ServerReaction back;
    EXPECT_EQ(pair.server().call("hello", {value}, true, transaction, back), Error::none);
    EXPECT_EQ(pair.server().sendSharedObject(shared, back), Error::none);
    pair.fromServer(std::move(back));
    pair.run();
    EXPECT_EQ(pair.clientSaw<client_event::CallAnswered>().at(0).value, value);
    EXPECT_EQ(pair.clientSaw<client_event::Called>().at(0).arguments, std::vector<AmfValue>{value});
    EXPECT_EQ(pair.clientSaw<client_event::SharedObjectReceived>().at(0).message, shared);

    pair.fromClient(pair.client().callFailed(transaction, "no"));
    pair.run();
    EXPECT_FALSE(pair.serverSaw<server_event::CallAnswered>().at(0).ok);
    EXPECT_EQ(pair.serverError(), Error::none);
    EXPECT_EQ(pair.clientError(), Error::none);
  }
}

TEST(Pair, PipelinedPublish) {
  Pair pair;
  pair.connect(PublishRequest{"key?a=b", "record"});
  EXPECT_TRUE(pair.client().publishing());
  EXPECT_EQ(pair.client().publishStreamId(), 1u);
  ASSERT_EQ(pair.serverSaw<server_event::PublishRequested>().size(), 1u);
  EXPECT_EQ(pair.serverSaw<server_event::PublishRequested>()[0].name, "key");
  EXPECT_EQ(pair.serverSaw<server_event::PublishRequested>()[0].mode, "record");
}

TEST(Pair, ServerThatDecidesLater) {
  Pair pair;
  pair.on_server_event = [](Pair&, const ServerEvent&) {};
  pair.connect(PublishRequest{"key"});
  EXPECT_FALSE(pair.client().connected());
  pair.fromServer(pair.server().acceptConnect());
  pair.run();
  EXPECT_TRUE(pair.client().connected());
  EXPECT_FALSE(pair.client().publishing());
  pair.fromServer(pair.server().acceptPublish(1));
  pair.run();
  EXPECT_TRUE(pair.client().publishing());
}

TEST(Pair, PublishMediaUnpublish) {
  Pair pair;
  pair.connect(PublishRequest{"key"});
  expectAtServer(pair, {media(MessageType::video, 0, 50), media(MessageType::audio, 0, 7),
                        media(MessageType::video, 40, 150'000), media(MessageType::audio, 23, 0),
                        media(MessageType::video, 80, 60'000), media(MessageType::video, 60, 60'001)});
  pair.fromClient(pair.client().unpublish());
  pair.run();
  EXPECT_EQ(pair.serverSaw<server_event::StreamClosed>().size(), 1u);
  EXPECT_TRUE(pair.clientSaw<client_event::PublishFailed>().empty());
  pair.fromClient(pair.client().publish({"again"}));
  pair.run();
  EXPECT_EQ(pair.client().publishStreamId(), 1u);
}

TEST(Pair, PublishRefused) {
  Pair pair;
  pair.on_server_event = [](Pair& p, const ServerEvent& event) {
    const auto* request = std::get_if<server_event::PublishRequested>(&event);
    if (!request) return test::acceptEverything(p, event);
    p.fromServer(p.server().rejectPublish(request->stream_id, "NetStream.Publish.BadName", "in use"));
  };
  pair.connect(PublishRequest{"key"});
  ASSERT_EQ(pair.clientSaw<client_event::PublishFailed>().size(), 1u);
  EXPECT_EQ(pair.clientSaw<client_event::PublishFailed>()[0].status.code, "NetStream.Publish.BadName");
  EXPECT_TRUE(pair.client().connected());
}

TEST(Pair, PlayMediaAndItsEnd) {
  Pair pair;
  pair.connect();
  pair.fromClient(pair.client().play({"key"}));
  pair.run();
  ASSERT_EQ(pair.clientSaw<client_event::PlayStarted>().size(), 1u);
  pair.client_events.clear();
  const std::vector<OutMessage> sent{media(MessageType::video, 5000, 100'000),
                                     media(MessageType::audio, 5010, 300)};
  for (const OutMessage& message : sent) pair.fromServer(message);
  pair.run();
  expectEqual(sent, messagesIn(pair.clientSaw<client_event::MediaReceived>()));
  pair.fromServer(pair.server().playComplete(1));
  pair.run();
  EXPECT_EQ(pair.clientSaw<client_event::StreamEnded>().size(), 1u);
  EXPECT_EQ(pair.clientSaw<client_event::StatusReceived>()[0].status.code, "NetStream.Play.Complete");
}

TEST(Pair, PublishAndPlayOnOneConnection) {
  Pair pair;
  pair.connect(PublishRequest{"key"});
  pair.fromClient(pair.client().play({"other"}));
  pair.run();
  ASSERT_EQ(pair.clientSaw<client_event::PlayStarted>().size(), 1u);
  EXPECT_EQ(pair.clientSaw<client_event::PlayStarted>()[0].stream_id, 2u);
  pair.fromServer(media(MessageType::video, 0, 10, 2));
  pair.fromClient(media(MessageType::video, 0, 10, 1));
  pair.run();
  EXPECT_EQ(pair.clientSaw<client_event::MediaReceived>().back().message.stream_id, 2u);
  EXPECT_EQ(pair.serverSaw<server_event::MediaReceived>().size(), 1u);
  pair.fromClient(pair.client().stopPlay(2));
  pair.run();
  EXPECT_EQ(pair.serverSaw<server_event::StreamClosed>()[0].stream_id, 2u);
}

TEST(Pair, CallsBothWays) {
  Pair pair;
  pair.connect();
  pair.fromServer(command(0, "hello", 7, nullptr, {"you"}));
  pair.run();
  ASSERT_EQ(pair.clientSaw<client_event::Called>().size(), 1u);
  pair.fromClient(pair.client().result(7, "me"));
  pair.fromClient(command(0, "sum", 9, nullptr, {1, 2}));
  pair.run();
  ASSERT_EQ(pair.serverSaw<server_event::Called>().size(), 1u);
  EXPECT_EQ(pair.serverSaw<server_event::Called>()[0].arguments, (std::vector<AmfValue>{1, 2}));
  EXPECT_EQ(pair.clientError(), Error::none);
}

TEST(Pair, DataArrivesWholeAndVerbatim) {
  Pair pair;
  pair.connect(PublishRequest{"key"});
  const AmfObject metadata = AmfObject::ecmaArray({{"width", 1920}, {"encoder", std::string(70'000, 'x')}});
  const OutMessage sent = *encode({0, 1, Data{{"@setDataFrame", "onMetaData", metadata}, {}}});
  expectAtServer(pair, {sent});
  const auto events = pair.serverSaw<server_event::MediaReceived>();
  EXPECT_EQ(*std::get<Data>(events[0].message.body).values[2].object(), metadata);
}

TEST(Pair, ByteByByteAndInEveryOtherWay) {
  for (const std::size_t fragment : {1u, 2u, 3u, 17u, 1500u}) {
    for (std::uint32_t seed = 1; seed <= 3; ++seed) {
      Pair::Options options;
      options.max_fragment = fragment;
      options.seed = seed;
      options.chunk_size = 1 + 130 * seed;
      Pair pair(options);
      pair.connect(PublishRequest{"key"});
      ASSERT_TRUE(pair.client().publishing()) << fragment << " " << seed;
      expectAtServer(pair, {media(MessageType::video, 0, 1000), media(MessageType::audio, 10, 130),
                            media(MessageType::video, 20, 131), media(MessageType::video, 0xFFFFFF, 5000)});
    }
  }
}

TEST(Pair, ExtendedTimestamps) {
  for (const std::size_t fragment : {0u, 1u}) {
    Pair::Options options;
    options.max_fragment = fragment;
    options.chunk_size = 200;
    Pair pair(options);
    pair.connect(PublishRequest{"key"});
    std::vector<OutMessage> sent;
    for (const std::uint32_t time :
         {0xFFFFFEu, 0xFFFFFFu, 0x1000000u, 0x1000028u, 0xFFFFFFF0u, 0u, 40u, 0xFFFFFFu, 5u}) {
      sent.push_back(media(MessageType::video, time, 1000));
      sent.push_back(media(MessageType::audio, time, 10));
    }
    expectAtServer(pair, sent);
  }
}

TEST(Pair, ChunkSizeChanges) {
  Pair::Options options;
  options.chunk_size = 0;
  Pair pair(options);
  pair.connect(PublishRequest{"key"});
  std::vector<OutMessage> all;
  for (const std::uint32_t size : {128u, 1u, 4096u, 65536u, 0xFFFFFFu, 127u}) {
    pair.clientConnection().announceChunkSize(size);
    const OutMessage message = media(MessageType::video, size, 9000);
    pair.fromClient(message);
    pair.run();
    all.push_back(message);
  }
  expectEqual(all, messagesIn(pair.serverSaw<server_event::MediaReceived>()));
}

TEST(Pair, WindowIsAcknowledged) {
  Pair pair;
  pair.connect(PublishRequest{"key"});
  pair.clientConnection().announceWindow(20'000);
  for (std::uint32_t i = 0; i < 50; ++i) {
    pair.fromClient(media(MessageType::video, i, 5000));
    pair.run();
  }
  EXPECT_GT(pair.clientConnection().stats().bytes_acknowledged, 200'000u);
}

TEST(Pair, PingIsAnswered) {
  Pair pair;
  pair.connect();
  pair.serverConnection().ping(1234);
  pair.run();
  const auto* pong = std::get_if<UserControl>(&pair.server_received.back().body);
  ASSERT_NE(pong, nullptr);
  EXPECT_EQ(pong->event, UserControl::Event::ping_response);
  EXPECT_EQ(pong->value, 1234u);
}

TEST(Pair, SlowWireDeliversInOrder) {
  Pair pair;
  pair.fromClient(pair.client().connect(PublishRequest{"key"}));
  int rounds = 0;
  while (pair.carry(100) || !pair.client().publishing()) {
    pair.advance(std::chrono::milliseconds(10));
    ASSERT_LT(++rounds, 200);
  }
  EXPECT_GT(rounds, 30);
  EXPECT_GT(pair.serverConnection().lastReceived(), TimePoint{});
}

TEST(Pair, LossOfTheConnection) {
  Pair pair;
  pair.connect(PublishRequest{"key"});
  pair.cut();
  pair.fromClient(media(MessageType::video, 0, 10));
  pair.run();
  EXPECT_TRUE(pair.serverSaw<server_event::MediaReceived>().empty());
}

TEST(Pair, SecondConnectClosesTheConnection) {
  Pair pair;
  pair.connect();
  pair.fromClient(command(0, "connect", 2, AmfObject{{"app", "live"}}));
  pair.run();
  EXPECT_EQ(pair.serverError(), Error::unexpected_command);
}

}  // namespace
}  // namespace multiconn::rtmp
