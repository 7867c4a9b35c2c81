#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <stdlib.h>

#include <optional>

#include "net/error.hpp"
#include "net/link_factory.hpp"
#include "net/link_recorder.hpp"
#include "net/listener.hpp"
#include "net/peer.hpp"
#include "support/certificates.hpp"
#include "support/loop.hpp"
#include "support/rtmp_answerer.hpp"
#include "support/sockets.hpp"

namespace multiconn::net::test {
namespace {

using multiconn::test::CertificateFiles;
using multiconn::test::TestAuthority;
using testing::HasSubstr;

class RtmpsLinkTest : public testing::Test {
 protected:
  void serve(const CertificateFiles& files) {
    const TlsContextResult tls = TlsContext::server(files.certificate, files.key);
    ASSERT_TRUE(tls.context) << tls.failure.text;
    certificate = tls.context;
    server = std::make_unique<RtmpAnswerer>(loop.scheduler(), tls.context, "::");
  }
  void open(const std::string& host, const TlsOptions& options) {
    events = {};
    link = makeLink(loop.scheduler(), target("rtmps", host, server->port(), options));
    link->open(openingMessages(), events);
    ASSERT_TRUE(loop.until([&] { return events.opens == 1 || events.ended(); }));
  }
  TlsOptions trusting() const { return {.ca_file = authority.caFile(), .insecure = false}; }
  LinkFailure failure() const { return events.ended() ? events.failures[0] : LinkFailure{}; }

  Loop loop;
  TestAuthority authority;
  std::shared_ptr<const TlsContext> certificate;
  std::unique_ptr<RtmpAnswerer> server;
  LinkRecorder events;
  std::unique_ptr<Link> link;
};

TEST_F(RtmpsLinkTest, OpensByNameAndByAddress) {
  serve(authority.issue("edge", "DNS:localhost,IP:127.0.0.1,IP:::1"));
  for (const char* host : {"localhost", "127.0.0.1", "::1"}) {
    open(host, trusting());
    EXPECT_EQ(events.opens, 1) << host << ": " << failure().text;
    ASSERT_TRUE(loop.until([&] { return events.hasCommand("_result"); }));
  }
}

TEST_F(RtmpsLinkTest, CarriesALargeFrameAndClosesInGoodOrder) {
  serve(authority.issue("edge", "IP:127.0.0.1"));
  open("127.0.0.1", trusting());
  const rtmp::OutMessage frame = video(1'500'000);
  ASSERT_TRUE(link->trySend(frame));
  link->close(CloseMode::graceful);
  ASSERT_TRUE(loop.until([&] { return events.ended() && server->ended() == 1; }));
  EXPECT_FALSE(failure().code) << failure().text;
  EXPECT_EQ(*std::get<rtmp::Video>(server->received().back().body).body, *frame.payload);
  EXPECT_TRUE(server->failures().empty());
}

TEST_F(RtmpsLinkTest, AsksForTheHostByName) {
  serve(authority.issue("edge", "DNS:localhost,IP:127.0.0.1"));
  std::vector<std::string> asked;
  const auto note = +[](SSL* tls, int*, void* names) {
    const char* name = SSL_get_servername(tls, TLSEXT_NAMETYPE_host_name);
    static_cast<std::vector<std::string>*>(names)->emplace_back(name ? name : "");
    return SSL_TLSEXT_ERR_OK;
  };
  // The macro for it has a cast of C's.
  SSL_CTX_callback_ctrl(certificate->native(), SSL_CTRL_SET_TLSEXT_SERVERNAME_CB,
                        reinterpret_cast<void (*)()>(note));
  SSL_CTX_set_tlsext_servername_arg(certificate->native(), &asked);
  open("localhost", trusting());
  open("127.0.0.1", trusting());  // RFC 6066 3: an address is no host name
  EXPECT_THAT(asked, testing::ElementsAre("localhost", ""));
}

TEST_F(RtmpsLinkTest, RefusesTls11) {
  const std::string sentence = "127.0.0.1 speaks only versions of TLS older than 1.2, which are not safe";
  serve(authority.issue("edge", "IP:127.0.0.1"));
  SSL_CTX_set_min_proto_version(certificate->native(), TLS1_VERSION);
  SSL_CTX_set_max_proto_version(certificate->native(), TLS1_1_VERSION);
  SSL_CTX_set_cipher_list(certificate->native(), "ALL:@SECLEVEL=0");
  for (const TlsOptions& options : {trusting(), TlsOptions{.ca_file = "", .insecure = true}}) {
    open("127.0.0.1", options);
    EXPECT_EQ(failure().code, Error::tls_failed);
    EXPECT_EQ(failure().text, sentence);
    EXPECT_TRUE(failure().final);
  }
}

// RFC 4346 7.4.1.3: a ServerHello of TLS 1.1, whatever the client offered.
TEST_F(RtmpsLinkTest, RefusesAServerThatInsistsOnTls11) {
  const std::string hello = std::string("\x16\x03\x02\x00\x2A\x02\x00\x00\x26\x03\x02", 11) +
                            std::string(32, 'r') + std::string("\x00\x00\x2F\x00", 4);
  Listener old(loop.scheduler(), "127.0.0.1", 0);
  std::vector<Socket> accepted;
  old.start([&](Socket socket, const Address&) {
    sendText(socket, hello);
    accepted.push_back(std::move(socket));
  });
  link = makeLink(loop.scheduler(), target("rtmps", "127.0.0.1", old.port(), trusting()));
  link->open(openingMessages(), events);
  ASSERT_TRUE(loop.until([&] { return events.ended(); }));
  EXPECT_THAT(failure().text, HasSubstr("older than 1.2"));
}

/// OpenSSL's name for the system's store, set for a while.
class StoreInEnvironment {
 public:
  explicit StoreInEnvironment(const std::string& file) {
    if (const char* before = std::getenv(name)) before_ = before;
    ::setenv(name, file.c_str(), 1);
  }
  ~StoreInEnvironment() { before_ ? ::setenv(name, before_->c_str(), 1) : ::unsetenv(name); }
  StoreInEnvironment(const StoreInEnvironment&) = delete;
  StoreInEnvironment& operator=(const StoreInEnvironment&) = delete;

