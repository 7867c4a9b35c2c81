#pragma once

#include <chrono>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>

#include "bare_client.hpp"
#include "frame_log.hpp"

namespace multiconn::bench {

/// A player of one live stream. readable() throws std::runtime_error too when the server refuses.
class PlayClient : public BareClient {
 public:
  using Seen = std::function<void(const SeenFrame& frame)>;
  PlayClient(std::uint16_t port, const std::string& stream, Seen seen);

 private:
  bool take(const rtmp::Message& message, std::int64_t arrived_us) override;
  void told(const rtmp::ClientEvent& event) override;

  Seen seen_;
  std::string stream_;
};

/// Waits until one of these has something to read, or is over, and lets it take that; at most `patience`.
/// Those that are over are reset, null ones are left alone.
void serve(std::initializer_list<std::unique_ptr<PlayClient>*> players, std::chrono::milliseconds patience);

}  // namespace multiconn::bench
