// A relayed client's stream, as the edge gets it.
#include "balance/connect_rewriter.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "rtmp/chunk_reader.hpp"
#include "rtmp/chunk_writer.hpp"
#include "rtmp/message.hpp"

namespace multiconn::balance {
namespace {

using namespace rtmp;

Message connectTo(const std::string& app) {
  const AmfObject object{
      {"app", app}, {"flashVer", "LNX 9,0,124,2"}, {"tcUrl", "rtmp://balancer/" + app}, {"n", 7}};
  return {0, 0, Command{"connect", 1, object, {AmfValue("argument")}}};
}

// What a client writes, with a chunk size of its own.
class ClientStream {
 public:
  ClientStream& send(const Message& message, std::uint8_t chunk_stream = 3) {
    OutMessage out = *encode(message);
    out.chunk_stream = chunk_stream;
    ComposedMessage composed;
    writer_.compose(out, composed);
    for (const BytesView slice : composed.slices()) bytes.insert(bytes.end(), slice.begin(), slice.end());
    if (const auto* size = std::get_if<SetChunkSize>(&message.body)) writer_.setChunkSize(size->size);
    return *this;
  }
  ClientStream& raw(std::initializer_list<unsigned> values) {
    for (const unsigned value : values) bytes.push_back(static_cast<std::byte>(value));
    return *this;
  }
  ClientStream& raw(BytesView more) {
    bytes.insert(bytes.end(), more.begin(), more.end());
    return *this;
  }
  Bytes bytes;

