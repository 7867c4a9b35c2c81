#include "net/tls_transport.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>

#include "net/error.hpp"
#include "net/peer.hpp"
#include "support/certificates.hpp"
#include "support/loop.hpp"
#include "support/sockets.hpp"

namespace multiconn::net::test {
namespace {

// Both sides of TLS over a TCP connection with small buffers.
class TlsPair : public testing::Test {
 protected:
  TlsPair() {
    const auto files = authority.issue("edge", "DNS:edge.example");
    auto [near, far] = connectedPair(8 * 1024);
    const auto trust = TlsContext::client({.ca_file = authority.caFile(), .insecure = false});
    client = std::make_unique<TlsTransport>(loop.scheduler(), std::move(near), trust.context, "edge.example");
    server = std::make_unique<TlsTransport>(loop.scheduler(), std::move(far),
                                            TlsContext::server(files.certificate, files.key).context, "");
  }

  void handshake() {
    int done = 0;
    const auto count = [&](const std::optional<LinkFailure>& failure) {
      EXPECT_FALSE(failure) << failure->text;
      ++done;
    };
    client->handshake(count);
    server->handshake(count);
    EXPECT_EQ(done, 0);
    ASSERT_TRUE(loop.until([&] { return done == 2; }));
  }

  /// Writes all slices, offering the rest again and again, as the pump does.
  void send(TlsTransport& from, std::vector<rtmp::BytesView> slices) {
    IoResult result = from.write(slices);
    ASSERT_FALSE(result.error) << result.error.message();
    while (result.bytes > 0) {
      const std::size_t part = std::min(result.bytes, slices.front().size());
      slices.front() = slices.front().subspan(part);
      result.bytes -= part;
      if (slices.front().empty()) slices.erase(slices.begin());
    }
    if (slices.empty()) return void(sent = true);
    ASSERT_TRUE(result.would_block);
    from.waitWritable([this, &from, slices] { send(from, slices); });
  }

  void receive(TlsTransport& at) {
    std::array<std::byte, 5000> buffer;
    while (true) {
      const IoResult result = at.read(buffer);
      received.insert(received.end(), buffer.begin(),
                      buffer.begin() + static_cast<std::ptrdiff_t>(result.bytes));
      ended = ended || result.ended;
      error = result.error;
      if (result.ended || result.error) return;
      if (result.would_block) return at.waitReadable([this, &at] { receive(at); });
    }
  }

  Loop loop;
  multiconn::test::TestAuthority authority;
  std::unique_ptr<TlsTransport> client, server;
  rtmp::Bytes received;
  std::error_code error;
  bool sent = false;
  bool ended = false;
};

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
