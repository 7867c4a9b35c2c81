#include "net/tls_transport.hpp"

#include <dlfcn.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <span>
#include <utility>
#include <vector>

#include "net/error.hpp"
#include "net/peer.hpp"
#include "net/tls_pair.hpp"

namespace {

/// What one call of SSL_write was given, and whether it was taken.
struct Offer {
  const std::byte* begin;
  std::size_t size;
  bool taken;
  multiconn::rtmp::Bytes bytes;
};
// Set where a test wants to know.
thread_local std::vector<Offer>* offers = nullptr;

}  // namespace

// In the place of OpenSSL's, which it calls.
extern "C" int SSL_write(SSL* ssl, const void* data, int size) {
  static const auto original = reinterpret_cast<decltype(&SSL_write)>(dlsym(RTLD_NEXT, "SSL_write"));
  const int written = original(ssl, data, size);
  if (offers) {
    const std::span bytes(static_cast<const std::byte*>(data), static_cast<std::size_t>(size));
    offers->push_back({bytes.data(), bytes.size(), written == size, {bytes.begin(), bytes.end()}});
  }
  return written;
}

namespace multiconn::net::test {
namespace {

constexpr std::size_t record_limit = 16 * 1024;  // RFC 8446 5.1

TEST_F(TlsPair, CarriesSlicesOfEverySizeThroughSmallBuffers) {
  handshake();
  std::vector<rtmp::Payload> parts;
  std::vector<rtmp::BytesView> slices;
  rtmp::Bytes whole;
  for (const std::size_t size : {1u, 12u, 60000u, 1u, 60000u, 16384u, 16383u, 2u, 1'000'000u, 7u}) {
    parts.push_back(video(size).payload);
    slices.emplace_back(*parts.back());
    whole.insert(whole.end(), parts.back()->begin(), parts.back()->end());
  }
  receive(*server);
  send(*client, slices);
  ASSERT_TRUE(loop.until([&] { return received.size() == whole.size(); }));
  EXPECT_TRUE(sent);
  EXPECT_EQ(received, whole);
  EXPECT_TRUE(client->figures().rtt.has_value());
}

// What SSL_write is given of slices that are headers and payloads in turn, as the chunks of messages are.
class TlsRecords : public TlsPair {
 protected:
  ~TlsRecords() override { offers = nullptr; }

  void carry(const std::vector<std::size_t>& sizes) {
    handshake();
    rtmp::Bytes whole;
    std::vector<rtmp::BytesView> slices;
    for (const std::size_t size : sizes) {
      parts.push_back(video(size).payload);
      slices.emplace_back(*parts.back());
      whole.insert(whole.end(), parts.back()->begin(), parts.back()->end());
    }
    offers = &offered;
    receive(*server);
    send(*client, std::move(slices));
    ASSERT_TRUE(loop.until([&] { return received.size() == whole.size(); }));
    EXPECT_EQ(received, whole);
    EXPECT_EQ(joined(), whole);
    EXPECT_EQ(taken(), (whole.size() + record_limit - 1) / record_limit) << "more records than it needs";
  }
  rtmp::Bytes joined() const {
    rtmp::Bytes bytes;
    for (const Offer& offer : offered)
      if (offer.taken) bytes.insert(bytes.end(), offer.bytes.begin(), offer.bytes.end());
    return bytes;
  }
  std::size_t taken() const {
    return static_cast<std::size_t>(std::ranges::count_if(offered, [](const Offer& o) { return o.taken; }));
  }
  bool inPlace(const Offer& offer) const {
    return std::ranges::any_of(parts, [&](const rtmp::Payload& part) {
      return offer.begin >= part->data() && offer.begin + offer.size <= part->data() + part->size();
    });
  }
  /// The sizes of the records that did not lie in one of the parts.
  std::vector<std::size_t> copied() const {
    std::vector<std::size_t> sizes;
    for (const Offer& offer : offered)
      if (offer.taken && !inPlace(offer)) sizes.push_back(offer.size);
    return sizes;
  }
  void expectRefusedAgain() const {
    std::size_t refused = 0;
    for (std::size_t i = 0; i + 1 < offered.size(); ++i) {
      if (offered[i].taken) continue;
      ++refused;
      EXPECT_EQ(offered[i + 1].size, offered[i].size);
      EXPECT_TRUE(offered[i + 1].bytes == offered[i].bytes);
    }
    EXPECT_GT(refused, 0u);
  }

