#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "net/listener.hpp"
#include "rtmp/connection.hpp"
#include "support/loop.hpp"

namespace multiconn::balancer::test {

/// One end of an RTMP connection by hand, client or server, whose waiting lets the test's loop run. Every
/// wait has the loop's deadline.
class RtmpPeer {
 public:
  RtmpPeer(net::test::Loop& loop, net::Socket socket, rtmp::Handshake::Role role);
  /// A client of a port on 127.0.0.1; `receive_buffer` of 0: the kernel's default.
  static RtmpPeer to(net::test::Loop& loop, std::uint16_t port, int receive_buffer = 0);

  bool handshake();
  /// As much of it as the socket takes; flushed() waits for the rest.
  void send(const rtmp::Message& message);
  bool flushed();
  void connect(const std::string& app, AmfObject object = {}, double transaction = 1);
  void call(const std::string& method, double transaction, std::uint32_t stream_id = 0,
            std::vector<AmfValue> arguments = {});
  /// The next message; nothing when the peer has ended.
  std::optional<rtmp::Message> next();
  /// The next command; nothing when the peer has ended.
  std::optional<rtmp::Command> nextCommand();
  bool waitEnded();

  /// As it is, behind the handshake. What comes is then to be had by raw() only.
  bool sendRaw(rtmp::BytesView bytes);
  /// Runs until so many bytes have come; less when the peer has ended.
  std::string raw(std::size_t count);
  /// Writes what the socket takes now.
  std::size_t trySendRaw(rtmp::BytesView bytes);
  void shutdownWrite();
  /// Ends with a RST.
  void reset();
  void close() { socket_.reset(); }
  bool ended() const { return ended_; }

 private:
  bool until(const std::function<bool()>& done);
  rtmp::Bytes readSome();
  void handle();
  void flush();

  net::test::Loop& loop_;
  net::Socket socket_;
  rtmp::Connection connection_;
  rtmp::Bytes outgoing_;
  std::deque<rtmp::Message> messages_;
  std::string raw_;
  bool ended_ = false;
};

/// A server whose connections the test takes one by one.
class ScriptedEdge {
 public:
  explicit ScriptedEdge(net::test::Loop& loop);
  std::uint16_t port() const { return listener_.port(); }
  std::size_t waiting() const { return sockets_.size(); }
  /// The next connection, its handshake done.
  RtmpPeer take();
  /// The next connection as it is.
  net::Socket takeSocket();

 private:
  net::test::Loop& loop_;
  std::deque<net::Socket> sockets_;
  net::Listener listener_;
};

}  // namespace multiconn::balancer::test
