#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "rtmp/client_session.hpp"
#include "rtmp/connection.hpp"

namespace multiconn::bench {

/// A client on 127.0.0.1, as bare as a socket and the protocol core allow: hundreds of them in one process
/// must not cost more than the server that is being measured.
class BareClient {
 public:
  virtual ~BareClient();
  BareClient(const BareClient&) = delete;
  BareClient& operator=(const BareClient&) = delete;

  int socket() const { return socket_; }
  /// Takes what has arrived; false: the connection is over. Throws std::runtime_error at what cannot be read,
  /// and what told() and take() throw.
  bool readable();

 protected:
  /// Blocks until TCP is connected; throws std::system_error when it is refused.
  BareClient(std::uint16_t port, const std::string& app);

  /// False: the session shall have it.
  virtual bool take(const rtmp::Message& message, std::int64_t arrived_us) = 0;
  virtual void told(const rtmp::ClientEvent& event) = 0;

  rtmp::ClientSession& session() { return session_; }
  /// Sends what the session wants sent, and tells its events.
  void react(const rtmp::ClientReaction& reaction);
  void send(const rtmp::OutMessage& message);

 private:
  void flush();

  int socket_;
  rtmp::Limits limits_;
  rtmp::ClientSession session_;
  std::unique_ptr<rtmp::Connection> connection_;
  rtmp::ComposedMessage composed_;
  std::vector<rtmp::Message> messages_;
  bool connecting_ = false;
};

}  // namespace multiconn::bench