 private:
  ChunkWriter writer_;
};

Bytes passed(const Bytes& bytes, std::size_t piece, ConnectRewriter& rewriter) {
  Bytes out;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    const BytesView part = BytesView(bytes).subspan(at, std::min(piece, bytes.size() - at));
    EXPECT_EQ(rewriter.pass(part, out), Error::none);
  }
  return out;
}

std::vector<Message> readBy(const Bytes& bytes) {
  ChunkReader reader{Limits{}};
  std::vector<RawMessage> raw;
  EXPECT_EQ(reader.read(bytes, raw), Error::none);
  std::vector<Message> messages;
  for (const RawMessage& each : raw) messages.push_back(*decode(each, Limits{}));
  return messages;
}

const Command& commandOf(const Message& message) {
  return std::get<Command>(message.body);
}

Message createStream(double transaction) {
  return {0, 0, Command{"createStream", transaction, nullptr, {}}};
}

TEST(ConnectRewriter, TheEdgeGetsItsOwnAppAndEverythingElseAsItCame) {
  ClientStream client;
  client.send({0, 0, SetChunkSize{300}}, 2)
      .send({0, 0, WindowAckSize{2500000}}, 2)
      .send(connectTo("redirect/room?token=1"))
      .send(createStream(2))
      .send({40, 1, Video{makePayload(Bytes(1000, std::byte{0x17}))}}, 6);
  for (const std::size_t piece : {1U, 7U, 100000U}) {
    ConnectRewriter rewriter("live/room?token=1", "rtmp://10.0.0.5:2000/live/room?token=1");
    const auto messages = readBy(passed(client.bytes, piece, rewriter));
    ASSERT_EQ(messages.size(), 5U);
    EXPECT_EQ(std::get<SetChunkSize>(messages[0].body).size, 300U);
    const Command& connect = commandOf(messages[2]);
    EXPECT_EQ(connect.name, "connect");
    EXPECT_EQ(connect.transaction, 1);
    EXPECT_EQ(connect.object.object()->stringOr("app", ""), "live/room?token=1");
    EXPECT_EQ(connect.object.object()->stringOr("tcUrl", ""), "rtmp://10.0.0.5:2000/live/room?token=1");
    EXPECT_EQ(connect.object.object()->stringOr("flashVer", ""), "LNX 9,0,124,2");
    EXPECT_EQ(connect.object.object()->numberOr("n", 0), 7);
    ASSERT_EQ(connect.arguments.size(), 1U);
    EXPECT_EQ(commandOf(messages[3]).name, "createStream");
    EXPECT_EQ(std::get<Video>(messages[4].body).body->size(), 1000U);
    EXPECT_EQ(messages[4].timestamp, 40U);
    EXPECT_TRUE(rewriter.transparent());
  }
}

TEST(ConnectRewriter, CountsTheBalancersOnTheWay) {
  const auto hopsBehind = [](const AmfValue& before) {
    Message connect = connectTo("live");
    if (!before.isUndefined()) std::get<Command>(connect.body).object.object()->set("multiconnHops", before);
    ConnectRewriter rewriter("live", "rtmp://edge/live");
    const auto messages = readBy(passed(ClientStream().send(connect).bytes, 100000, rewriter));
    return messages.empty() ? 0 : hopsOf(*commandOf(messages[0]).object.object());
  };
  EXPECT_EQ(hopsBehind({}), 1U);
  EXPECT_EQ(hopsBehind(1), 2U);
  EXPECT_EQ(hopsBehind(2.5), 3U);
  for (const AmfValue& nonsense : {AmfValue(-7), AmfValue(std::nan("")), AmfValue("3"), AmfValue(nullptr)}) {
    EXPECT_EQ(hopsBehind(nonsense), 1U);
  }
  EXPECT_EQ(hopsBehind(1e300), 1000U) << "bounded";
}

// Two messages of connect's length behind it, whose headers say nothing of the length.
TEST(ConnectRewriter, ShortHeadersBehindConnectKeepTheLengthTheyMeant) {
  for (const unsigned format : {2U, 3U}) {
    ClientStream client;
    client.send({0, 0, SetChunkSize{4096}}, 2).send(connectTo("a-rather-long-name"));
    const std::size_t length = encode(connectTo("a-rather-long-name"))->payload->size();
    // As long as connect, to the byte.
    Message call{0, 0, Command{"call", 2, nullptr, {AmfValue("")}}};
    const std::size_t padding = length - encode(call)->payload->size();
    std::get<Command>(call.body).arguments = {AmfValue(std::string(padding, 'x'))};
    const Payload body = encode(call)->payload;
    ASSERT_EQ(body->size(), length);
    client.raw({format << 6 | 3});
    if (format == 2) client.raw({0, 0, 5});
    client.raw(*body).raw({3U << 6 | 3}).raw(*body);

    ConnectRewriter rewriter("b", "rtmp://edge/b");
    const auto messages = readBy(passed(client.bytes, 11, rewriter));
    ASSERT_EQ(messages.size(), 4U) << format;
    for (const std::size_t i : {2U, 3U}) {
      EXPECT_EQ(commandOf(messages[i]).name, "call");
      EXPECT_EQ(*commandOf(messages[i]).arguments.at(0).string(), std::string(padding, 'x'));
    }
    EXPECT_EQ(messages[2].timestamp, format == 2 ? 5U : 0U);
    EXPECT_TRUE(rewriter.transparent());
  }
}

TEST(ConnectRewriter, BehindThatEveryByteGoesOnAsItCame) {
  ConnectRewriter rewriter("b", "rtmp://edge/b");
  ClientStream client;
  client.send(connectTo("a")).send(createStream(2));
  passed(client.bytes, 1000, rewriter);
  const Bytes anything{std::byte{0xFF}, std::byte{0x00}, std::byte{0x13}};
  EXPECT_EQ(passed(anything, 2, rewriter), anything);
}

TEST(ConnectRewriter, OtherChunkStreamsAreWatchedUntilConnectsIsUsedAgain) {
  ConnectRewriter rewriter("b", "rtmp://edge/b");
  ClientStream client;
  client.send(connectTo("a")).send({0, 0, SetChunkSize{50}}, 2).send(createStream(2), 8);
  EXPECT_EQ(readBy(passed(client.bytes, 3, rewriter)).size(), 3U);
  EXPECT_FALSE(rewriter.transparent());
}

TEST(ConnectRewriter, WhatIsNoConnectIsRefused) {
  const auto errorOf = [](const Bytes& bytes) {
    Bytes out;
    return ConnectRewriter("b", "rtmp://edge/b").pass(bytes, out);
  };
  EXPECT_EQ(errorOf(ClientStream().send(createStream(1)).bytes), Error::unexpected_command);
  EXPECT_EQ(errorOf(ClientStream().raw({0xC3}).bytes), Error::chunk_without_header);
  EXPECT_EQ(errorOf(ClientStream().raw({3, 0, 0, 0, 0xFF, 0xFF, 0xFF, 20, 0, 0, 0, 0}).bytes),
            Error::message_too_large);
  EXPECT_EQ(errorOf(ClientStream().send({0, 0, SetChunkSize{0}}, 2).bytes), Error::chunk_size_invalid);
}

TEST(ConnectRewriter, AnAbortedConnectIsForgotten) {
  ClientStream client;
  // Its first chunk of two.
  client.raw({3, 0, 0, 0, 0, 0, 200, 20, 0, 0, 0, 0}).raw(Bytes(128, std::byte{2}));
  ClientStream rest;
  rest.send({0, 0, Abort{3}}, 2).send(connectTo("a"));
  client.raw(rest.bytes);
  ConnectRewriter rewriter("b", "rtmp://edge/b");
  const auto messages = readBy(passed(client.bytes, 1000, rewriter));
  ASSERT_EQ(messages.size(), 2U);
  EXPECT_EQ(commandOf(messages[1]).object.object()->stringOr("app", ""), "b");
}

}  // namespace
}  // namespace multiconn::balance
