#include "net/socket_figures.hpp"

// Not netinet/tcp.h, which has fewer fields and cannot be included beside it.
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace multiconn::net {
namespace {

std::size_t unacknowledgedBytes(int descriptor) {
  int bytes = 0;
  return ::ioctl(descriptor, SIOCOUTQ, &bytes) == 0 && bytes > 0 ? static_cast<std::size_t>(bytes) : 0;
}

void set(int descriptor, int level, int option, int value) {
  ::setsockopt(descriptor, level, option, &value, sizeof value);
}

int valueOf(int descriptor, int option) {
  int value = 0;
  socklen_t size = sizeof value;
  return ::getsockopt(descriptor, IPPROTO_TCP, option, &value, &size) == 0 ? value : 0;
}

// Shorter than this the next answer may be on its way yet.
constexpr std::chrono::milliseconds between_repeats{200};
// Nobody may be there to judge by them: then the kernel does, some seconds later.
constexpr int most_repeats = 8;

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
  const TimePoint now = std::chrono::steady_clock::now();
  figures.last_heard = last_heard_.sampled(now, silence, info.tcpi_unacked > 0 || info.tcpi_probes > 0);
  // Those of a closed window have unsent bytes beside them.
  const bool was_idle = info.tcpi_unacked > 0 || figures.unacknowledged == 0;
  figures.probes = was_idle ? info.tcpi_probes : 0;
  if (figures.probes > 0) figures.last_heard = now - silence;
  repeatProbes(descriptor, figures, now);
  // Kernels before 4.9 do not measure it.
  if (size >= offsetof(tcp_info, tcpi_delivery_rate) + sizeof info.tcpi_delivery_rate &&
      info.tcpi_delivery_rate > 0) {
    figures.delivery_rate = info.tcpi_delivery_rate;
    figures.delivery_limited_by_us = info.tcpi_delivery_rate_app_limited != 0;
  }
  return figures;
}

// The kernel repeats a lost probe after a second only. To set the idle time, when it has passed, makes it
// send the next one at once. What is sent so must not count as its own, for which it would end the
// connection.
void SocketFigures::repeatProbes(int descriptor, const TransportFigures& figures, TimePoint now) {
  if (figures.probes == 0) {
    if (own_probes_ > 0) set(descriptor, IPPROTO_TCP, TCP_KEEPCNT, own_probes_);
    own_probes_ = repeats_ = 0;
    probed_at_.reset();
    return;
  }
  const auto rtt = figures.rtt.value_or(std::chrono::microseconds::zero());
  const Duration wait = std::max<Duration>(between_repeats, rtt);
  if (!probed_at_) {
    probed_at_ = now;
    own_probes_ = valueOf(descriptor, TCP_KEEPCNT);
    set(descriptor, IPPROTO_TCP, TCP_KEEPCNT, probesAllowed(own_probes_, 0, rtt));
  }
  if (now - *probed_at_ < wait || repeats_ == most_repeats) return;
  probed_at_ = now;
  set(descriptor, IPPROTO_TCP, TCP_KEEPCNT, probesAllowed(own_probes_, ++repeats_, rtt));
  set(descriptor, IPPROTO_TCP, TCP_KEEPIDLE, valueOf(descriptor, TCP_KEEPIDLE));
}

// Those of its own follow each other after a second at least.
int probesAllowed(int own, int repeats, std::chrono::microseconds rtt) {
  constexpr std::int64_t most = 127;  // of Linux
  const auto trips = std::chrono::ceil<std::chrono::seconds>(3 * rtt).count();
  return static_cast<int>(std::min<std::int64_t>(own + repeats + trips, most));
}

std::chrono::seconds probeInterval(std::chrono::milliseconds dead_after) {
  const auto longest = std::chrono::milliseconds(std::chrono::hours(4));
  const auto third = std::chrono::round<std::chrono::seconds>(std::min(dead_after, longest) / 3);
  return std::max(third, std::chrono::seconds(1));
}

// Not TCP_USER_TIMEOUT: that one also ends a connection whose peer is alive and answers every probe of its
// zero window, and a server that pauses is slow, not dead. What is on its way unanswered the owner sees in
// `last_heard`; the kernel sends no keep-alive probes meanwhile.
void keepAlive(int descriptor, std::chrono::milliseconds dead_after) {
  // Where nobody asks for figures, a probe that is lost is not repeated: four in a row are hardly bad luck.
  constexpr int probes = 4;
  const int interval = static_cast<int>(probeInterval(dead_after).count());
  set(descriptor, SOL_SOCKET, SO_KEEPALIVE, 1);
  set(descriptor, IPPROTO_TCP, TCP_KEEPIDLE, interval);
  set(descriptor, IPPROTO_TCP, TCP_KEEPINTVL, interval);
  set(descriptor, IPPROTO_TCP, TCP_KEEPCNT, probes);
}

}  // namespace multiconn::net
