// The relay between two sockets.
#include "balancer/relay.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include "net/tcp_transport.hpp"
#include "rtmp/message.hpp"
#include "support/loop.hpp"
#include "support/sockets.hpp"

namespace multiconn::balancer {
namespace {

using std::chrono::milliseconds;

constexpr int small_buffer = 16 * 1024;

// A stream whose rewriting is over.
balance::ConnectRewriter transparentRewriter() {
  balance::ConnectRewriter rewriter("live", "rtmp://edge/live");
  // connect {} and an empty call behind it, both on chunk stream 3, as they are in AMF0.
  rtmp::Bytes bytes, ignored;
  const auto add = [&](rtmp::Bytes body) {
    for (const unsigned each :
         {3u, 0u, 0u, 0u, 0u, 0u, static_cast<unsigned>(body.size()), 20u, 0u, 0u, 0u, 0u})
      bytes.push_back(static_cast<std::byte>(each));
    bytes.insert(bytes.end(), body.begin(), body.end());
  };
  for (const AmfValue& object : {AmfValue(AmfObject{}), AmfValue(nullptr)}) {
    const char* const name = object.object() ? "connect" : "call";
    add(rtmp::Bytes(*rtmp::encode({.body = rtmp::Command{name, 1, object, {}}})->payload));
  }
  EXPECT_EQ(rewriter.pass(bytes, ignored), rtmp::Error::none);
  EXPECT_TRUE(rewriter.transparent());
  return rewriter;
}

/// `client` and `edge` are the peers' ends; the relay holds the others.
class RelayTest : public testing::Test {
 protected:
  RelayTest() { tick(); }
  // The loop looks up now and then: bytes may reach the peers' ends while it has nothing to do.
  void tick() {
    ticking = loop.scheduler().after(milliseconds(5), [this] { tick(); });
  }
  void start(int buffer = 0, RelayTimeouts timeouts = {}, rtmp::Bytes to_client = {},
             rtmp::Bytes to_edge = {}) {
    auto [client_far, client_near] = net::test::connectedPair(buffer);
    auto [edge_far, edge_near] = net::test::connectedPair(buffer);
    client = std::move(client_far);
    edge = std::move(edge_far);
    relay = std::make_unique<Relay>(loop.scheduler(), side(std::move(client_near), std::move(to_client)),
                                    side(std::move(edge_near), std::move(to_edge)), transparentRewriter(),
                                    timeouts, counts, [this] { ++ended; });
  }
  Relay::Side side(net::Socket socket, rtmp::Bytes pending) {
    return {std::make_unique<net::TcpTransport>(loop.scheduler(), std::move(socket)), std::move(pending)};
  }
  /// What comes, until there are so many bytes or the end.
  std::string receive(const net::Socket& socket, std::size_t count) {
    std::string text;
    EXPECT_TRUE(loop.until([&] {
      loop.settle();
      text += net::test::receiveText(socket);
      return text.size() >= count;
    })) << text.size();
    return text;
  }
  bool ends(const net::Socket& socket) {
    return loop.until([&] {
      loop.settle();
      return net::test::atEnd(socket);
    });
  }
  /// Sends until the whole path is full; returns how much went in.
  std::size_t fill(const net::Socket& socket) {
    const std::string piece(64 * 1024, 'f');
    std::size_t sum = 0;
    for (int full = 0; full < 20;) {
      const ssize_t sent =
          ::send(socket.descriptor(), piece.data(), piece.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
      if (sent > 0) sum += static_cast<std::size_t>(sent);
      full = sent > 0 ? 0 : full + 1;
      loop.settle();
    }
    return sum;
  }

  net::test::Loop loop;
  net::Timer ticking;
  RelayCounts counts;
  int ended = 0;
  net::Socket client, edge;
  std::unique_ptr<Relay> relay;
};

rtmp::Bytes bytesOf(std::string_view text) {
  const rtmp::BytesView view = rtmp::asBytes(text);
  return {view.begin(), view.end()};
}

TEST_F(RelayTest, CarriesBothWaysBehindWhatWasPending) {
  start(0, {}, bytesOf("from the handshake|"), bytesOf("connect|"));
  net::test::sendText(client, "media");
  net::test::sendText(edge, "status");
  EXPECT_EQ(receive(edge, 13), "connect|media");
  EXPECT_EQ(receive(client, 25), "from the handshake|status");
  EXPECT_EQ(counts.to_edges, 13u);
  EXPECT_EQ(counts.to_clients, 25u);
}

TEST_F(RelayTest, AnEndIsPassedOnByItself) {
  start();
  net::test::sendText(client, "last");
  ::shutdown(client.descriptor(), SHUT_WR);
  EXPECT_EQ(receive(edge, 4), "last");
  EXPECT_TRUE(ends(edge));
  EXPECT_EQ(ended, 0);
  net::test::sendText(edge, "still playing");
  EXPECT_EQ(receive(client, 13), "still playing");
  ::shutdown(edge.descriptor(), SHUT_WR);
  EXPECT_TRUE(ends(client));
  EXPECT_TRUE(loop.until([this] { return ended == 1; }));
}

TEST_F(RelayTest, TheEdgesEndFirst) {
  start();
  ::shutdown(edge.descriptor(), SHUT_WR);
  EXPECT_TRUE(ends(client));
  net::test::sendText(client, "more");
  EXPECT_EQ(receive(edge, 4), "more");
  EXPECT_EQ(ended, 0);
}

// A server that refuses a stream while the encoder goes on sending.
TEST_F(RelayTest, LastWordsOfAnEdgeThatResetsAreCarried) {
  start();
  net::test::sendText(client, "media");
  EXPECT_TRUE(loop.until([this] { return counts.to_edges == 5; }));
  // What the relay meets first is that the edge takes nothing any more.
  net::test::sendText(client, "more media");
  net::test::sendText(edge, "denied");
  edge.reset();
  EXPECT_EQ(receive(client, 6), "denied");
  EXPECT_TRUE(ends(client));
  client.reset();
  EXPECT_TRUE(loop.until([this] { return ended == 1; }));
}

TEST_F(RelayTest, AClientThatResetsEndsTheEdgesStreamToo) {
  RelayTimeouts timeouts;
  timeouts.last_words = milliseconds(50);
  start(0, timeouts);
  net::test::sendText(client, "media");
  EXPECT_EQ(receive(edge, 5), "media");
  net::test::resetConnection(std::move(client));
  EXPECT_TRUE(ends(edge));
  // The edge says nothing to it: the relay waits no longer.
  EXPECT_TRUE(loop.until([this] { return ended == 1; }));
}

TEST_F(RelayTest, ASlowReaderBoundsWhatIsHeldAndLosesNothing) {
  for (const bool to_edge : {true, false}) {
    start(small_buffer);
    const net::Socket& from = to_edge ? client : edge;
    const net::Socket& to = to_edge ? edge : client;
    const std::size_t sent = fill(from);
    // Four socket buffers, which the kernel doubles, and one read of the relay's.
    EXPECT_LT(sent, 128u * 1024 + 12 * small_buffer);
    const std::uint64_t& carried = to_edge ? counts.to_edges : counts.to_clients;
    const std::uint64_t before = carried;
    EXPECT_EQ(receive(to, sent).size(), sent);
    EXPECT_GT(carried, before);
    net::test::sendText(from, "and on");
    EXPECT_EQ(receive(to, 6), "and on");
  }
}

TEST_F(RelayTest, AReaderThatTakesNothingIsGivenUp) {
  RelayTimeouts timeouts;
  timeouts.stalled = milliseconds(50);
  start(small_buffer, timeouts);
  fill(client);
  EXPECT_TRUE(loop.until([this] { return ended == 1; }));
}

TEST_F(RelayTest, SilenceIsLongerInEndingThanAStall) {
  RelayTimeouts timeouts;
  timeouts.stalled = milliseconds(20);
  timeouts.idle = milliseconds(200);
  start(0, timeouts);
  const auto begin = loop.scheduler().now();
  EXPECT_TRUE(loop.until([this] { return ended == 1; }));
  EXPECT_GE(loop.scheduler().now() - begin, timeouts.idle);
}

TEST_F(RelayTest, HalfASilentConnectionIsGivenUpSooner) {
  RelayTimeouts timeouts;
  timeouts.stalled = milliseconds(50);
  start(0, timeouts);
  ::shutdown(client.descriptor(), SHUT_WR);
  EXPECT_TRUE(loop.until([this] { return ended == 1; }));
}

TEST_F(RelayTest, DestroyedInTheMiddleItTouchesNothing) {
  start(small_buffer);
  fill(client);
  relay.reset();
  loop.settle();
  EXPECT_EQ(ended, 0);
}

}  // namespace
}  // namespace multiconn::balancer
