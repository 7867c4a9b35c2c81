#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "frame_log.hpp"
#include "rtmp/client_session.hpp"
#include "rtmp/connection.hpp"

namespace multiconn::bench {

/// A player of one live stream, as bare as a socket and the protocol core allow.
class PlayClient {
 public:
  using Seen = std::function<void(const SeenFrame& frame)>;
  /// Blocks until TCP is connected to 127.0.0.1; throws std::system_error when it is refused.
  PlayClient(std::uint16_t port, const std::string& stream, Seen seen);
  ~PlayClient();
  PlayClient(const PlayClient&) = delete;
  PlayClient& operator=(const PlayClient&) = delete;

  int socket() const { return socket_; }
  /// Takes what has arrived; false: the connection is over. Throws std::runtime_error when the server
  /// refuses.
  bool readable();

 private:
  void react(const rtmp::ClientReaction& reaction);
  void flush();

  Seen seen_;
  std::string stream_;
  int socket_;
  rtmp::Limits limits_;
  rtmp::ClientSession session_;
  std::unique_ptr<rtmp::Connection> connection_;
  rtmp::ComposedMessage composed_;
  std::vector<rtmp::Message> messages_;
  bool connecting_ = false;
};

/// Waits until one of these has something to read, or is over, and lets it take that; at most `patience`.
/// Those that are over are reset, null ones are left alone.
void serve(std::initializer_list<std::unique_ptr<PlayClient>*> players, std::chrono::milliseconds patience);

}  // namespace multiconn::bench