 private:
  static constexpr const char* name = "SSL_CERT_FILE";
  std::optional<std::string> before_;
};

TEST_F(RtmpsLinkTest, TrustsWhatTheSystemsStoreHolds) {
  serve(authority.issue("edge", "DNS:localhost"));
  {
    const StoreInEnvironment known(authority.caFile());
    open("localhost", {});
    EXPECT_EQ(events.opens, 1) << failure().text;
    link.reset();
  }
  const TestAuthority other;
  const StoreInEnvironment unknown(other.caFile());
  open("localhost", {});
  EXPECT_EQ(failure().code, Error::tls_certificate_unknown);
}

TEST_F(RtmpsLinkTest, RefusesACertificateForAnotherHost) {
  serve(authority.issue("127.0.0.1", "DNS:other.example,IP:127.0.0.9"));
  for (const char* host : {"localhost", "127.0.0.1", "127.1", "2130706433"}) {
    open(host, trusting());
    EXPECT_EQ(failure().code, Error::tls_wrong_host);
    EXPECT_EQ(failure().text, std::string("the certificate that ") + host + " shows is for another host");
    EXPECT_TRUE(failure().final);
  }
}

TEST_F(RtmpsLinkTest, RefusesAnExpiredCertificate) {
  serve(authority.issue("edge", "DNS:localhost", std::chrono::hours(23)));
  open("localhost", trusting());
  EXPECT_EQ(failure().code, Error::tls_certificate_expired);
  EXPECT_EQ(failure().text, "the certificate of localhost has expired");
  EXPECT_TRUE(failure().final);
}

TEST_F(RtmpsLinkTest, RefusesACertificateOfAnUnknownAuthority) {
  for (const char* name : {"another authority", "multiconn test authority"}) {
    const TestAuthority unknown(name);
    serve(unknown.issue("edge", "DNS:localhost"));
    for (const TlsOptions& options : {trusting(), TlsOptions{}}) {  // nor does the system's store know it
      open("localhost", options);
      EXPECT_EQ(failure().code, Error::tls_certificate_unknown);
      EXPECT_EQ(failure().text, "the certificate of localhost comes from no trusted authority");
      EXPECT_TRUE(failure().final);
    }
  }
}

TEST_F(RtmpsLinkTest, TakesAnyCertificateWhenToldTo) {
  const TestAuthority unknown;
  serve(unknown.issue("edge", "DNS:other.example", std::chrono::hours(1)));
  open("localhost", {.ca_file = "", .insecure = true});
  EXPECT_EQ(events.opens, 1) << failure().text;
}

TEST_F(RtmpsLinkTest, TellsAServerWithoutTls) {
  server = std::make_unique<RtmpAnswerer>(loop.scheduler());
  open("127.0.0.1", trusting());
  EXPECT_TRUE(events.ended());
  EXPECT_FALSE(failure().final);

  Listener web(loop.scheduler(), "127.0.0.1", 0);
  std::vector<Socket> accepted;
  web.start([&](Socket socket, const Address&) {
    sendText(socket, "HTTP/1.1 400 Bad Request\r\n\r\n");
    accepted.push_back(std::move(socket));
  });
  events = {};
  link = makeLink(loop.scheduler(), target("rtmps", "127.0.0.1", web.port(), trusting()));
  link->open(openingMessages(), events);
  ASSERT_TRUE(loop.until([&] { return events.ended(); }));
  EXPECT_EQ(failure().code, Error::tls_failed);
  EXPECT_EQ(failure().text, "127.0.0.1 does not speak TLS on this port");
}

}  // namespace
}  // namespace multiconn::net::test
