#include "rtmp/chunk_reader.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>
#include <string>

#include "rtmp/chunk_builder.hpp"
#include "rtmp/chunk_outcome.hpp"
#include "rtmp/hex.hpp"

namespace multiconn::rtmp {
namespace {

using test::basicHeader;
using test::chunkHeader;
using test::describe;
using test::describeAll;
using test::filled;
using test::hex;
using test::join;
using test::message;
using test::Outcome;
using test::readInPieces;
using test::setChunkSize;

constexpr std::uint8_t audio = 8;
constexpr std::uint8_t video = 9;
constexpr std::uint8_t command = 20;

// However the bytes are split, the outcome is the same.
Outcome read(BytesView bytes, const Limits& limits = {}) {
  const Outcome whole = readInPieces(bytes, bytes.size(), limits);
  for (const std::size_t piece : {1u, 2u, 3u, 5u, 7u}) {
    const Outcome pieces = readInPieces(bytes, piece, limits);
    EXPECT_EQ(pieces.error, whole.error) << "in pieces of " << piece;
    EXPECT_EQ(describeAll(pieces.messages), describeAll(whole.messages)) << "in pieces of " << piece;
  }
  return whole;
}

Bytes abortOf(std::uint32_t chunk_stream) {
  Bytes bytes = chunkHeader(0, 2, 0, 4, 2);
  ByteWriter(bytes).u32(chunk_stream);
  return bytes;
}

TEST(ChunkReader, everyBasicHeaderForm) {
  for (const std::uint32_t id : {3u, 63u, 64u, 319u, 320u, 65599u}) {
    const Outcome outcome = read(join({chunkHeader(0, id, 5, 2, audio, 0x01020304), hex("aabb")}));
    ASSERT_EQ(outcome.error, Error::none) << id;
    EXPECT_EQ(describeAll(outcome.messages), describeAll({message(audio, 5, 0x01020304, hex("aabb"))})) << id;
  }
}

TEST(ChunkReader, chunkStreams64To319InEitherLongForm) {
  // 64 + 0x24 as two bytes and as three: one chunk stream, so the type-3 chunk continues the first one's
  // message.
  const Bytes bytes = join({hex("00 24 000000 000081 08 01000000"), filled(128), hex("c1 24 00"), hex("ee")});
  const Outcome outcome = read(bytes);
  ASSERT_EQ(outcome.messages.size(), 1u);
  EXPECT_EQ(outcome.messages[0].payload->size(), 129u);
}

TEST(ChunkReader, headersInheritWhatTheyLack) {
  const Outcome outcome = read(join({chunkHeader(0, 4, 1000, 1, audio, 7), hex("01"),  //
                                     chunkHeader(1, 4, 20, 2, video), hex("0202"),     //
                                     chunkHeader(2, 4, 30), hex("0303"),               //
                                     chunkHeader(3, 4, 0), hex("0404"),                //
                                     chunkHeader(3, 4, 0), hex("0505")}));
  ASSERT_EQ(outcome.error, Error::none);
  EXPECT_EQ(describeAll(outcome.messages),
            describeAll({message(audio, 1000, 7, hex("01")), message(video, 1020, 7, hex("0202")),
                         message(video, 1050, 7, hex("0303")), message(video, 1080, 7, hex("0404")),
                         message(video, 1110, 7, hex("0505"))}));
}

TEST(ChunkReader, type3AfterType0AddsItsTimestamp) {
  const Outcome outcome =
      read(join({chunkHeader(0, 4, 1000, 1, audio, 7), hex("01"), chunkHeader(3, 4, 0), hex("02")}));
  ASSERT_EQ(outcome.messages.size(), 2u);
  EXPECT_EQ(outcome.messages[1].timestamp, 2000u);
}

TEST(ChunkReader, interleavesChunkStreams) {
  const Bytes first = filled(300), second = filled(200, 99);
  const BytesView a(first), b(second);
  Bytes bytes = chunkHeader(0, 4, 1, 300, video, 1);
  ByteWriter out(bytes);
  out.bytes(a.first(128)).bytes(chunkHeader(0, 5, 2, 200, audio, 1)).bytes(b.first(128));
  out.bytes(basicHeader(3, 4)).bytes(a.subspan(128, 128)).bytes(basicHeader(3, 5)).bytes(b.subspan(128));
  out.bytes(basicHeader(3, 4)).bytes(a.subspan(256));
  const Outcome outcome = read(bytes);
  EXPECT_EQ(describeAll(outcome.messages),
            describeAll({message(audio, 2, 1, second), message(video, 1, 1, first)}));
}

TEST(ChunkReader, zeroLengthMessages) {
  const Outcome outcome =
      read(join({chunkHeader(0, 4, 9, 0, audio, 1), chunkHeader(3, 4, 0), chunkHeader(2, 4, 1)}));
  ASSERT_EQ(outcome.error, Error::none);
  EXPECT_EQ(describeAll(outcome.messages),
            describeAll({message(audio, 9, 1, {}), message(audio, 18, 1, {}), message(audio, 19, 1, {})}));
}

TEST(ChunkReader, setChunkSizeActsAtOnceAlsoWithinAMessage) {
  const Bytes payload = filled(700);
  const BytesView p(payload);
  Bytes bytes = chunkHeader(0, 4, 0, 700, video, 1);
  ByteWriter out(bytes);
  out.bytes(p.first(128)).bytes(setChunkSize(500)).bytes(basicHeader(3, 4)).bytes(p.subspan(128, 500));
  out.bytes(setChunkSize(4))
      .bytes(basicHeader(3, 4))
      .bytes(p.subspan(628, 4))
      .bytes(setChunkSize(0x7FFFFFFF));
  out.bytes(basicHeader(3, 4)).bytes(p.subspan(632));
  const Outcome outcome = read(bytes);
  ASSERT_EQ(outcome.error, Error::none);
  ASSERT_EQ(outcome.messages.size(), 4u);  // it is delivered too
  EXPECT_EQ(describe(outcome.messages[3]), describe(message(video, 0, 1, payload)));
}

TEST(ChunkReader, refusesChunkSizesOfZeroAndWithTheTopBit) {
  for (const std::uint32_t size : {0u, 0x80000000u, 0xFFFFFFFFu}) {
    EXPECT_EQ(read(setChunkSize(size)).error, Error::chunk_size_invalid) << size;
  }
}

TEST(ChunkReader, largeChunkSizesMeanDoNotSplit) {
  ChunkReader reader{Limits{}};
  std::vector<RawMessage> out;
  ASSERT_EQ(reader.read(setChunkSize(0x7FFFFFFF), out), Error::none);
  EXPECT_EQ(reader.chunkSize(), 0xFFFFFFu);
}

TEST(ChunkReader, shortControlBodiesAreDeliveredButNotObeyed) {
  const Outcome outcome = read(join({chunkHeader(0, 2, 0, 3, 1), hex("000000"), chunkHeader(0, 2, 0, 0, 2)}));
  EXPECT_EQ(outcome.error, Error::none);
  EXPECT_EQ(outcome.messages.size(), 2u);
}

TEST(ChunkReader, abortDropsThePartialMessageAndKeepsTheHeader) {
  const Outcome outcome = read(join({chunkHeader(0, 4, 10, 200, video, 3), filled(128), abortOf(4),  //
                                     chunkHeader(2, 4, 5), filled(128), basicHeader(3, 4), filled(72)}));
  ASSERT_EQ(outcome.error, Error::none);
  ASSERT_EQ(outcome.messages.size(), 2u);
  EXPECT_EQ(outcome.messages[1].timestamp, 15u);
  EXPECT_EQ(outcome.messages[1].stream_id, 3u);
  EXPECT_EQ(outcome.messages[1].payload->size(), 200u);
}

TEST(ChunkReader, abortOfUnknownOrIdleChunkStreamsDoesNothing) {
  const Outcome outcome = read(join({chunkHeader(0, 4, 0, 1, audio, 1), hex("01"), abortOf(4), abortOf(999),
                                     abortOf(2), chunkHeader(2, 4, 1), hex("02")}));
  EXPECT_EQ(outcome.error, Error::none);
  EXPECT_EQ(outcome.messages.size(), 5u);
}

TEST(ChunkReader, freshChunkStreamsNeedType0) {
  for (const unsigned format : {1u, 2u, 3u}) {
    EXPECT_EQ(read(chunkHeader(format, 5, 0, 1, audio)).error, Error::chunk_without_header) << format;
  }
  EXPECT_EQ(read(chunkHeader(2, 2, 0)).error, Error::chunk_without_header);
  EXPECT_EQ(read(chunkHeader(3, 2, 0)).error, Error::chunk_without_header);
}

TEST(ChunkReader, librtmpsFirstPongIsAccepted) {
  const Outcome outcome = read(join({chunkHeader(1, 2, 0, 6, 4), hex("0007 00001234")}));
  ASSERT_EQ(outcome.error, Error::none);
  EXPECT_EQ(describeAll(outcome.messages), describeAll({message(4, 0, 0, hex("000700001234"))}));
}

// CVE-2016-10191: a new header inside a message must not change the size of the buffer that is being filled.
TEST(ChunkReader, refusesNewHeadersInsideAMessage) {
  for (const unsigned format : {0u, 1u, 2u}) {
    const Bytes bytes =
        join({chunkHeader(0, 4, 0, 200, video, 1), filled(128), chunkHeader(format, 4, 0, 5000, video, 1)});
    EXPECT_EQ(read(bytes).error, Error::chunk_inside_message) << format;
  }
}

// ---- Extended timestamps

constexpr std::uint32_t late = 0x01000000;

TEST(ChunkReader, extendedTimestampsOfEveryType) {
  const Outcome outcome = read(join({chunkHeader(0, 4, 0xFFFFFFFE, 1, audio, 1), hex("01"),  //
                                     chunkHeader(1, 4, 0xFFFFFF, 1, audio), hex("02"),       //
                                     chunkHeader(2, 4, 0x01000001), hex("03"),               //
                                     chunkHeader(0, 4, 0xFFFFFE, 1, audio, 1), hex("04")}));
  ASSERT_EQ(outcome.error, Error::none);
  ASSERT_EQ(outcome.messages.size(), 4u);
  EXPECT_EQ(outcome.messages[0].timestamp, 0xFFFFFFFEu);
  EXPECT_EQ(outcome.messages[1].timestamp, 0x00FFFFFDu);  // wraps at 2^32
  EXPECT_EQ(outcome.messages[2].timestamp, 0x01FFFFFEu);
  EXPECT_EQ(outcome.messages[3].timestamp, 0xFFFFFEu);
}

struct Continuation {
  std::string name;
  std::string field;  // what stands between the type-3 basic header and the payload
};
void PrintTo(const Continuation& tested, std::ostream* out) {
  *out << tested.name;
}

class ChunkReaderContinuation : public testing::TestWithParam<Continuation> {};
INSTANTIATE_TEST_SUITE_P(ChunkReader, ChunkReaderContinuation,
                         testing::Values(Continuation{"repeated", "01000000"},
                                         Continuation{"zeroed", "00000000"}, Continuation{"omitted", ""}),
                         [](const auto& tested) { return tested.param.name; });

TEST_P(ChunkReaderContinuation, isFoundOutAtTheFirst) {
  const Bytes payload = filled(300);
  const BytesView p(payload);
  const Bytes field = hex(GetParam().field);
  Bytes bytes = chunkHeader(0, 4, late, 300, video, 1);
  ByteWriter out(bytes);
  out.bytes(p.first(128));
  for (const std::size_t at : {128u, 256u}) {
    out.bytes(basicHeader(3, 4)).bytes(field).bytes(p.subspan(at, std::min<std::size_t>(128, 300 - at)));
  }
  out.bytes(basicHeader(3, 4)).bytes(field).bytes(p.first(128));  // a new message of the same kind
  const Outcome outcome = read(bytes);
  ASSERT_EQ(outcome.error, Error::none);
  ASSERT_EQ(outcome.messages.size(), 1u);
  EXPECT_EQ(describe(outcome.messages[0]), describe(message(video, late, 1, payload)));
}

TEST(ChunkReader, anOmittedFieldMayBeFollowedByLessThanFourBytesOfPayload) {
  const Outcome outcome = read(join({chunkHeader(0, 4, late, 129, video, 1), filled(128), basicHeader(3, 4),
                                     hex("77"), chunkHeader(0, 5, 3, 1, audio, 1), hex("55")}));
  ASSERT_EQ(outcome.error, Error::none);
  ASSERT_EQ(outcome.messages.size(), 2u);
  EXPECT_EQ(outcome.messages[0].payload->back(), std::byte{0x77});
  EXPECT_EQ(describe(outcome.messages[1]), describe(message(audio, 3, 1, hex("55"))));
}

TEST(ChunkReader, theFirstDecisionAboutContinuationsIsKept) {
  // Once repeated, always repeated: bytes that differ are skipped too. Once omitted, bytes that are equal are
  // payload.
  const Bytes repeated = join({chunkHeader(0, 4, late, 129, video, 1), filled(128), hex("c4 01000000 77"),
                               chunkHeader(0, 4, late, 129, video, 1), filled(128), hex("c4 deadbeef 78")});
  const Outcome first = read(repeated);
  ASSERT_EQ(first.messages.size(), 2u);
  EXPECT_EQ(first.messages[1].payload->back(), std::byte{0x78});

  const Bytes omitted = join({chunkHeader(0, 4, late, 132, video, 1), filled(128), hex("c4 deadbeef"),
                              chunkHeader(0, 4, late, 132, video, 1), filled(128), hex("c4 01000000")});
  const Outcome second = read(omitted);
  ASSERT_EQ(second.messages.size(), 2u);
  EXPECT_EQ(second.messages[1].payload->back(), std::byte{0});
}

TEST(ChunkReader, extendedFieldIsNoBusinessOfOtherChunkStreams) {
  const Outcome outcome = read(join({chunkHeader(0, 4, late, 129, video, 1), filled(128),  //
                                     chunkHeader(0, 5, 7, 129, audio, 1), filled(128), basicHeader(3, 5),
                                     hex("01"), hex("c4 01000000 77")}));
  ASSERT_EQ(outcome.error, Error::none);
  EXPECT_EQ(outcome.messages.size(), 2u);
}

// ---- Limits

TEST(ChunkReaderLimits, lengthPerType) {
  Limits limits;
  limits.max_media_message = 1000;
  limits.max_other_message = 100;
  EXPECT_EQ(read(chunkHeader(0, 4, 0, 1001, video, 1), limits).error, Error::message_too_large);
  EXPECT_EQ(read(chunkHeader(0, 4, 0, 1000, video, 1), limits).error, Error::none);
  EXPECT_EQ(read(chunkHeader(0, 4, 0, 101, command, 1), limits).error, Error::message_too_large);
  EXPECT_EQ(read(chunkHeader(0, 4, 0, 100, 77, 1), limits).error, Error::none);
}

TEST(ChunkReaderLimits, budgetOfAllUnfinishedMessages) {
  Limits limits;
  limits.reassembly_budget = 300;
  const Bytes two = join(
      {chunkHeader(0, 4, 0, 500, video, 1), filled(128), chunkHeader(0, 5, 0, 500, video, 1), filled(128)});
  EXPECT_EQ(read(two, limits).error, Error::none);
  EXPECT_EQ(read(join({two, basicHeader(3, 4), filled(45)}), limits).error,
            Error::reassembly_budget_exceeded);
  // What is delivered or dropped is given back.
  EXPECT_EQ(read(join({two, abortOf(4), basicHeader(3, 5), filled(128)}), limits).error, Error::none);
  const Bytes small = join({chunkHeader(0, 4, 0, 128, video, 1), filled(128)});
  EXPECT_EQ(read(join({small, small, small, small}), limits).error, Error::none);
}

TEST(ChunkReaderLimits, numberOfChunkStreams) {
  Bytes bytes;
  for (std::uint32_t i = 0; i < 64; ++i) ByteWriter(bytes).bytes(chunkHeader(0, 100 + i, 0, 0, audio, 1));
  EXPECT_EQ(read(bytes).error, Error::none);
  EXPECT_EQ(read(join({bytes, chunkHeader(0, 99, 0, 0, audio, 1)})).error, Error::too_many_chunk_streams);
  EXPECT_EQ(read(join({bytes, chunkHeader(2, 163, 0)})).error, Error::none);
}

TEST(ChunkReaderLimits, numberOfUnfinishedMessages) {
  Bytes bytes;
  for (std::uint32_t i = 0; i < 8; ++i)
    ByteWriter(bytes).bytes(chunkHeader(0, 10 + i, 0, 200, audio, 1)).bytes(filled(128));
  EXPECT_EQ(read(bytes).error, Error::none);
  EXPECT_EQ(read(join({bytes, chunkHeader(0, 99, 0, 200, audio, 1)})).error,
            Error::too_many_partial_messages);
  EXPECT_EQ(read(join({bytes, abortOf(10)})).error, Error::too_many_partial_messages);
  EXPECT_EQ(read(join({bytes, basicHeader(3, 10), filled(72), chunkHeader(0, 99, 0, 200, audio, 1)})).error,
            Error::none);
}

TEST(ChunkReaderLimits, buffersGrowWithWhatArrivesOnly) {
  // 64 announced messages of 8 MiB each cost nothing until their bytes come; of a received one nothing is
  // spare.
  const Outcome outcome =
      read(join({setChunkSize(0xFFFFFF), chunkHeader(0, 4, 0, 100'000, video, 1), filled(100'000)}));
  ASSERT_EQ(outcome.messages.size(), 2u);
  EXPECT_EQ(outcome.messages[1].payload->capacity(), 100'000u);
  const Outcome slow = readInPieces(
      join({setChunkSize(0xFFFFFF), chunkHeader(0, 4, 0, 300'000, video, 1), filled(300'000)}), 1000);
  ASSERT_EQ(slow.messages.size(), 2u);
  EXPECT_EQ(slow.messages[1].payload->capacity(), 300'000u);
}

}  // namespace
}  // namespace multiconn::rtmp
