#include "balance/server_pool.hpp"

#include <algorithm>
#include <cmath>

namespace multiconn::balance {
namespace {

using std::chrono::duration;

/// A client has connected, and its server has counted it, so long after it was sent.
constexpr milliseconds landing_time{300};
constexpr duration<double> ratio_memory{10.0};
/// Until so many redirects have landed, the number of balancers is believed rather than what was counted.
constexpr double prior_redirects = 20;
constexpr double max_ratio = 16;
constexpr double connection_bits_gain = 0.2;

bool countsAccepts(const LoadReport& report) {
  return report.accepts && !report.accepts_estimated;
}

/// Clients that came between two reports of one boot; nothing where that cannot be said.
std::optional<double> acceptsBetween(const LoadReport& earlier, const LoadReport& later) {
  if (!countsAccepts(earlier) || !countsAccepts(later)) return {};
  // Fewer than before: the server was started anew, its agent was not.
  if (*later.accepts < *earlier.accepts) return {};
  return static_cast<double>(*later.accepts - *earlier.accepts);
}

bool isOlder(const OpenedReport& opened, const Edge& edge) {
  if (opened.boot == edge.boot) return opened.seq <= edge.seq;
  return opened.boot.counter < edge.boot.counter;
}

void smoothConnectionBits(Edge& edge, bool new_boot) {
  // Without connections there is nothing to know about one: what was known stays.
  if (edge.report.connection_bits == 0) return;
  const auto reported = static_cast<double>(edge.report.connection_bits);
  const bool first = new_boot || edge.connection_bits == 0;
  edge.connection_bits += (first ? 1 : connection_bits_gain) * (reported - edge.connection_bits);
}

double clientShare(const Edge& edge) {
  const double of_connections = 1.0 / edge.report.connection_capacity;
  if (edge.report.bandwidth_capacity == 0) return of_connections;
  return std::max(of_connections, edge.connection_bits / static_cast<double>(edge.report.bandwidth_capacity));
}

std::uint8_t openSchemes(const LoadReport& report) {
  unsigned bits = 0;
  for (const RedirectAddress& address : report.addresses)
    if (address.network.empty()) bits |= schemeBit(address.scheme);
  return static_cast<std::uint8_t>(bits);
}

}  // namespace

std::uint8_t schemeBit(std::string_view scheme) {
  if (scheme == "rtmp") return 1;
  if (scheme == "rtmps") return 2;
  return scheme == "http" ? 4 : 0;
}

std::string_view nameOf(EdgeStatus status) {
  switch (status) {
    case EdgeStatus::running:
      return "RUNNING";
    case EdgeStatus::paused:
      return "PAUSED";
    case EdgeStatus::stopped:
      return "STOPPED";
    case EdgeStatus::unhealthy:
      return "UNKNOWN";
    case EdgeStatus::silent:
      return "MSGTIMEOUT";
  }
  return "UNKNOWN";
}

// With a long message_timeout buckets are wider, so that their number stays bounded.
ServerPool::ServerPool(PoolOptions options)
    : options_(options),
      bucket_width_(std::max<milliseconds>(milliseconds(10), options.message_timeout / 512)) {}

void ServerPool::report(const OpenedReport& opened, TimePoint now) {
  const auto known = by_guid_.find(opened.guid);
  if (known != by_guid_.end()) {
    Edge& edge = edges_[known->second];
    if (!isOlder(opened, edge)) update(edge, opened, now);
    return;
  }
  if (edges_.size() >= options_.max_edges) return;
  by_guid_.emplace(opened.guid, edges_.size());
  Edge& edge = edges_.emplace_back();
  edge.guid = opened.guid;
  edge.boot = opened.boot;
  edge.paused_here = expected_paused_.erase(opened.guid) > 0;
  update(edge, opened, now);
}

void ServerPool::update(Edge& edge, const OpenedReport& opened, TimePoint now) {
  const bool new_boot = edge.reports == 0 || edge.boot != opened.boot;
  double arrived = 0, landed = 0;
  if (new_boot) {
    edge.pending.clear();
    edge.pending_sum = 0;
  } else {
    const std::uint32_t count = land(edge, now);
    if (const auto accepts = acceptsBetween(edge.report, opened.report)) {
      arrived = *accepts;
      landed = count;
    }
  }
  edge.boot = opened.boot;
  edge.seq = opened.seq;
  edge.report = opened.report;
  edge.received = now;
  edge.redirects_since_report = 0;
  ++edge.reports;
  smoothConnectionBits(edge, new_boot);
  edge.client_share = clientShare(edge);
  edge.open_schemes = openSchemes(edge.report);
  learn(arrived, landed, edge.report.targets, now);
}

std::uint32_t ServerPool::land(Edge& edge, TimePoint now) {
  std::uint32_t landed = 0;
  while (!edge.pending.empty() && edge.pending.front().time < now - landing_time) {
    landed += edge.pending.front().count;
    edge.pending.pop_front();
  }
  edge.pending_sum -= landed;
  return landed;
}

void ServerPool::learn(double arrived, double landed, unsigned targets, TimePoint now) {
  const double kept = std::exp(-(duration<double>(now - decayed_) / ratio_memory));
  decayed_ = now;
  arrived_ = arrived_ * kept + arrived;
  landed_ = landed_ * kept + landed;
  const double prior = prior_redirects * targets;
  ratio_ = std::clamp((arrived_ + prior) / (landed_ + prior_redirects), 1.0, max_ratio);
}

double ServerPool::arrivalRatio(const Edge& edge) const {
  if (countsAccepts(edge.report)) return ratio_;
  return std::clamp(static_cast<double>(edge.report.targets), 1.0, max_ratio);
}

std::uint32_t ServerPool::pendingBefore(const Edge& edge, TimePoint time) const {
  std::uint32_t sum = 0;
  for (const Edge::Bucket& bucket : edge.pending) {
    if (bucket.time >= time) break;
    sum += bucket.count;
  }
  return sum;
}

void ServerPool::redirected(std::size_t index, TimePoint now) {
  Edge& edge = edges_[index];
  const TimePoint bucket = now - now.time_since_epoch() % bucket_width_;
  if (edge.pending.empty() || edge.pending.back().time < bucket)
    edge.pending.push_back({bucket, 1});
  else
    ++edge.pending.back().count;
  ++edge.pending_sum;
  ++edge.redirects_since_report;
  ++edge.redirects;
}

EdgeStatus ServerPool::status(const Edge& edge, TimePoint now) const {
  if (edge.report.state == EdgeState::stopping) return EdgeStatus::stopped;
  if (now - edge.received > options_.message_timeout) return EdgeStatus::silent;
  if (edge.paused_here || edge.report.state == EdgeState::paused) return EdgeStatus::paused;
  if (!edge.report.healthy) return EdgeStatus::unhealthy;
  return EdgeStatus::running;
}

void ServerPool::expire(TimePoint now) {
  if (now < next_sweep_) return;
  next_sweep_ = now + options_.forget_after;
  const std::size_t removed = std::erase_if(edges_, [&](const Edge& edge) {
    if (edge.paused_here) return false;
    if (now - edge.received > options_.forget_after) return true;
    next_sweep_ = std::min(next_sweep_, edge.received + options_.forget_after);
    return false;
  });
  if (removed == 0) return;
  by_guid_.clear();
  for (std::size_t i = 0; i < edges_.size(); ++i) by_guid_.emplace(edges_[i].guid, i);
}

bool ServerPool::pause(const Guid& guid, bool paused) {
  const auto index = find(guid);
  if (!index) return paused ? expected_paused_.contains(guid) : expected_paused_.erase(guid) > 0;
  edges_[*index].paused_here = paused;
  // An edge that was silent while paused may have to be forgotten now.
  next_sweep_ = {};
  return true;
}

void ServerPool::expectPaused(const std::vector<Guid>& guids) {
  for (const Guid& guid : guids) {
    if (expected_paused_.size() >= options_.max_edges) return;
    if (!pause(guid, true)) expected_paused_.insert(guid);
  }
}

std::vector<Guid> ServerPool::paused() const {
  std::vector<Guid> guids(expected_paused_.begin(), expected_paused_.end());
  for (const Edge& edge : edges_)
    if (edge.paused_here) guids.push_back(edge.guid);
  return guids;
}

std::optional<std::size_t> ServerPool::find(const Guid& guid) const {
  const auto known = by_guid_.find(guid);
  if (known == by_guid_.end()) return {};
  return known->second;
}

}  // namespace multiconn::balance
