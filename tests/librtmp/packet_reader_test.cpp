// What librtmp's reader is protected from. To be run under AddressSanitizer too: without the protection, some
// of these write behind a buffer.
#include "librtmp/packet_reader.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <vector>

#include "librtmp/session.hpp"
#include "net/socket.hpp"
#include "rtmp/chunk_builder.hpp"

namespace multiconn::librtmp::test {
namespace {

using rtmp::Bytes;
using rtmp::Error;
using rtmp::test::chunkHeader;
using rtmp::test::filled;
using rtmp::test::join;

constexpr std::uint8_t video = 9, command = 20;

struct Outcome {
  std::vector<rtmp::RawMessage> messages;
  Error error = Error::none;  // none: the peer ended it
  std::uint64_t bytes = 0;
};

/// What comes of these bytes, behind which the peer closes.
Outcome read(const Bytes& bytes, const rtmp::Limits& limits = {}) {
  std::array<int, 2> pair{-1, -1};
  EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()), 0);
  net::Socket peer(pair[0]);
  EXPECT_EQ(::send(pair[0], bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT),
            static_cast<ssize_t>(bytes.size()));
  ::shutdown(pair[0], SHUT_WR);
  const Session session(RTMP_Alloc());
  RTMP_Init(session.get());
  session->m_sb.sb_socket = pair[1];
  PacketReader reader(*session, limits);
  Outcome outcome;
  while (true) {
    PacketReader::Result result = reader.readChunk();
    outcome.bytes = reader.bytesReceived();
    if (result.ended) return outcome;
    if (result.message) outcome.messages.push_back(std::move(*result.message));
    outcome.error = result.error;
    if (result.error != Error::none) return outcome;
  }
}

Bytes setChunkSize(std::uint32_t size) {
  Bytes bytes = chunkHeader(0, 2, 0, 4, 1);
  rtmp::ByteWriter(bytes).u32(size);
  return bytes;
}

TEST(PacketReader, ReadsMessagesThatInterleave) {
  const Bytes one = filled(200, 1), two = filled(150, 9);
  const auto part = [](const Bytes& of, std::ptrdiff_t from, std::ptrdiff_t to) {
    return Bytes(of.begin() + from, of.begin() + to);
  };
  const Bytes all = join({chunkHeader(0, 6, 1000, 200, video, 1),
                          part(one, 0, 128),
                          chunkHeader(0, 4, 0xFFFFFF, 150, command, 0),
                          part(two, 0, 128),
                          chunkHeader(3, 6, 0),
                          part(one, 128, 200),
                          chunkHeader(3, 4, 0),
                          {std::byte{0}, std::byte{0xFF}, std::byte{0xFF}, std::byte{0xFF}},
                          part(two, 128, 150),
                          chunkHeader(1, 6, 40, 1, video),
                          filled(1)});
  const Outcome outcome = read(all);
  EXPECT_EQ(outcome.error, Error::none);
  EXPECT_EQ(outcome.bytes, all.size());
  ASSERT_EQ(outcome.messages.size(), 3u);
  EXPECT_EQ(*outcome.messages[0].payload, one);
  EXPECT_EQ(outcome.messages[0].timestamp, 1000u);
  EXPECT_EQ(outcome.messages[0].stream_id, 1u);
  EXPECT_EQ(*outcome.messages[1].payload, two);
  EXPECT_EQ(outcome.messages[1].timestamp, 0xFFFFFFu);
  EXPECT_EQ(outcome.messages[2].timestamp, 1040u);
}

TEST(PacketReader, ObeysAChunkSizeAndAnAbort) {
  Bytes abort = chunkHeader(0, 2, 0, 4, 2);
  rtmp::ByteWriter(abort).u32(6);
  const Bytes body = filled(5000);
  const Outcome outcome =
      read(join({chunkHeader(0, 6, 0, 4999, video, 1), filled(128), abort, setChunkSize(5000),
                 chunkHeader(1, 6, 1, 5000, video), body, chunkHeader(0, 4, 0, 0, video, 1)}));
  EXPECT_EQ(outcome.error, Error::none);
  ASSERT_EQ(outcome.messages.size(), 4u);
  EXPECT_EQ(*outcome.messages[2].payload, body);
  EXPECT_TRUE(outcome.messages[3].payload->empty());
}

