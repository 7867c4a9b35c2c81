#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <unordered_set>

#include "balancer/edge_names.hpp"
#include "balancer/rtmp_door.hpp"

namespace multiconn::balancer {

/// One line for each edge that cannot be reached, and not again for a while.
class EdgeFailureLog {
 public:
  static constexpr std::chrono::seconds period{10};
  /// Nothing to say when `line` is empty.
  std::string line(const std::string& edge, const std::string& why, net::TimePoint now);

 private:
  struct Entry {
    net::TimePoint written;
    std::uint64_t silent = 0;  // failures since, without a line
  };
  std::map<std::string, Entry> entries_;
};

/// What the clients of the RTMP door share.
struct RtmpWorkshop {
  explicit RtmpWorkshop(RtmpDoorContext door) : context(std::move(door)), names(context.scheduler) {}

  const RtmpDoorContext context;
  EdgeNames names;
  EdgeFailureLog failures;
  /// pathText() of the connections to edges. A client that comes by one of them is the balancer itself: an
  /// edge's redirect address leads back here.
  std::unordered_set<std::string> own_paths;
};

/// A connection by both its ends: each is the same for an IPv4 address however it is written.
std::string pathText(const net::Address& from, const net::Address& to);

}  // namespace multiconn::balancer
