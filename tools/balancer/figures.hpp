#pragma once

#include <string>
#include <vector>

#include "balancer/client_port.hpp"
#include "balancer/edge_directory.hpp"
#include "balancer/history.hpp"
#include "balancer/rtmp_door.hpp"

namespace multiconn::balancer {

/// What the administration shows besides the edges.
struct Figures {
  balance::TimePoint started;
  std::string policy, rtmp_mode;
  bool server_info = false;
  bool operations = false;  ///< whether there is a token to pause with
  bool starting = false;    ///< nobody is sent anywhere yet
  balance::milliseconds message_timeout{};
  std::vector<std::string> listening;
  ClientPort::Counts clients;
  std::size_t http_connections = 0, rtmp_connections = 0;
  std::uint64_t http_requests = 0, http_crowded = 0;
  RtmpDoorCounts rtmp;
  std::uint64_t reports_dropped = 0;  ///< by the kernel
  std::uint64_t state_failures = 0;
};

/// {"balancer":{...},"servers":[...]}: GET /servers. All edges, those too that are paused here and have not
/// reported since the start.
std::string serversJson(const Figures& figures, const EdgeDirectory& edges, balance::TimePoint now);
/// {"samples":[...]}: GET /history.
std::string historyJson(const History& history, balance::TimePoint now);
/// Prometheus' text format: GET /metrics.
std::string metricsText(const Figures& figures, const EdgeDirectory& edges, balance::TimePoint now);

}  // namespace multiconn::balancer
