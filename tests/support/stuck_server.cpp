#include "support/stuck_server.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace multiconn::net::test {

StuckServer::StuckServer(StuckAt point, bool tls) : point_(point), tls_(tls) {
  if (tls) {
    const auto files = authority_.issue("stuck", "IP:127.0.0.1");
    certificate_ = TlsContext::server(files.certificate, files.key).context;
  }
  if (point == StuckAt::tcp) {
    mute_.emplace();
  } else if (point == StuckAt::open) {
    answerer_.emplace(loop_.scheduler(), certificate_);
  } else {
    listener_.emplace(loop_.scheduler(), "127.0.0.1", 0);
    listener_->start([this](Socket socket, const Address&) { accepted(std::move(socket)); });
  }
}

std::uint16_t StuckServer::port() const {
  if (mute_) return mute_->port();
  return answerer_ ? answerer_->port() : listener_->port();
}

bool StuckServer::arrived() const {
  if (point_ == StuckAt::tcp) return true;
  return point_ == StuckAt::open ? answerer_->opened() > 0 : arrived_;
}

void StuckServer::accepted(Socket socket) {
  if (point_ != StuckAt::rtmp_in_tls) {
    TcpTransport& client =
        *clients_.emplace_back(std::make_unique<TcpTransport>(loop_.scheduler(), std::move(socket)));
    return client.waitReadable([this, &client] { answerHalf(client); });
  }
  secured_ = std::make_unique<TlsTransport>(loop_.scheduler(), std::move(socket), certificate_, "");
  secured_->handshake([this](const std::optional<LinkFailure>& failure) {
    EXPECT_FALSE(failure) << failure->text;
    arrived_ = true;
  });
}

/// As soon as the client has spoken: to C0 and C1, or to a TLS hello.
void StuckServer::answerHalf(TcpTransport& client) {
  std::array<std::byte, 4096> said;
  if (client.read(said).bytes == 0) return;
  arrived_ = true;
  if (point_ == StuckAt::first_bytes) return;
  // A record that announces a ServerHello of 122 bytes; S0 and half of S1.
  const std::string half = tls_ ? std::string("\x16\x03\x03\x00\x7A\x02", 6) : "\x03" + std::string(768, 's');
  const rtmp::BytesView bytes = rtmp::asBytes(half);
  EXPECT_EQ(client.write({&bytes, 1}).bytes, half.size());
}

}  // namespace multiconn::net::test
