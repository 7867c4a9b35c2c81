#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace multiconn {

enum class OriginLogLevel : std::uint8_t { debug, info, warning, error };

struct OriginOptions {
  std::string address = "::";              ///< numeric address to listen on; "::" takes IPv4 too
  std::uint16_t port = 1935;               ///< 0: the kernel chooses, see OriginServer::port()
  std::optional<std::uint16_t> http_port;  ///< status page and JSON; 0: the kernel chooses
  std::string http_address = "127.0.0.1";
  std::vector<std::string> applications;  ///< empty: every application name is accepted
  std::filesystem::path data_dir;         ///< where record and append write FLV; empty: both are refused
  std::chrono::milliseconds play_wait{
      30000};  ///< how long a player waits for a publisher before StreamNotFound
  std::chrono::milliseconds idle_timeout{
      60000};  ///< a peer that sends nothing, not even an answer to pings, is closed
  std::chrono::milliseconds handshake_timeout{10000};
  std::size_t max_connections = 1024;
  std::size_t player_queue_bytes =
      16 * 1024 * 1024;  ///< per player; beyond it frames are dropped to the next keyframe
  std::chrono::milliseconds player_queue_age{5000};
  std::size_t gop_bytes =
      32 * 1024 * 1024;  ///< per stream: most of the newest group of pictures kept for players that join
  std::string tls_certificate_file, tls_key_file;  ///< PEM; both given: rtmps on `port`
  /// Stream names are keys: page, JSON and log show **** and a short id instead, unless this is set.
  bool show_names = false;
  /// One line each, free of secrets and control characters; on the server's thread.
  std::function<void(OriginLogLevel, const std::string&)> log;
};

/// An RTMP server for development, tests and small events: publish, play, record. Runs on a thread of its
/// own.
class OriginServer {
 public:
  /// Listens. Throws std::runtime_error with one sentence when it cannot.
  explicit OriginServer(OriginOptions options);
  /// Closes every connection and stops.
  ~OriginServer();
  OriginServer(const OriginServer&) = delete;
  OriginServer& operator=(const OriginServer&) = delete;

  std::uint16_t port() const;
  std::optional<std::uint16_t> httpPort() const;
  /// The status document that GET /status.json answers. Any thread.
  std::string statusJson() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace multiconn
