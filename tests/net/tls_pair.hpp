#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "net/tls_transport.hpp"
#include "support/certificates.hpp"
#include "support/loop.hpp"
#include "support/sockets.hpp"

namespace multiconn::net::test {

/// Both sides of TLS over a TCP connection with small buffers.
class TlsPair : public testing::Test {
 protected:
  TlsPair() {
    const auto files = authority.issue("edge", "DNS:edge.example");
    auto [near, far] = connectedPair(8 * 1024);
    server_descriptor = far.descriptor();
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
  int server_descriptor = -1;
  rtmp::Bytes received;
  std::error_code error;
  bool sent = false;
  bool ended = false;
};

}  // namespace multiconn::net::test
