#include "world_edge.hpp"

#include <cmath>

namespace multiconn::bench {
namespace {

constexpr balance::milliseconds interval{2500};
/// Of the averages of bandwidth and of connections alike.
constexpr double averaging_seconds = 10;

balance::Guid randomGuid(balance::Random& random) {
  balance::Guid guid;
  for (std::byte& byte : guid.bytes) byte = static_cast<std::byte>(random());
  return guid;
}

balance::Boot randomBoot(balance::Random& random) {
  balance::Boot boot;
  boot.counter = 1;
  for (std::byte& byte : boot.id) byte = static_cast<std::byte>(random());
  return boot;
}

}  // namespace

WorldEdge::WorldEdge(const Setup& setup, const balance::SharedKey& key, std::uint32_t number, SimTime now,
                     balance::Random& random)
    : setup_(setup),
      guid_(randomGuid(random)),
      sealer_(key, guid_, randomBoot(random)),
      scheduler_(interval, now, random),
      host_("10.0." + std::to_string(number / 256) + "." + std::to_string(number % 256)),
      averaged_(now) {}

bool WorldEdge::accept(std::uint32_t client_bits, SimTime now) {
  if (connections_ >= setup_.slots) return false;
  ++connections_;
  ++accepts_;
  bits_ += client_bits;
  if (setup_.early_reports) scheduler_.accepted(accepts_, setup_.slots, now);
  return true;
}

void WorldEdge::leave(std::uint32_t client_bits) {
  if (!alive_) return;
  --connections_;
  bits_ -= client_bits;
}

void WorldEdge::die() {
  alive_ = false;
  connections_ = 0;
  bits_ = 0;
}

rtmp::Bytes WorldEdge::report(SimTime now) {
  averageBitrate(now);
  balance::LoadReport report;
  report.sent = wallClock(now);
  report.early_reports = setup_.early_reports;
  report.targets = setup_.targets;
  report.addresses.emplace_back().host = host_;
  report.connections = connections_;
  report.connection_capacity = setup_.slots;
  report.accepts = accepts_;
  report.out_bits = bits_;
  report.bandwidth_capacity = setup_.bandwidth;
  report.interval = interval;
  if (average_connections_ > 0)
    report.connection_bits = static_cast<std::uint64_t>(average_bits_ / average_connections_);
  scheduler_.reported(now);
  return balance::encode(report);
}

void WorldEdge::averageBitrate(SimTime now) {
  const double kept = average_connections_ > 0 ? std::exp(-seconds(now - averaged_) / averaging_seconds) : 0;
  averaged_ = now;
  average_bits_ += (1 - kept) * (static_cast<double>(bits_) - average_bits_);
  average_connections_ += (1 - kept) * (connections_ - average_connections_);
}

}  // namespace multiconn::bench
