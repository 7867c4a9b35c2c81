#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <multiconn/amf_value.hpp>

namespace multiconn {

/// A destination's index in the list given to connect(), a balancer's counting as often as it has servers,
/// and then in the order of add(); stable for the life of the MultiConnection, and never used again.
enum class ServerId : std::uint32_t {};

/// What happened, in the form ActionScript's onStatus has: Adobe's code for what came over the wire, ours
/// (listed in docs/status-codes.md) for what the library found out itself.
struct Status {
  std::string code;                ///< "NetStream.Publish.Start"
  std::string level;               ///< "status", "warning" or "error"
  std::string description;         ///< one sentence, without secrets
  std::optional<ServerId> server;  ///< absent when it concerns all
  std::string url;                 ///< that server's url, masked; empty when it concerns all
  AmfValue info;                   ///< the server's info object as received; undefined for our own codes
};

/// How setup ended for one server.
struct ServerOutcome {
  enum class State : std::uint8_t { pending, connected, failed };
  ServerId id{};
  std::string url;  ///< masked; a balancer's until it has named a server
  State state = State::pending;
  std::string error;                    ///< empty unless failed or pending: one sentence
  std::chrono::milliseconds elapsed{};  ///< from connect() to this outcome
};

/// The answer to connect(), given once.
struct SetupOutcome {
  bool success = false;  ///< ConnectOptions::require was met in time
  std::vector<ServerOutcome> servers;
};

/// `reconnecting`: lost, or not reached yet, and tried again; see ServerStats::error. `closed` and `failed`
/// are final.
enum class ServerState : std::uint8_t { connecting, connected, publishing, reconnecting, closed, failed };
const char* name(ServerState state);

/// Frames that one server did not get.
struct DroppedFrames {
  std::uint64_t disposable = 0, inter = 0, key = 0;  ///< pictures
  std::uint64_t audio = 0;
};

/// One server's figures. Counters run from connect().
struct ServerStats {
  ServerId id{};
  std::string url;  ///< masked; a balancer's until it has named a server
  ServerState state = ServerState::connecting;
  std::string error;  ///< why it failed or is tried again; empty otherwise
  std::optional<std::chrono::milliseconds> connect_time;  ///< connect() to Connect.Success
  /// publish() or connect(), whichever was later, to Publish.Start.
  std::optional<std::chrono::milliseconds> publish_time;
  std::uint64_t bytes_sent = 0;      ///< handed to the kernel, chunk headers included
  std::uint64_t frames_sent = 0;     ///< audio and video frames, without configuration records
  std::uint64_t frames_dropped = 0;  ///< the sum of `dropped`
  /// By the drop policy, or missed while it was away. Falls where a server that was lost gets after all what
  /// had been dropped for it.
  DroppedFrames dropped;
  std::uint64_t queue_bytes = 0;
  std::chrono::milliseconds queue_age{};              ///< how long its oldest queued message has waited
  std::optional<std::chrono::microseconds> rtt;       ///< the kernel's smoothed round-trip time
  std::uint32_t reconnects = 0;                       ///< connections that stood after the first
  std::uint32_t attempts = 0;                         ///< to reconnect, since it was last healthy
  std::optional<std::chrono::milliseconds> retry_in;  ///< until the next attempt, while `reconnecting`
  /// What its way carries, in bits per second, as far as it has shown it: the broadcast's own rate when that
  /// is all there was to carry.
  std::optional<std::uint64_t> bandwidth;
  bool standby = false;  ///< a spare that is silent now
};

}  // namespace multiconn