  std::vector<rtmp::Payload> parts;
  std::vector<Offer> offered;
};

TEST_F(TlsRecords, AreEncryptedFromWhereThePayloadLies) {
  carry({12, 60000});
  EXPECT_EQ(copied(), std::vector<std::size_t>{12 + 60000 % record_limit});
}

TEST_F(TlsRecords, CopyOnlyWhatSharesARecordWithAHeader) {
  carry({12, 25000});
  EXPECT_EQ(copied(), std::vector<std::size_t>{12 + 25000 % record_limit});
}

TEST_F(TlsRecords, HoldAHeaderAloneBeforeAPayloadOfWholeOnes) {
  carry({12, 4 * record_limit});
  EXPECT_EQ(copied(), std::vector<std::size_t>{});
}

TEST_F(TlsRecords, AreNoMoreForTheSakeOfCopies) {
  // 12 + 10848, three whole ones, 1 + 7232, two whole ones: seven, as many as 100013 bytes need.
  carry({12, 60000, 1, 40000});
  EXPECT_EQ(copied(), (std::vector<std::size_t>{12 + 60000 % record_limit, 1 + 40000 % record_limit}));
}

TEST_F(TlsRecords, AreFullWhereThereIsNothingToSpare) {
  carry({12, 20000, 1, 2 * record_limit - 20013});
  EXPECT_EQ(copied(), (std::vector<std::size_t>{record_limit, record_limit}));
}

TEST_F(TlsRecords, AreFullWhereAHeaderAndWhatIsBeyondWholeRecordsExceedOne) {
  carry({12, 3 * record_limit - 5});
  EXPECT_EQ(copied(), std::vector<std::size_t>{record_limit});
}

TEST_F(TlsRecords, HoldSmallMessagesTogether) {
  carry({12, 3000, 8, 300, 8, 12000, 8, 300});
  EXPECT_EQ(copied(), std::vector<std::size_t>{12 + 3000 + 8 + 300 + 8 + 12000 + 8 + 300});
}

TEST_F(TlsRecords, ThatASocketDoesNotTakeAreOfferedAgain) {
  carry({12, 60000, 1, 60000, 1, 300'000});
  expectRefusedAgain();
}

TEST_F(TlsRecords, ThatASocketDoesNotTakeStayAsTheyAreWhenMoreComes) {
  handshake();
  const rtmp::Payload first = video(10000).payload;
  const rtmp::Payload more = video(5000).payload;
  const rtmp::BytesView slice(*first);
  offers = &offered;
  while (!client->write({&slice, 1}).would_block) {
  }
  receive(*server);
  send(*client, {*first, *more});
  ASSERT_TRUE(loop.until([&] { return sent; }));
  expectRefusedAgain();
  EXPECT_EQ(offered.back().size, more->size());
}

TEST_F(TlsPair, EndsWithCloseNotify) {
  handshake();
  receive(*server);
  client->shutdownWrite();
  ASSERT_TRUE(loop.until([&] { return ended; }));
  // The other direction is open still.
  ended = false;
  receive(*client);
  const rtmp::Bytes answer = bytesOf("still here");
  send(*server, {answer});
  ASSERT_TRUE(loop.until([&] { return received == answer; }));
  server->shutdownWrite();
  EXPECT_TRUE(loop.until([&] { return ended; }));
}

TEST_F(TlsPair, TakesAPlainEndForAnEnd) {
  handshake();
  receive(*server);
  receive(*client);  // session tickets: unread, they would make the end a reset
  loop.settle();
  client.reset();
  ASSERT_TRUE(loop.until([&] { return ended; }));
  EXPECT_FALSE(error);
}

TEST_F(TlsPair, FailsWhenThePeerEndsInTheHandshake) {
  std::optional<LinkFailure> failure;
  client->handshake([&](std::optional<LinkFailure> told) { failure = std::move(told); });
  server.reset();
  ASSERT_TRUE(loop.until([&] { return failure.has_value(); }));
  EXPECT_TRUE(failure->code == Error::closed_in_handshake || failure->code == std::errc::connection_reset);
  EXPECT_NE(failure->text.find("edge.example"), std::string::npos);
}

TEST_F(TlsPair, AServerTellsWhatIsNotTls) {
  auto [near, far] = connectedPair();
  const auto files = authority.issue("edge", "DNS:edge.example");
  TlsTransport listening(loop.scheduler(), std::move(far),
                         TlsContext::server(files.certificate, files.key).context, "");
  std::optional<LinkFailure> failure;
  listening.handshake([&](std::optional<LinkFailure> told) { failure = std::move(told); });
  sendText(near, "GET / HTTP/1.1\r\n\r\n");
  ASSERT_TRUE(loop.until([&] { return failure.has_value(); }));
  EXPECT_EQ(failure->code, Error::tls_failed);
  EXPECT_EQ(failure->text, "the client does not speak TLS on this port");
}

TEST_F(TlsPair, MayBeDestroyedInsideTheHandshakesAnswer) {
  bool done = false;
  client->handshake([&](const std::optional<LinkFailure>&) {
    client.reset();
    done = true;
  });
  server.reset();
  EXPECT_TRUE(loop.until([&] { return done; }));
}

TEST(TlsContext, SharesAContextAmongLinksOfTheSameOptions) {
  const TlsContextResult first = TlsContext::client({});
  EXPECT_EQ(TlsContext::client({}).context, first.context);
  EXPECT_NE(TlsContext::client({.ca_file = "", .insecure = true}).context, first.context);
}

TEST(TlsContext, SaysWhichFileCannotBeRead) {
  EXPECT_EQ(TlsContext::server("/nonexistent.pem", "/nonexistent.key").failure.text,
            "no certificate could be read from the file /nonexistent.pem");
  const multiconn::test::TestAuthority authority;
  const auto one = authority.issue("one", "DNS:one.example");
  const auto other = authority.issue("other", "DNS:other.example");
  EXPECT_EQ(TlsContext::server(one.certificate, other.key).failure.text,
            "no key that fits the certificate could be read from the file " + other.key);
}

}  // namespace
}  // namespace multiconn::net::test
