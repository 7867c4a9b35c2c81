#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace multiconn::origin {

struct PublisherStatus {
  std::string address;
  double since_s = 0;
  std::uint64_t bytes = 0;               ///< of audio, video and data
  std::string video_codec, audio_codec;  ///< empty: none seen
  bool recording = false;
};

struct StreamStatus {
  std::string id, app, name;  ///< name: **** unless names are shown
  std::optional<PublisherStatus> publisher;
  std::size_t players = 0, waiting_players = 0;
  std::uint64_t dropped_frames = 0;
};

struct SharedObjectStatus {
  std::string name;
  bool persistent = false;
  std::uint32_t version = 0;
  std::size_t slots = 0, bytes = 0, subscribers = 0;
  bool saved = false;  ///< all of it is on the disk
};

struct ApplicationStatus {
  std::string scope;  ///< "chat", "chat/room1"
  std::size_t clients = 0;
  std::vector<SharedObjectStatus> shared_objects;
};

/// What the status page and the JSON document tell.
struct StatusReport {
  double uptime_s = 0;
  std::size_t connections = 0;
  std::uint64_t connections_total = 0, connections_refused = 0;
  std::uint64_t bytes_in = 0, bytes_out = 0;
  std::vector<StreamStatus> streams;
  std::vector<ApplicationStatus> applications;
};

std::string toJson(const StatusReport& report);
/// A plain page that refreshes itself; everything that came from a peer is escaped.
std::string toHtml(const StatusReport& report);

}  // namespace multiconn::origin
