#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include <multiconn/destination.hpp>

#include "net/listener.hpp"
#include "net/tcp_transport.hpp"
#include "net/tls_transport.hpp"
#include "support/certificates.hpp"
#include "support/loop.hpp"
#include "support/rtmp_answerer.hpp"
#include "support/sockets.hpp"

namespace multiconn::net::test {

/// How far a server goes before it does nothing any more.
enum class StuckAt : std::uint8_t {
  tcp,          ///< does not accept
  first_bytes,  ///< accepts, and never speaks
  handshake,    ///< begins its answer to the first handshake (TLS, or else RTMP) and does not end it
  rtmp_in_tls,  ///< TLS is done; the RTMP handshake is never answered
  open,         ///< answers everything; left alone from then on, it reads no more
};

/// A server on 127.0.0.1 that stands still at some point. It has no thread: it does something in run() and
/// until() alone.
class StuckServer {
 public:
  StuckServer(StuckAt point, bool tls);

  std::uint16_t port() const;
  /// What its clients have to trust.
  TlsOptions trust() const { return {.ca_file = authority_.caFile(), .insecure = false}; }
  /// A client has come to where it gets no further.
  bool arrived() const;
  void run(std::chrono::milliseconds time) { loop_.runFor(time); }
  /// Runs until the condition holds, which is looked at whenever something has happened here, and after
  /// wake(). False when that takes too long.
  bool until(const std::function<bool()>& condition) { return loop_.until(condition); }
  /// From any thread.
  void wake() {
    loop_.scheduler().post([] {});
  }

 private:
  void accepted(Socket socket);
  void answerHalf(TcpTransport& client);

  StuckAt point_;
  bool tls_;
  multiconn::test::TestAuthority authority_;
  std::shared_ptr<const TlsContext> certificate_;
  Loop loop_;
  std::optional<MutePort> mute_;
  std::optional<Listener> listener_;
  std::optional<RtmpAnswerer> answerer_;
  std::vector<std::unique_ptr<TcpTransport>> clients_;
  std::unique_ptr<TlsTransport> secured_;
  bool arrived_ = false;
};

}  // namespace multiconn::net::test
