#include "rtmp/handshake.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "rtmp/hex.hpp"

namespace multiconn::rtmp {
namespace {

using test::hex;
using test::toHex;
using Role = Handshake::Role;

std::array<HandshakePacket, 2> random(std::uint8_t seed) {
  std::array<HandshakePacket, 2> packets;
  std::uint32_t state = seed;
  for (HandshakePacket& packet : packets) {
    for (std::byte& b : packet) {
      state = state * 1664525 + 1013904223;
      b = static_cast<std::byte>(state >> 24);
    }
  }
  return packets;
}

// Byte i is i, with the version that announces a digest.
HandshakePacket countingPacket() {
  HandshakePacket packet{};
  for (std::size_t i = 8; i < packet.size(); ++i) packet[i] = static_cast<std::byte>(i & 0xFF);
  const Bytes version = hex("80000702");
  std::copy(version.begin(), version.end(), packet.begin() + 4);
  return packet;
}

TEST(HandshakeDigest, positionsAndDigests) {
  const HandshakePacket packet = countingPacket();
  EXPECT_EQ(digestPosition(packet, DigestSchema::digest_first), 50u);
  EXPECT_EQ(digestPosition(packet, DigestSchema::key_first), 798u);
  EXPECT_EQ(toHex(packetDigest(packet, DigestSchema::digest_first, Role::client)),
            "1a0738a48b1a8654bdfaeba70f3306ea8fa1a54de15fe35fdba384c99e8c9354");
  EXPECT_EQ(toHex(packetDigest(packet, DigestSchema::key_first, Role::client)),
            "04311e20855f942b928fe02f1df48ce612c2061e5a97bfc2a226063a94f3973d");
}

TEST(HandshakeDigest, answer) {
  const Bytes text = hex("1a0738a48b1a8654bdfaeba70f3306ea8fa1a54de15fe35fdba384c99e8c9354");
  Digest digest;
  std::copy(text.begin(), text.end(), digest.begin());
  EXPECT_EQ(toHex(answerDigest(HandshakePacket{}, digest, Role::server)),
            "dbc211a36d204c0c786f8f77416dce6a91d9f6a9adddd429869681012458c90d");
}

HandshakePacket signedPacket(DigestSchema schema, Role author) {
  HandshakePacket packet = countingPacket();
  const Digest digest = packetDigest(packet, schema, author);
  std::copy(digest.begin(), digest.end(),
            packet.begin() + static_cast<std::ptrdiff_t>(digestPosition(packet, schema)));
  return packet;
}

TEST(HandshakeDigest, isFoundUnderEitherSchema) {
  for (const Role author : {Role::client, Role::server}) {
    for (const DigestSchema schema : {DigestSchema::key_first, DigestSchema::digest_first}) {
      HandshakePacket packet = signedPacket(schema, author);
      EXPECT_EQ(findDigest(packet, author), schema);
      EXPECT_EQ(findDigest(packet, author == Role::client ? Role::server : Role::client), std::nullopt);
      packet[1535] ^= std::byte{1};
      EXPECT_EQ(findDigest(packet, author), std::nullopt);
    }
  }
  EXPECT_EQ(findDigest(countingPacket(), Role::client), std::nullopt);
}

TEST(HandshakeDigest, positionStaysInsideForAnyPointer) {
  HandshakePacket packet{};
  for (const unsigned value : {0u, 1u, 127u, 182u, 255u}) {
    packet.fill(static_cast<std::byte>(value));
    for (const DigestSchema schema : {DigestSchema::key_first, DigestSchema::digest_first}) {
      EXPECT_LE(digestPosition(packet, schema) + 32, packet.size());
    }
  }
}

Bytes feed(Handshake& handshake, BytesView bytes) {
  Bytes answer;
  EXPECT_EQ(handshake.receive(bytes, answer), Error::none);
  EXPECT_TRUE(bytes.empty());
  return answer;
}

BytesView part(const Bytes& bytes, std::size_t from, std::size_t size = handshake_packet_size) {
  return BytesView(bytes).subspan(from, size);
}

TEST(Handshake, simpleFormOnBothSides) {
  Handshake client(Role::client, random(1), 0x11223344), server(Role::server, random(2), 0x55667788);
  EXPECT_TRUE(server.start().empty());
  const Bytes c0c1 = client.start();
  ASSERT_EQ(c0c1.size(), 1537u);
  EXPECT_EQ(toHex(part(c0c1, 0, 9)), "031122334400000000");

  const Bytes s0s1s2 = feed(server, c0c1);
  ASSERT_EQ(s0s1s2.size(), 3073u);  // all at once, right after C1
  EXPECT_EQ(toHex(part(s0s1s2, 0, 9)), "035566778800000000");
  EXPECT_EQ(toHex(part(s0s1s2, 1537)), toHex(part(c0c1, 1)));
  EXPECT_FALSE(server.done());

  const Bytes c2 = feed(client, s0s1s2);
  EXPECT_EQ(toHex(c2), toHex(part(s0s1s2, 1)));
  EXPECT_TRUE(client.done());
  EXPECT_TRUE(feed(server, c2).empty());
  EXPECT_TRUE(server.done());
  EXPECT_EQ(client.form(), HandshakeForm::simple);
  EXPECT_EQ(server.form(), HandshakeForm::simple);
}

TEST(Handshake, digestFormOnBothSides) {
  Handshake client(Role::client, random(3), 1, HandshakeForm::digest), server(Role::server, random(4), 2);
  const Bytes c0c1 = client.start();
  const Bytes s0s1s2 = feed(server, c0c1);
  EXPECT_EQ(server.form(), HandshakeForm::digest);
  HandshakePacket s1;
  std::copy_n(s0s1s2.begin() + 1, s1.size(), s1.begin());
  EXPECT_EQ(findDigest(s1, Role::server), DigestSchema::digest_first);
  EXPECT_NE(toHex(part(s0s1s2, 1537)), toHex(part(c0c1, 1))) << "signed, not echoed";

  const Bytes c2 = feed(client, s0s1s2);
  EXPECT_EQ(client.form(), HandshakeForm::digest);
  HandshakePacket answer;
  std::copy_n(c2.begin(), answer.size(), answer.begin());
  Digest s1_digest;
  const std::size_t position = digestPosition(s1, DigestSchema::digest_first);
  std::copy_n(s1.begin() + static_cast<std::ptrdiff_t>(position), 32, s1_digest.begin());
  EXPECT_EQ(toHex(part(c2, 1504, 32)), toHex(answerDigest(answer, s1_digest, Role::client)));
  feed(server, c2);
  EXPECT_TRUE(client.done() && server.done());
}

TEST(Handshake, serverAnswersInTheClientsSchema) {
  for (const DigestSchema schema : {DigestSchema::key_first, DigestSchema::digest_first}) {
    Handshake server(Role::server, random(5), 2);
    Bytes c0c1 = hex("03");
    ByteWriter(c0c1).bytes(signedPacket(schema, Role::client));
    const Bytes answer = feed(server, c0c1);
    HandshakePacket s1;
    std::copy_n(answer.begin() + 1, s1.size(), s1.begin());
    EXPECT_EQ(findDigest(s1, Role::server), schema);
  }
}

TEST(Handshake, clientOffersADigestAndTakesASimpleAnswer) {
  Handshake client(Role::client, random(6), 1, HandshakeForm::digest);
  client.start();
  Bytes answer(3073, std::byte{0x5A});
  answer[0] = std::byte{3};
  const Bytes c2 = feed(client, answer);
  EXPECT_EQ(toHex(c2), toHex(part(answer, 1)));
  EXPECT_EQ(client.form(), HandshakeForm::simple);
  EXPECT_TRUE(client.done());
}

TEST(Handshake, bytesMayComeOneByOneAndWithMoreBehind) {
  Handshake client(Role::client, random(7), 1), server(Role::server, random(8), 2);
  Bytes to_client, to_server;
  for (const std::byte b : client.start()) {
    const Bytes one{b};
    ByteWriter(to_client).bytes(feed(server, one));
  }
  ASSERT_EQ(to_client.size(), 3073u);
  for (const std::byte b : to_client) {
    const Bytes one{b};
    ByteWriter(to_server).bytes(feed(client, one));
  }
  ByteWriter(to_server).text("more");
  BytesView bytes(to_server);
  Bytes none;
  ASSERT_EQ(server.receive(bytes, none), Error::none);
  EXPECT_TRUE(server.done());
  EXPECT_EQ(asText(bytes), "more");
  ASSERT_EQ(server.receive(bytes, none), Error::none);
  EXPECT_EQ(asText(bytes), "more");
}

TEST(Handshake, contentOfPacket2IsNotChecked) {
  Handshake server(Role::server, random(9), 1);
  Bytes c0c1(1537, std::byte{9});
  c0c1[0] = std::byte{3};
  feed(server, c0c1);
  feed(server, Bytes(1536, std::byte{0xEE}));
  EXPECT_TRUE(server.done());
}

TEST(Handshake, refusesWhatIsNotRtmpAtTheFirstByte) {
  const auto answer = [](Role role, int first) {
    Handshake handshake(role, random(10), 1);
    const Bytes byte{static_cast<std::byte>(first)};
    BytesView bytes(byte);
    Bytes out;
    const Error error = handshake.receive(bytes, out);
    EXPECT_TRUE(out.empty());
    return error;
  };
  for (const char first : {'G', 'P', 'H', 'O', 'C', 'D', '\x16'}) {
    EXPECT_EQ(answer(Role::server, first), Error::not_rtmp) << first;
  }
  EXPECT_EQ(answer(Role::client, 'H'), Error::not_rtmp);
  for (const int version : {0, 1, 2, 4, 6, 31, 0xF3, 0xFF}) {
    EXPECT_EQ(answer(Role::server, version), Error::unsupported_version) << version;
    EXPECT_EQ(answer(Role::client, version), Error::unsupported_version) << version;
  }
}

}  // namespace
}  // namespace multiconn::rtmp
