#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace multiconn::rtmp {

using TimePoint = std::chrono::steady_clock::time_point;
using Duration = std::chrono::steady_clock::duration;

/// The bounds on what the peer of a connection may make this core hold or do. The defaults suit an ingest
/// server and its clients. Elsewhere are SharedObjectBounds, of one object as its client keeps it, and those
/// of what is read without a connection: ModEx packets in media_body.cpp, parameter sets in avc_config.cpp
/// and hevc_config.cpp. What a client or server takes of its peers in a second, or lets wait for them, is its
/// own policy, and stands with it.
struct Limits {
  // Chunk stream
  std::size_t max_media_message = 8 * 1024 * 1024;   ///< audio, video, aggregate; bytes
  std::size_t max_other_message = 1024 * 1024;       ///< commands, data, shared objects; bytes
  std::size_t reassembly_budget = 16 * 1024 * 1024;  ///< all unfinished messages of one connection; bytes
  std::size_t max_chunk_streams = 64;
  std::size_t max_partial_messages = 8;
  std::uint32_t max_chunk_size = 0xFFFFFF;  ///< larger announcements mean "do not split"
  std::size_t max_aggregate_parts = 4096;

  // AMF
  std::size_t amf_depth = 32;
  std::size_t amf_values = 65536;     ///< per message
  std::size_t amf_memory_factor = 8;  ///< decoded size over message size
  std::size_t amf_memory_constant = 1024 * 1024;
  std::size_t amf_sealed_names = 1024;  ///< of one AMF3 class

  // Connection
  std::uint32_t min_ack_window = 16 * 1024;      ///< smaller windows are treated as this; bytes
  std::uint32_t own_ack_window = 2'500'000;      ///< what we announce
  std::uint32_t own_chunk_size = 60'000;         ///< what we send with; SRS takes no more than 65536
  std::size_t pings_per_second = 20;             ///< answered; the rest is ignored
  std::size_t max_pending_control = 16 * 1024;   ///< unsent control bytes of one connection
  std::size_t max_waiting_commands = 64 * 1024;  ///< unsent commands of one connection; bytes

  // Sessions
  std::size_t max_streams = 64;           ///< createStream per connection
  std::size_t max_name = 1024;            ///< app and stream names; bytes
  std::size_t max_pending_calls = 1024;   ///< of the session, and as many again of the application
  std::size_t max_waiting_messages = 16;  ///< sent before connect was answered
  std::size_t max_status_text = 1024;     ///< code, level and description of a status; bytes each

  // Deadlines of a server towards its clients
  std::chrono::milliseconds handshake_timeout{10'000};
  std::chrono::milliseconds connect_timeout{10'000};
};

}  // namespace multiconn::rtmp
