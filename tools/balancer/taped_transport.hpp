#pragma once

#include <memory>

#include "net/tcp_transport.hpp"
#include "rtmp/bytes.hpp"

namespace multiconn::balancer {

/// A client's socket while it is not known yet whether the client is told where to go or carried there: what
/// it sends is read by a pump as any server's client, and kept, so that an edge can be given the same bytes.
class Tape {
 public:
  explicit Tape(std::unique_ptr<net::TcpTransport> socket) : socket_(std::move(socket)) {}

  /// For the pump. Outlives neither the Tape nor its own use.
  static std::unique_ptr<net::Transport> transport(std::shared_ptr<Tape> tape);
  /// Nothing more is read: what comes stays in the socket.
  void pause() { paused_ = true; }
  /// Reads again, and keeps nothing any more.
  void resume();
  /// What was read behind the handshake.
  rtmp::Bytes takeBytes() { return std::move(bytes_); }
  /// The socket; the pump has lost it.
  std::unique_ptr<net::TcpTransport> takeSocket() { return std::move(socket_); }
  /// Keeps nothing from here on: the client is told.
  void stopKeeping();

 private:
  class Reader;

  std::unique_ptr<net::TcpTransport> socket_;
  rtmp::Bytes bytes_;
  std::size_t handshake_left_ = 1 + 2 * 1536;  // RTMP 1.0 5.2: C0, C1, C2
  bool paused_ = false;
  bool keeping_ = true;
  std::function<void()> ready_;  // to be told of what comes, once resumed
};

}  // namespace multiconn::balancer
