#include "client/bandwidth_watch.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace multiconn::client {

namespace {

constexpr std::chrono::seconds pause{1};
// Of the broadcast's rate: more than most groups of pictures last.
constexpr std::size_t most_looks = 5;
constexpr double news = 0.1;

bool differ(std::uint64_t one, std::uint64_t other) {
  return std::abs(static_cast<double>(one) - static_cast<double>(other)) > news * static_cast<double>(other);
}

bool differ(const Bandwidth::Server& one, const Bandwidth::Server& other) {
  if (one.id != other.id || one.congested != other.congested) return true;
  return one.congested && differ(one.bits_per_second, other.bits_per_second);
}

// Servers that come and go while none is congested are no news for an encoder.
bool differ(const Bandwidth& one, const Bandwidth& other) {
  if (one.weakest.has_value() != other.weakest.has_value()) return true;
  if (!one.weakest) return false;
  return differ(*one.weakest, *other.weakest) ||
         !std::equal(one.servers.begin(), one.servers.end(), other.servers.begin(), other.servers.end(),
                     [](const auto& server, const auto& before) { return !differ(server, before); });
}

}  // namespace

bool BandwidthWatch::due(rtmp::TimePoint now) {
  if (!looks_.empty() && now - looks_.back().at < pause) return false;
  looks_.push({now, sent_});
  if (looks_.size() > most_looks) looks_.pop();
  return true;
}

// A server that takes nothing at all has no narrow way: it hangs, and no bitrate would help it.
std::optional<Bandwidth> BandwidthWatch::report(const std::vector<Server>& servers) {
  Bandwidth found;
  found.broadcast = broadcast();
  for (const Server& server : servers) {
    found.servers.push_back({server.id, server.bits_per_second, server.congested});
    if (server.narrow && server.bits_per_second > 0)
      found.weakest = std::min(found.weakest.value_or(server.bits_per_second), server.bits_per_second);
  }
  if (!differ(found, told_)) return {};
  told_ = found;
  return found;
}

std::uint64_t BandwidthWatch::broadcast() const {
  if (looks_.size() < 2) return 0;
  const std::chrono::duration<double> passed = looks_.back().at - looks_.front().at;
  return static_cast<std::uint64_t>(8 * static_cast<double>(looks_.back().sent - looks_.front().sent) /
                                    passed.count());
}

}  // namespace multiconn::client
