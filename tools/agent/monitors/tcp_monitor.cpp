#include "agent/monitors/tcp_monitor.hpp"

#include <algorithm>

namespace multiconn::agent {
namespace {

/// Counters of bytes make the kernel's answer five times as long.
constexpr std::chrono::seconds bytes_period{1};

std::uint64_t grown(std::uint64_t now, std::uint64_t before) {
  return now >= before ? now - before : 0;
}

}  // namespace

AgentLoad TcpMonitor::load() {
  const auto now = std::chrono::steady_clock::now();
  const bool with_bytes = now - bytes_read_ >= bytes_period;
  std::vector<DiagConnection> present = diag_.established(port_, with_bytes);
  std::erase_if(present, [this](const auto& connection) { return probes_.contains(connection.peer_port); });
  if (with_bytes) {
    bytes_read_ = now;
    countBytes(present);
    in_bits_ = in_.read(total_.in, now);
    out_bits_ = out_.read(total_.out, now);
  }
  std::vector<std::uint64_t> cookies;
  for (const DiagConnection& connection : present) cookies.push_back(connection.cookie);
  AgentLoad load;
  load.connections = static_cast<std::uint32_t>(present.size());
  load.accepts = newcomers_.read(cookies);
  load.accepts_estimated = true;
  load.in_bits = in_bits_;
  load.out_bits = out_bits_;
  return load;
}

void TcpMonitor::countBytes(const std::vector<DiagConnection>& present) {
  std::unordered_map<std::uint64_t, Bytes> now;
  for (const DiagConnection& connection : present) {
    const Bytes before = last_[connection.cookie];
    total_.in += grown(connection.bytes_in, before.in);
    total_.out += grown(connection.bytes_out, before.out);
    now[connection.cookie] = {connection.bytes_in, connection.bytes_out};
  }
  last_ = std::move(now);
}

}  // namespace multiconn::agent
