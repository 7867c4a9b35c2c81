// rtmps, with OpenSSL's own client side.
#include <openssl/ssl.h>

#include <chrono>

#include "origin/origin_fixture.hpp"

namespace multiconn::test {
namespace {

using namespace std::chrono_literals;

struct Free {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(BIO* bio) const { BIO_free_all(bio); }
};

class Tls : public testing::Test {
 protected:
  OriginOptions options() {
    auto options = testOptions();
    options.tls_certificate_file = files.certificate;
    options.tls_key_file = files.key;
    options.handshake_timeout = 300ms;
    return options;
  }
  TestAuthority authority;
  CertificateFiles files = authority.issue("localhost", "DNS:localhost,IP:127.0.0.1");
  OriginServer server{options()};
};

TEST_F(Tls, CarriesTheHandshakeAndConnect) {
  const std::unique_ptr<SSL_CTX, Free> context(SSL_CTX_new(TLS_client_method()));
  ASSERT_EQ(SSL_CTX_load_verify_file(context.get(), authority.caFile().c_str()), 1);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  const std::unique_ptr<BIO, Free> bio(BIO_new_ssl_connect(context.get()));
  BIO_set_conn_hostname(bio.get(), ("127.0.0.1:" + std::to_string(server.port())).c_str());
  ASSERT_EQ(BIO_do_connect(bio.get()), 1);

  const rtmp::Limits limits;
  rtmp::Connection connection(rtmp::Handshake::Role::client, limits, {}, 0);
  rtmp::ClientSession session(
      {.app = "live", .tc_url = "rtmps://127.0.0.1/live", .flash_version = "test", .arguments = {}}, limits);
  const auto exchange = [&] {
    rtmp::Bytes out;
    out.swap(connection.pendingOutput());
    if (!out.empty()) {
      const auto size = static_cast<int>(out.size());
      ASSERT_EQ(BIO_write(bio.get(), out.data(), size), size);
    }
    rtmp::Bytes in(4096);
    in.resize(static_cast<std::size_t>(std::max(0, BIO_read(bio.get(), in.data(), 4096))));
    ASSERT_FALSE(in.empty());
    std::vector<rtmp::Message> messages;
    ASSERT_EQ(connection.receive(in, {}, messages), rtmp::Error::none);
    for (const rtmp::Message& message : messages) session.handle(message);
  };
  while (!connection.open()) ASSERT_NO_FATAL_FAILURE(exchange());
  for (const rtmp::OutMessage& message : session.connect().send) {
    rtmp::ComposedMessage composed;
    connection.compose(message, composed);
    for (const rtmp::BytesView slice : composed.slices())
      rtmp::ByteWriter(connection.pendingOutput()).bytes(slice);
  }
  while (!session.connected()) ASSERT_NO_FATAL_FAILURE(exchange());
}

TEST_F(Tls, PeersThatDoNotFinishItsHandshakeAreClosed) {
  RawClient mute(server.port());
  RtmpTestClient plain(server.port());
  EXPECT_FALSE(plain.connect());
  EXPECT_TRUE(mute.waitClosed());
  EXPECT_TRUE(eventually([&] { return connections(server) == 0; }));
}

}  // namespace
}  // namespace multiconn::test
