#pragma once

#include <memory>

#include "balancer/door.hpp"
#include "balancer/log.hpp"
#include "balancer/relay.hpp"
#include "balancer/rtmp_options.hpp"

namespace multiconn::net {
class AsioScheduler;
}

namespace multiconn::balancer {

class EdgeDirectory;

/// What has happened at the RTMP door since the start.
struct RtmpDoorCounts {
  std::size_t relayed = 0;          ///< clients that are carried now
  std::uint64_t refused = 0;        ///< no such application, no server, or the door was full
  std::uint64_t edge_failures = 0;  ///< edges that could not be reached for a client that was to be carried
  RelayCounts carried;
};

struct RtmpTimeouts {
  std::chrono::milliseconds setup{10'000};  ///< handshake and connect
  std::chrono::milliseconds call{60'000};   ///< between two calls of a client that was let in
  std::chrono::milliseconds edge{3'000};    ///< until an edge has shaken hands, for all that are tried
  RelayTimeouts relay;
};

/// What the RTMP door works with; the references outlive it.
struct RtmpDoorContext {
  net::AsioScheduler& scheduler;
  /// Asked with LookUpForm::rtmp_redirect, rtmp_relay or rtmp_call.
  EdgeDirectory& edges;
  RtmpOptions options;
  /// Beyond, the client that has been here for longest without being carried is closed.
  std::size_t max_connections = 16384;
  Log log;
  RtmpDoorCounts& counts;
  /// Of clients that are not carried.
  std::size_t max_per_network = 4096;
  std::size_t max_carried_per_network = 4096;
  RtmpTimeouts timeouts = {};
};

/// The side of the client port that speaks RTMP: tells clients where to go, or carries them there.
std::unique_ptr<Door> makeRtmpDoor(RtmpDoorContext context);

}  // namespace multiconn::balancer
