#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "net/scheduler.hpp"
#include "origin/flv_file.hpp"
#include "origin/outbox.hpp"
#include "origin/relay_message.hpp"
#include "origin/stream_use.hpp"

namespace multiconn::origin {

class ClientConnection;

/// One player of a recorded file, paced by the file's times. Seeking goes to the keyframe at or before the
/// wanted time.
class RecordedPlay final : public StreamUse {
 public:
  RecordedPlay(ClientConnection& connection, std::uint32_t stream_id, FlvFile file);
  ~RecordedPlay() override;

  /// `duration_ms` below 0: to the end.
  void start(double start_ms, double duration_ms);

  void pause(bool pause) override;
  void seek(double time_ms) override;
  void receive(bool video, bool enabled) override;
  void bufferLength(std::uint32_t ms) override;

 private:
  /// A search through the tags' headers, in steps, since a file may be long.
  struct Search {
    double target_ms = 0;
    std::uint64_t offset = 0;  ///< of the next tag to look at
    std::optional<FlvTagPlace> key,
        first;  ///< newest keyframe; first tag of the newest moment, for files without video
    std::map<std::uint32_t, FlvTagPlace> configs;  ///< by type and track; 0: metadata
    bool has_video = false;
  };
  void locate(double time_ms);
  void searchOn();
  bool look(const FlvTagPlace& tag);
  std::optional<RelayMessage> peek(const FlvTagPlace& tag);
  std::optional<RelayMessage> read(const FlvTagPlace& tag, std::uint32_t timestamp,
                                   std::size_t most = SIZE_MAX);
  void note(const FlvTagPlace& tag, const RelayMessage& message);
  void beginAt(const Search& found);
  void work();
  void drained();
  bool sendNext();
  void complete();
  void endWhenSent();
  void send(const FlvTagPlace& tag, std::uint32_t timestamp);
  bool wants(const FlvTagPlace& tag);
  rtmp::TimePoint due(std::uint32_t timestamp) const;

  ClientConnection& connection_;
  std::uint32_t stream_id_;
  std::optional<FlvFile> file_;  // nothing once everything was played
  Lane lane_;
  net::Timer timer_;
  std::optional<Search> search_;
  std::uint64_t offset_ = 0;  // of the next tag to send
  double end_ms_ = -1;
  // File time and real time that belong together.
  std::uint32_t anchor_ms_ = 0;
  rtmp::TimePoint anchor_time_;
  std::uint32_t newest_ms_ = 0;
  std::uint32_t buffer_ms_;
  std::size_t read_bytes_ = 0;  // by the task of now
  bool resting_ = false;        // the timer goes on after the other connections
  bool paused_ = false;
  bool receive_audio_ = true, receive_video_ = true;
};

}  // namespace multiconn::origin