TEST(PacketReader, EndsWithThePeerWhereverItStops) {
  const Bytes all =
      join({chunkHeader(0, 6, 0, 200, video, 1), filled(128), chunkHeader(0, 4, 0, 150, video, 1),
            filled(128), chunkHeader(3, 6, 0), filled(72)});
  for (std::size_t size = 0; size < all.size(); ++size) {
    const Outcome outcome = read(Bytes(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(size)));
    EXPECT_EQ(outcome.error, Error::none) << size;
    EXPECT_TRUE(outcome.messages.empty()) << size;
  }
}

TEST(PacketReader, RefusesAHeaderInsideAMessage) {
  const Bytes begun = join({chunkHeader(0, 6, 0, 200, video, 1), filled(128)});
  for (const unsigned format : {0u, 1u}) {
    for (const std::uint32_t length : {0u, 1u, 127u, 199u, 200u, 201u, 100'000u}) {
      const Outcome outcome =
          read(join({begun, chunkHeader(format, 6, 0, length, video, 1), filled(std::min(length, 128u))}));
      EXPECT_EQ(outcome.error, Error::chunk_inside_message) << format << ' ' << length;
      EXPECT_TRUE(outcome.messages.empty());
    }
  }
}

// The body is 200 bytes long, and a chunk of 60000 would be written to its beginning.
TEST(PacketReader, RefusesAChunkSizeBeyondAnUnfinishedMessage) {
  const Outcome outcome = read(join({chunkHeader(0, 6, 0, 200, video, 1), filled(128), setChunkSize(60'000),
                                     chunkHeader(1, 6, 0, 60'000, video), filled(60'000)}));
  EXPECT_EQ(outcome.error, Error::chunk_size_invalid);
}

TEST(PacketReader, RefusesChunkSizesThatAreNone) {
  for (const std::uint32_t size : {0u, 0x80000000u, 0xFFFFFFFFu})
    EXPECT_EQ(read(setChunkSize(size)).error, Error::chunk_size_invalid);
}

TEST(PacketReader, RefusesTypesThatReferToNothing) {
  for (const unsigned format : {2u, 3u})
    EXPECT_EQ(read(chunkHeader(format, 7, 0)).error, Error::chunk_without_header);
}

TEST(PacketReader, RefusesMessagesThatAreTooLong) {
  EXPECT_EQ(read(join({chunkHeader(0, 3, 0, 0xFFFFFF, command), filled(128)})).error,
            Error::message_too_large);
  EXPECT_EQ(read(join({chunkHeader(0, 6, 0, 0xFFFFFF, video), filled(128)})).error, Error::message_too_large);
}

TEST(PacketReader, RefusesTooMuchAtOnce) {
  rtmp::Limits limits;
  Bytes all;
  for (std::uint32_t id = 3; id < 3 + limits.max_partial_messages + 1; ++id)
    all = join({all, chunkHeader(0, id, 0, 200, video), filled(128)});
  EXPECT_EQ(read(all).error, Error::too_many_partial_messages);

  all.clear();
  for (std::uint32_t id = 3; id < 6; ++id)
    all = join({all, chunkHeader(0, id, 0, 8 * 1024 * 1024, video), filled(128)});
  EXPECT_EQ(read(all).error, Error::reassembly_budget_exceeded);

  all.clear();
  for (std::uint32_t id = 0; id < limits.max_chunk_streams + 1; ++id)
    all = join({all, chunkHeader(0, 65'599 - id, 0, 1, video), filled(1)});
  EXPECT_EQ(read(all).error, Error::too_many_chunk_streams);
}

}  // namespace
}  // namespace multiconn::librtmp::test
