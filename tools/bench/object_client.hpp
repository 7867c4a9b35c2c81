#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "rtmp/client_session.hpp"
#include "rtmp/connection.hpp"

namespace multiconn::bench {

/// A client of one shared object, as bare as a socket and the protocol core allow: hundreds of them in one
/// process must not cost more than the server that is being measured.
class ObjectClient {
 public:
  /// Blocks until TCP is connected. `changed` gets every slot and value that the server tells.
  using Changed = std::function<void(std::size_t client, const rtmp::SharedObjectEvent& change)>;
  ObjectClient(std::size_t index, std::uint16_t port, Changed changed);
  ~ObjectClient();
  ObjectClient(const ObjectClient&) = delete;
  ObjectClient& operator=(const ObjectClient&) = delete;

  int socket() const { return socket_; }
  bool joined() const { return joined_; }
  /// Takes what has arrived; throws std::runtime_error when the server is gone or refuses.
  void readable();
  /// Sends a Request Change at once.
  void set(const std::string& slot, double value);

 private:
  void react(rtmp::ClientReaction reaction);
  void handle(const rtmp::SharedObjectMessage& message);
  void sendObject(rtmp::SharedObjectEvent event);
  void send(const rtmp::OutMessage& message);
  void flush();

  std::size_t index_;
  Changed changed_;
  int socket_;
  rtmp::Limits limits_;
  rtmp::ClientSession session_;
  std::unique_ptr<rtmp::Connection> connection_;
  rtmp::ComposedMessage composed_;
  std::vector<rtmp::Message> messages_;
  bool connecting_ = false;
  bool joined_ = false;
};

}  // namespace multiconn::bench
