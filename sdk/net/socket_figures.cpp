#include "net/socket_figures.hpp"

// Not netinet/tcp.h, which has fewer fields and cannot be included beside it.
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstddef>

namespace multiconn::net {
namespace {

std::size_t unacknowledgedBytes(int descriptor) {
  int bytes = 0;
  return ::ioctl(descriptor, SIOCOUTQ, &bytes) == 0 && bytes > 0 ? static_cast<std::size_t>(bytes) : 0;
}

void set(int descriptor, int level, int option, int value) {
  ::setsockopt(descriptor, level, option, &value, sizeof value);
}

}  // namespace

TimePoint LastHeard::sampled(TimePoint now, Duration silence, bool awaiting) {
  heard_ = std::max(heard_, awaiting ? now - silence : now);
  return heard_;
}

TransportFigures SocketFigures::ask(int descriptor) {
  TransportFigures figures;
  figures.unacknowledged = unacknowledgedBytes(descriptor);
  tcp_info info{};
  socklen_t size = sizeof info;
  if (::getsockopt(descriptor, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return figures;
  if (info.tcpi_rtt > 0) figures.rtt = std::chrono::microseconds(info.tcpi_rtt);
  const std::chrono::milliseconds silence(std::min(info.tcpi_last_ack_recv, info.tcpi_last_data_recv));
  figures.last_heard = last_heard_.sampled(std::chrono::steady_clock::now(), silence,
                                           info.tcpi_unacked > 0 || info.tcpi_probes > 0);
  // Kernels before 4.9 do not measure it.
  if (size >= offsetof(tcp_info, tcpi_delivery_rate) + sizeof info.tcpi_delivery_rate &&
      info.tcpi_delivery_rate > 0) {
    figures.delivery_rate = info.tcpi_delivery_rate;
    figures.delivery_limited_by_us = info.tcpi_delivery_rate_app_limited != 0;
  }
  return figures;
}

// Not TCP_USER_TIMEOUT: that one also ends a connection whose peer is alive and answers every probe of its
// zero window, and a server that pauses is slow, not dead. What is on its way unanswered the owner sees in
// `last_heard`; the kernel sends no keep-alive probes meanwhile.
void keepAlive(int descriptor, std::chrono::milliseconds dead_after) {
  // A probe is not repeated when it is lost: five of them in a row are hardly bad luck.
  constexpr int probes = 4;
  const auto longest = std::chrono::milliseconds(std::chrono::hours(4));
  const auto third = std::chrono::round<std::chrono::seconds>(std::min(dead_after, longest) / 3);
  const int interval = std::max(1, static_cast<int>(third.count()));
  set(descriptor, SOL_SOCKET, SO_KEEPALIVE, 1);
  set(descriptor, IPPROTO_TCP, TCP_KEEPIDLE, interval);
  set(descriptor, IPPROTO_TCP, TCP_KEEPINTVL, interval);
  set(descriptor, IPPROTO_TCP, TCP_KEEPCNT, probes);
}

}  // namespace multiconn::net
