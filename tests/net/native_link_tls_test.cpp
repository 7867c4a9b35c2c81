#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/error.hpp"
#include "net/link_factory.hpp"
#include "net/link_recorder.hpp"
#include "net/listener.hpp"
#include "net/loop.hpp"
#include "net/peer.hpp"
#include "net/rtmp_answerer.hpp"
#include "net/sockets.hpp"
#include "support/certificates.hpp"

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
