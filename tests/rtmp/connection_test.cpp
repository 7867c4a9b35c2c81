#include "rtmp/connection.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <string>

#include "rtmp/chunk_builder.hpp"
#include "rtmp/hex.hpp"

namespace multiconn::rtmp {
namespace {

using test::basicHeader;
using test::chunkHeader;
using test::filled;
using test::hex;
using test::join;
using test::toHex;
using Role = Handshake::Role;
using namespace std::chrono_literals;

constexpr TimePoint start{};

std::array<HandshakePacket, 2> noise(std::uint8_t seed) {
  std::array<HandshakePacket, 2> packets;
  for (HandshakePacket& packet : packets) {
    for (std::size_t i = 0; i < packet.size(); ++i) packet[i] = static_cast<std::byte>(seed + 31 * i);
  }
  return packets;
}

Bytes take(Connection& connection) {
  return std::exchange(connection.pendingOutput(), Bytes{});
}

// A peer made of bytes: our side is a server whose handshake is over.
struct Fixture {
  explicit Fixture(const Limits& limits = {}) : connection(Role::server, limits, noise(1), 0) {
    receive(join({hex("03"), Bytes(1536), Bytes(1536)}));
    EXPECT_TRUE(connection.open());
    EXPECT_EQ(take(connection).size(), 3073u);
    received_before = connection.stats().bytes_received;
  }

  Error receive(BytesView bytes, TimePoint now = start) {
    messages.clear();
    return connection.receive(bytes, now, messages);
  }
  std::string answer() { return toHex(take(connection)); }

