#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "net/scheduler.hpp"
#include "origin/live_stream.hpp"
#include "origin/recorder.hpp"
#include "origin/status_report.hpp"
#include "origin/stream_use.hpp"

namespace multiconn::origin {

class ClientConnection;

/// One connection's publishing of one stream, which nobody publishes yet. The name is free again when this is
/// gone.
class Publication final : public StreamUse {
 public:
  struct Recording {
    std::filesystem::path file;
    bool append = false;
  };
  Publication(ClientConnection& connection, std::uint32_t stream_id, std::shared_ptr<LiveStream> stream,
              std::optional<Recording> recording);
  ~Publication() override;

  /// Tells the publisher, then those who wait for it.
  void start();
  PublisherStatus status() const;

  void media(const rtmp::Message& message) override;

 private:
  void relayMedia(rtmp::MessageType type, const rtmp::Message& message, const rtmp::Payload& body);
  void relayData(const rtmp::Message& message, const rtmp::Data& data);
  void startRecording(const Recording& recording);

  ClientConnection& connection_;
  std::uint32_t stream_id_;
  std::shared_ptr<LiveStream> stream_;
  std::optional<Recording> wanted_;
  std::unique_ptr<Recorder> recorder_;
  rtmp::TimePoint since_;
  std::uint64_t bytes_ = 0;
  std::string video_codec_, audio_codec_;
};

}  // namespace multiconn::origin
