#include "rtmp/chunk_writer.hpp"

#include <gtest/gtest.h>

#include <random>

#include "rtmp/chunk_builder.hpp"
#include "rtmp/chunk_reader.hpp"
#include "rtmp/hex.hpp"

namespace multiconn::rtmp {
namespace {

using test::filled;
using test::hex;
using test::toHex;

OutMessage out(MessageType type, std::uint8_t chunk_stream, std::uint32_t timestamp, std::uint32_t stream_id,
               Bytes payload) {
  return {type, chunk_stream, timestamp, stream_id, makePayload(std::move(payload))};
}

Bytes flat(const ComposedMessage& composed) {
  Bytes bytes;
  for (const BytesView slice : composed.slices()) ByteWriter(bytes).bytes(slice);
  EXPECT_EQ(bytes.size(), composed.size());
  return bytes;
}

std::string compose(ChunkWriter& writer, const OutMessage& message) {
  ComposedMessage composed;
  writer.compose(message, composed);
  return toHex(flat(composed));
}

std::string plain(std::string_view spaced) {
  return toHex(hex(spaced));
}

TEST(ChunkWriter, firstMessageIsWhole) {
  ChunkWriter writer;
  EXPECT_EQ(compose(writer, out(MessageType::audio, 4, 0x123456, 0x01020304, hex("aabb"))),
            plain("04 123456 000002 08 04030201 aabb"));
}

TEST(ChunkWriter, followersSendTheDelta) {
  ChunkWriter writer;
  compose(writer, out(MessageType::audio, 4, 1000, 1, hex("aa")));
  EXPECT_EQ(compose(writer, out(MessageType::audio, 4, 1000, 1, hex("bb"))), plain("44 000000 000001 08 bb"));
  EXPECT_EQ(compose(writer, out(MessageType::video, 4, 1040, 1, hex("cc"))), plain("44 000028 000001 09 cc"));
}

TEST(ChunkWriter, startsAnewWhenPeersWouldDisagree) {
  ChunkWriter writer;
  const auto format = [&](std::uint8_t chunk_stream, std::uint32_t timestamp, std::uint32_t stream_id) {
    ComposedMessage composed;
    writer.compose(out(MessageType::video, chunk_stream, timestamp, stream_id, hex("aa")), composed);
    return std::to_integer<int>(flat(composed).front() >> 6);
  };
  EXPECT_EQ(format(6, 100, 1), 0);
  EXPECT_EQ(format(6, 110, 1), 1);
  EXPECT_EQ(format(6, 120, 2), 0) << "another message stream";
  EXPECT_EQ(format(6, 119, 2), 0) << "time runs backwards";
  EXPECT_EQ(format(7, 130, 2), 0) << "another chunk stream";
  EXPECT_EQ(format(6, 0xFFFFFE, 2), 1) << "the largest plain timestamp";
  EXPECT_EQ(format(6, 0xFFFFFF, 2), 0) << "extended";
  EXPECT_EQ(format(6, 0x01000000, 2), 0) << "extended";
  EXPECT_EQ(format(6, 5, 2), 0) << "wrapped";
}

TEST(ChunkWriter, controlMessagesStandAlone) {
  ChunkWriter writer;
  const OutMessage ack = out(MessageType::acknowledgement, 2, 0, 0, hex("00001000"));
  EXPECT_EQ(compose(writer, ack), plain("02 000000 000004 03 00000000 00001000"));
  EXPECT_EQ(compose(writer, ack), plain("02 000000 000004 03 00000000 00001000"));
}

TEST(ChunkWriter, cutsLongMessages) {
  ChunkWriter writer;
  writer.setChunkSize(4);
  EXPECT_EQ(compose(writer, out(MessageType::video, 6, 1, 1, hex("0102030405060708"))),
            plain("06 000001 000008 09 01000000 01020304 c6 05060708"));
  EXPECT_EQ(compose(writer, out(MessageType::video, 6, 1, 1, hex("010203040506070809"))),
            plain("46 000000 000009 09 01020304 c6 05060708 c6 09"));
}

TEST(ChunkWriter, repeatsTheExtendedTimestampInEveryChunk) {
  ChunkWriter writer;
  writer.setChunkSize(2);
  EXPECT_EQ(compose(writer, out(MessageType::video, 6, 0x01020304, 1, hex("0102030405"))),
            plain("06 ffffff 000005 09 01000000 01020304 0102 c6 01020304 0304 c6 01020304 05"));
  EXPECT_EQ(compose(writer, out(MessageType::video, 6, 0xFFFFFF, 1, hex("01"))),
            plain("06 ffffff 000001 09 01000000 00ffffff 01"));
}

TEST(ChunkWriter, emptyMessages) {
  ChunkWriter writer;
  EXPECT_EQ(compose(writer, out(MessageType::audio, 4, 7, 1, {})), plain("04 000007 000000 08 01000000"));
  EXPECT_EQ(compose(writer, {MessageType::audio, 4, 9, 1, nullptr}), plain("44 000002 000000 08"));
}

TEST(ChunkWriter, payloadIsSharedAndBuffersAreReused) {
  ChunkWriter writer;
  writer.setChunkSize(1000);
  const OutMessage message = out(MessageType::video, 6, 0, 1, filled(5000));
  ComposedMessage composed;
  writer.compose(message, composed);
  ASSERT_EQ(composed.slices().size(), 10u);
  for (std::size_t i = 0; i < 5; ++i)
    EXPECT_EQ(composed.slices()[2 * i + 1].data(), message.payload->data() + 1000 * i);
  const auto* slices = composed.slices().data();
  const auto* headers = composed.slices()[0].data();
  writer.compose(message, composed);
  EXPECT_EQ(composed.slices().data(), slices);
  EXPECT_EQ(composed.slices()[0].data(), headers);
}

// Whatever is written is read back, for random chunk sizes, chunk streams and timestamps around the two
// limits.
TEST(ChunkWriter, roundTrip) {
  for (std::uint32_t seed = 0; seed < 200; ++seed) {
    std::mt19937 random(seed);
    const auto below = [&](std::uint32_t limit) { return static_cast<std::uint32_t>(random() % limit); };
    ChunkWriter writer;
    ChunkReader reader{Limits{}};
    std::vector<RawMessage> received;
    ComposedMessage composed;
    const auto send = [&](const OutMessage& message) {
      writer.compose(message, composed);
      EXPECT_EQ(reader.read(flat(composed), received), Error::none) << "seed " << seed;
    };
    for (int i = 0; i < 40; ++i) {
      if (below(8) == 0) {
        Bytes size;
        const std::uint32_t chunk_size = below(2) == 0 ? 1 + below(200) : 1 + below(0x7FFFFFFF);
        ByteWriter(size).u32(chunk_size);
        send(out(MessageType::set_chunk_size, 2, 0, 0, size));
        writer.setChunkSize(chunk_size);
      }
      const std::uint32_t bases[] = {0, 0xFFFFFF - 3, 0xFFFFFFFF - 3, static_cast<std::uint32_t>(random())};
      const OutMessage message =
          out(MessageType::video, static_cast<std::uint8_t>(3 + below(4)), bases[below(4)] + below(7),
              below(3), filled(below(700), static_cast<std::uint8_t>(i)));
      received.clear();
      send(message);
      ASSERT_EQ(received.size(), 1u) << "seed " << seed;
      EXPECT_EQ(received[0].timestamp, message.timestamp) << "seed " << seed;
      EXPECT_EQ(received[0].stream_id, message.stream_id) << "seed " << seed;
      EXPECT_EQ(*received[0].payload, *message.payload) << "seed " << seed;
    }
  }
}

}  // namespace
}  // namespace multiconn::rtmp