  Connection connection;
  std::vector<Message> messages;
  std::uint64_t received_before = 0;
};

Bytes whole(std::uint8_t type, Bytes body, std::uint32_t chunk_stream = 2, std::uint32_t stream_id = 0) {
  return join(
      {chunkHeader(0, chunk_stream, 0, static_cast<std::uint32_t>(body.size()), type, stream_id), body});
}

Bytes ping(std::uint32_t time) {
  Bytes body = hex("0006");
  ByteWriter(body).u32(time);
  return whole(4, body);
}

Bytes windowAckSize(std::uint32_t window) {
  Bytes body;
  ByteWriter(body).u32(window);
  return whole(5, body);
}

Bytes peerBandwidth(std::uint32_t window) {
  Bytes body;
  ByteWriter(body).u32(window).u8(2);
  return whole(6, body);
}

std::string plain(std::string_view spaced) {
  return toHex(hex(spaced));
}

TEST(Connection, joinsClientAndServer) {
  for (const HandshakeForm form : {HandshakeForm::simple, HandshakeForm::digest}) {
    Connection client(Role::client, {}, noise(2), 1, form), server(Role::server, {}, noise(3), 2);
    std::vector<Message> at_client, at_server;
    for (int round = 0; round < 3; ++round) {
      ASSERT_EQ(server.receive(take(client), start, at_server), Error::none);
      ASSERT_EQ(client.receive(take(server), start, at_client), Error::none);
    }
    ASSERT_TRUE(client.open() && server.open());

    client.announceChunkSize(60'000);
    ComposedMessage composed;
    client.compose(command(0, "connect", 1, AmfObject{{"app", "live"}}), composed);
    Bytes bytes = take(client);
    for (const BytesView slice : composed.slices()) ByteWriter(bytes).bytes(slice);
    ASSERT_EQ(server.receive(bytes, start, at_server), Error::none);
    ASSERT_EQ(at_server.size(), 2u);
    EXPECT_EQ(std::get<SetChunkSize>(at_server[0].body).size, 60'000u);
    const auto& connect = std::get<Command>(at_server[1].body);
    EXPECT_EQ(connect.name, "connect");
    EXPECT_EQ(connect.object.object()->stringOr("app", ""), "live");
  }
}

TEST(Connection, firstMessageMayComeWithTheLastHandshakeByte) {
  Connection server(Role::server, {}, noise(1), 0);
  std::vector<Message> out;
  EXPECT_FALSE(server.lastReceived());
  ASSERT_EQ(server.receive(join({hex("03"), Bytes(1536), Bytes(1536), ping(7)}), start + 5s, out),
            Error::none);
  EXPECT_EQ(out.size(), 1u);
  EXPECT_EQ(server.lastReceived(), start + 5s);
}

TEST(Connection, refusesHttp) {
  Connection server(Role::server, {}, noise(1), 0);
  std::vector<Message> out;
  EXPECT_EQ(server.receive(asBytes("GET / HTTP/1.1\r\n"), start, out), Error::not_rtmp);
  EXPECT_TRUE(server.pendingOutput().empty());
}

TEST(Connection, answersPingsAndDeliversThem) {
  Fixture peer;
  ASSERT_EQ(peer.receive(ping(0x12345678)), Error::none);
  EXPECT_EQ(peer.answer(), plain("02 000000 000006 04 00000000 0007 12345678"));
  ASSERT_EQ(peer.messages.size(), 1u);
  EXPECT_EQ(std::get<UserControl>(peer.messages[0].body).event, UserControl::Event::ping_request);
}

TEST(Connection, answersOnlySoManyPingsASecond) {
  Fixture peer;
  Bytes flood;
  for (std::uint32_t i = 0; i < 200; ++i) ByteWriter(flood).bytes(ping(i));
  ASSERT_EQ(peer.receive(flood, start + 1h), Error::none);
  EXPECT_EQ(take(peer.connection).size(), 20u * 18);
  ASSERT_EQ(peer.receive(flood, start + 1h + 999ms), Error::none);
  EXPECT_EQ(take(peer.connection).size(), 0u);
  ASSERT_EQ(peer.receive(flood, start + 1h + 1s), Error::none);
  EXPECT_EQ(take(peer.connection).size(), 20u * 18);
}

TEST(Connection, pingsOfOurOwn) {
  Fixture peer;
  peer.connection.ping(9);
  EXPECT_EQ(peer.answer(), plain("02 000000 000006 04 00000000 0006 00000009"));
}

TEST(Connection, acknowledgesHalfAWindow) {
  Fixture peer;
  ASSERT_EQ(peer.receive(windowAckSize(40'000)), Error::none);
  EXPECT_EQ(peer.answer(), "");
  const Bytes chunk = whole(8, filled(100), 4, 1);
  std::uint64_t received = peer.connection.stats().bytes_received;
  while (received + chunk.size() < 20'000) {
    ASSERT_EQ(peer.receive(chunk), Error::none);
    received += chunk.size();
    ASSERT_EQ(peer.answer(), "") << received;
  }
  ASSERT_EQ(peer.receive(chunk), Error::none);
  Bytes expected = hex("02 000000 000004 03 00000000");
  ByteWriter(expected).u32(static_cast<std::uint32_t>(peer.connection.stats().bytes_received));
  EXPECT_EQ(peer.answer(), toHex(expected));
}

TEST(Connection, tinyAndZeroWindowsCauseNoFlood) {
  Fixture peer;
  ASSERT_EQ(peer.receive(windowAckSize(0)), Error::none);
  ASSERT_EQ(peer.receive(windowAckSize(1)), Error::none);
  Bytes small;
  for (int i = 0; i < 50; ++i) ByteWriter(small).bytes(whole(8, hex("aa"), 4, 1));
  ASSERT_EQ(peer.receive(small), Error::none);
  EXPECT_EQ(peer.answer(), "") << "the floor is 16 KiB";
  Bytes large;
  for (int i = 0; i < 500; ++i) ByteWriter(large).bytes(whole(8, filled(100), 4, 1));
  ASSERT_EQ(peer.receive(large), Error::none);
  EXPECT_EQ(take(peer.connection).size(), 16u) << "one for the whole batch";
}

TEST(Connection, announcesThePeersBandwidthOnce) {
  Fixture peer;
  peer.connection.announceWindow(2'500'000);
  EXPECT_EQ(peer.answer(), plain("02 000000 000004 05 00000000 002625a0"));
  ASSERT_EQ(peer.receive(peerBandwidth(2'500'000)), Error::none);
  EXPECT_EQ(peer.answer(), "");
  ASSERT_EQ(peer.receive(join({peerBandwidth(5'000'000), peerBandwidth(5'000'000), peerBandwidth(0)})),
            Error::none);
  EXPECT_EQ(peer.answer(), plain("02 000000 000004 05 00000000 004c4b40"));
  EXPECT_EQ(peer.messages.size(), 3u);
}

TEST(Connection, controlFloodIsAnError) {
  Fixture peer;
  Bytes flood;
  for (std::uint32_t i = 1; i < 5000; ++i) ByteWriter(flood).bytes(peerBandwidth(i));
  EXPECT_EQ(peer.receive(flood), Error::control_flood);
  EXPECT_LE(peer.connection.pendingOutput().size(), Limits{}.max_pending_control + 16);
}

TEST(Connection, aPeerThatReadsItsAnswersMayGoOn) {
  Fixture peer;
  for (std::uint32_t i = 1; i < 5000; ++i) {
    ASSERT_EQ(peer.receive(peerBandwidth(i)), Error::none);
    take(peer.connection);
  }
}

TEST(Connection, countsWhatThePeerAcknowledgesOverAWrap) {
  Fixture peer;
  ASSERT_EQ(peer.receive(whole(3, hex("fffffff0"))), Error::none);
  EXPECT_EQ(peer.connection.stats().bytes_acknowledged, 0xFFFFFFF0u);
  ASSERT_EQ(peer.receive(whole(3, hex("00000010"))), Error::none);
  EXPECT_EQ(peer.connection.stats().bytes_acknowledged, 0x100000010u);
}

TEST(Connection, shortControlMessagesAreIgnoredAndCounted) {
  Fixture peer;
  for (std::uint8_t type = 1; type <= 6; ++type) {
    ASSERT_EQ(peer.receive(whole(type, {})), Error::none) << int{type};
    EXPECT_TRUE(peer.messages.empty()) << int{type};
  }
  ASSERT_EQ(peer.receive(join({whole(6, hex("00100000")), whole(4, hex("0006 0000"))})), Error::none);
  EXPECT_TRUE(peer.messages.empty());
  EXPECT_EQ(peer.answer(), "");
  EXPECT_EQ(peer.connection.stats().malformed_messages, 8u);
}

TEST(Connection, unknownTypesAndEventsSurface) {
  Fixture peer;
  ASSERT_EQ(peer.receive(join({whole(7, hex("01")), whole(99, hex("02")), whole(4, hex("00ff 00000001"))})),
            Error::none);
  ASSERT_EQ(peer.messages.size(), 3u);
  EXPECT_EQ(std::get<Unknown>(peer.messages[1].body).type, 99);
  EXPECT_EQ(*std::get<Unknown>(peer.messages[1].body).body, hex("02"));
  EXPECT_EQ(peer.connection.stats().malformed_messages, 0u);
}

TEST(Connection, badDataIsDroppedAndABadCommandIsAnError) {
  Fixture peer;
  ASSERT_EQ(peer.receive(whole(18, hex("02 ffff 61"), 4, 1)), Error::none);
  EXPECT_TRUE(peer.messages.empty());
  EXPECT_EQ(peer.connection.stats().malformed_messages, 1u);
  EXPECT_NE(peer.receive(whole(20, hex("02 ffff 61"), 3)), Error::none);

  Fixture other;
  EXPECT_NE(other.receive(whole(20, hex("05"), 3)), Error::none) << "a command has a name";
}

TEST(Connection, whatCameBeforeABrokenChunkIsDelivered) {
  Fixture peer;
  EXPECT_EQ(peer.receive(join({ping(1), hex("c9")})), Error::chunk_without_header);
  EXPECT_EQ(peer.messages.size(), 1u);
}

Bytes aggregatePart(std::uint8_t type, std::uint32_t time, Bytes body) {
  Bytes bytes;
  const auto size = static_cast<std::uint32_t>(body.size());
  ByteWriter(bytes).u8(type).u24(size).u24(time & 0xFFFFFF).u8(time >> 24).u24(0).bytes(body).u32(11 + size);
  return bytes;
}

TEST(Connection, splitsAggregates) {
  Fixture peer;
  const Bytes body = join({aggregatePart(8, 100, hex("af01")), aggregatePart(9, 120, hex("2701"))});
  const Bytes chunk = join({chunkHeader(0, 6, 5000, static_cast<std::uint32_t>(body.size()), 22, 3), body});
  ASSERT_EQ(peer.receive(chunk), Error::none);
  ASSERT_EQ(peer.messages.size(), 2u);
  EXPECT_EQ(peer.messages[0].timestamp, 5000u);
  EXPECT_EQ(*std::get<Audio>(peer.messages[0].body).body, hex("af01"));
  EXPECT_EQ(peer.messages[1].timestamp, 5020u);
  EXPECT_EQ(peer.messages[1].stream_id, 3u);
  EXPECT_EQ(*std::get<Video>(peer.messages[1].body).body, hex("2701"));

  ASSERT_EQ(peer.receive(whole(22, aggregatePart(22, 0, body), 6, 3)), Error::none);
  EXPECT_TRUE(peer.messages.empty()) << "nested";
  EXPECT_EQ(peer.connection.stats().malformed_messages, 1u);
}

TEST(Connection, bytesOneByOneGiveTheSameMessages) {
  const Bytes script =
      join({windowAckSize(100'000), ping(1), whole(20, hex("02 0004 74657374 00 0000000000000000 05"), 3),
            chunkHeader(0, 6, 3, 300, 9, 1), filled(128), basicHeader(3, 6), filled(128), ping(2),
            basicHeader(3, 6), filled(44)});
  Fixture at_once, piecewise;
  ASSERT_EQ(at_once.receive(script), Error::none);
  std::vector<Message> all;
  for (const std::byte b : script) {
    const Bytes one{b};
    ASSERT_EQ(piecewise.connection.receive(one, start, all), Error::none);
  }
  ASSERT_EQ(all.size(), at_once.messages.size());
  for (std::size_t i = 0; i < all.size(); ++i)
    EXPECT_EQ(all[i].body.index(), at_once.messages[i].body.index());
  EXPECT_EQ(piecewise.answer(), at_once.answer());
}

TEST(Connection, controlMessagesFitBetweenMessagesOfAnyChunkSize) {
  Connection client(Role::client, {}, noise(2), 1), server(Role::server, {}, noise(3), 2);
  std::vector<Message> ignored, received;
  for (int round = 0; round < 3; ++round) {
    ASSERT_EQ(server.receive(take(client), start, ignored), Error::none);
    ASSERT_EQ(client.receive(take(server), start, ignored), Error::none);
  }
  ComposedMessage composed;
  const Payload payload = makePayload(filled(1000));
  const auto write = [&](std::uint32_t timestamp) {
    client.compose({MessageType::video, 6, timestamp, 1, payload}, composed);
    Bytes bytes = take(client);
    for (const BytesView slice : composed.slices()) ByteWriter(bytes).bytes(slice);
    ASSERT_EQ(server.receive(bytes, start, received), Error::none);
  };
  for (const std::uint32_t size : {1u, 3u, 128u, 60'000u, 0xFFFFFFu, 200u}) {
    client.announceChunkSize(size);
    client.ping(size);
    client.announceWindow(size);
    received.clear();
    write(size);
    ASSERT_EQ(received.size(), 4u) << size;
    EXPECT_EQ(*std::get<Video>(received[3].body).body, *payload);
    EXPECT_EQ(received[3].timestamp, size);
  }
}

}  // namespace
}  // namespace multiconn::rtmp
