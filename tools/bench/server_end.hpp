#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "rtmp/connection.hpp"
#include "rtmp/server_session.hpp"

namespace multiconn::bench {

/// The server's end of one publisher's connection: a socket around the protocol core, which accepts whatever
/// is asked.
class ServerEnd {
 public:
  using Received = std::function<void(const rtmp::Message& media)>;
  /// Takes the socket, and closes it at its end.
  ServerEnd(int socket, Received received);
  ~ServerEnd();
  ServerEnd(const ServerEnd&) = delete;
  ServerEnd& operator=(const ServerEnd&) = delete;

  int socket() const { return socket_; }
  /// Publish.Start was sent.
  bool publishing() const { return publishing_; }
  /// The name that is published under.
  const std::string& stream() const { return stream_; }
  /// Takes what has arrived, `most` bytes of it; false: the connection is over.
  bool readable(std::size_t most = 1 << 18);
  /// Sends what no RTMP peer expects.
  void sendGarbage(std::size_t count);
  /// The end of the connection will be a reset (RST).
  void endByReset();
  /// From now on the kernel drops all that arrives, as a network does that has lost its way here: not even an
  /// acknowledgement goes back.
  void swallow() const;

 private:
  void react(const rtmp::ServerReaction& reaction);
  void send(const rtmp::OutMessage& message);
  void flush();

  int socket_;
  Received received_;
  rtmp::Limits limits_;
  rtmp::ServerSession session_;
  std::unique_ptr<rtmp::Connection> connection_;
  rtmp::ComposedMessage composed_;
  std::vector<rtmp::Message> messages_;
  bool publishing_ = false;
  std::string stream_;
};

/// ServerEnd::swallow() for any socket; on a listening one, whoever connects hears nothing. Throws
/// std::system_error.
void swallowAllThatArrivesAt(int socket);

}  // namespace multiconn::bench
