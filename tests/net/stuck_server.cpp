#include "net/stuck_server.hpp"

#include <gtest/gtest.h>

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

bool StuckServer::arrived() {
  if (point_ == StuckAt::tcp) return true;
  loop_.runFor(std::chrono::milliseconds(1));
  if (point_ == StuckAt::open) return answerer_->opened() > 0;
  if (point_ != StuckAt::rtmp_in_tls && !arrived_ && !sockets_.empty()) answerHalf();
  return arrived_;
}

void StuckServer::accepted(Socket socket) {
  if (point_ != StuckAt::rtmp_in_tls) return sockets_.push_back(std::move(socket));
  secured_ = std::make_unique<TlsTransport>(loop_.scheduler(), std::move(socket), certificate_, "");
  secured_->handshake([this](const std::optional<LinkFailure>& failure) {
    EXPECT_FALSE(failure) << failure->text;
    arrived_ = true;
  });
}

/// As soon as the client has spoken: to C0 and C1, or to a TLS hello.
void StuckServer::answerHalf() {
  if (receiveText(sockets_.front()).empty()) return;
  arrived_ = true;
  if (point_ == StuckAt::first_bytes) return;
  // A record that announces a ServerHello of 122 bytes; S0 and half of S1.
  sendText(sockets_.front(),
           tls_ ? std::string("\x16\x03\x03\x00\x7A\x02", 6) : "\x03" + std::string(768, 's'));
}

}  // namespace multiconn::net::test
