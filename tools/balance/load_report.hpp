#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "balance/types.hpp"
#include "rtmp/bytes.hpp"

namespace multiconn::balance {

enum class EdgeState : std::uint8_t { running = 1, paused = 2, stopping = 3 };

/// Where clients are sent, for one scheme.
struct RedirectAddress {
  std::string scheme = "rtmp";  ///< rtmp, rtmps or http
  std::string host;             ///< a name or a numeric address, IPv6 without brackets; 1 to 253 bytes
  std::uint16_t port = 0;       ///< 0: the scheme's own
  /// Only for clients whose own address is in this network ("10.0.0.0/8"); empty: for everybody.
  std::string network;
};

/// What one edge tells about itself. On the wire it is what a sealed datagram holds; docs/wire-balancer.md
/// has the layout.
struct LoadReport {
  WallTime sent{};  ///< the sender's clock
  EdgeState state = EdgeState::running;
  bool healthy = true;                     ///< the RTMP server beside the agent answers handshakes
  bool early_reports = true;               ///< the agent reports at once when many clients have come
  bool accepts_estimated = false;          ///< `accepts` is the agent's own count of new peers
  std::uint8_t targets = 1;                ///< how many balancers the agent reports to, 1 to 255
  std::vector<RedirectAddress> addresses;  ///< 1 to 8
  std::uint32_t connections = 0;
  std::uint32_t connection_capacity = 1000;  ///< at least 1
  std::optional<std::uint64_t> accepts;      ///< since the server's start; only grows
  std::uint64_t in_bits = 0, out_bits = 0;   ///< per second
  std::uint64_t bandwidth_capacity = 0;      ///< bits per second; 0: not known, the term is left out
  std::uint64_t connection_bits = 0;         ///< EWMA of out_bits over EWMA of connections
  float cpu = 0;                             ///< of all processors, 0 to 1
  milliseconds interval{2500};               ///< between two regular reports, 100 ms to 10 min
};

/// At most max_report_bytes. Fields out of their range are an error of the caller's (std::invalid_argument).
rtmp::Bytes encode(const LoadReport& report);

/// Nothing when it is malformed: truncated, out of range, a host that is no host. Unknown fields are passed
/// over, so that newer agents are understood.
std::optional<LoadReport> decodeReport(rtmp::BytesView bytes);

/// A host or numeric address that may stand in a URL and in every answer without quoting.
bool isRedirectHost(const std::string& host);

constexpr std::size_t max_report_bytes = 1100;
constexpr std::size_t max_addresses = 8;
/// Of every figure in bits per second: a petabit.
constexpr std::uint64_t max_bits = 1'000'000'000'000'000;

}  // namespace multiconn::balance
