#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "net/scheduler.hpp"
#include "origin/live_stream.hpp"
#include "origin/outbox.hpp"
#include "origin/stream_use.hpp"

namespace multiconn::origin {

class ClientConnection;

/// One player of a live stream, from the moment it asks: it may wait for a publisher first, and outlast
/// several.
class LivePlay final : public StreamUse {
 public:
  LivePlay(ClientConnection& connection, std::uint32_t stream_id, std::shared_ptr<LiveStream> stream);
  ~LivePlay() override;

  /// Plays at once, or waits.
  void start();
  bool accepted() const { return accepted_; }

  void publisherCame();
  void publisherLeft();
  /// Sets the message's stream id to this player's.
  void deliver(rtmp::QueuedMessage& message);

  void pause(bool pause) override;
  void seek(double time_ms) override;
  void receive(bool video, bool enabled) override;

 private:
  void accept();
  void replayCache();
  void giveUp();
  bool wants(const rtmp::QueuedMessage& message);

  ClientConnection& connection_;
  std::uint32_t stream_id_;
  std::shared_ptr<LiveStream> stream_;
  Lane lane_;
  net::Timer waiting_;
  bool accepted_ = false;
  bool paused_ = false;
  bool receive_audio_ = true, receive_video_ = true;
  bool needs_key_ = false;  // the picture can only begin, or go on, with a keyframe
};

}  // namespace multiconn::origin
