#include "balance/least_loaded.hpp"

#include <algorithm>
#include <cstdio>
#include <limits>

namespace multiconn::balance {
namespace {

constexpr milliseconds suspicious_silence{1200};
/// Never a suspect for fewer clients than this and this share of its capacity.
constexpr double suspicious_clients = 30;
constexpr double suspicious_share = 0.015;
/// Of its own intervals, for an edge that does not report early: one report may be lost.
constexpr double suspicious_intervals = 1.5;
/// No edge may have more of its capacity on the way than this, or than a multiple of the average.
constexpr double pending_share = 0.05;
constexpr double pending_multiple = 5;
constexpr double cpu_limit = 0.85;
constexpr double cpu_weight = 4;

double capacity(const Edge& edge) {
  return edge.report.connection_capacity;
}

double pendingLimit(const ServerPool& pool, std::span<const std::size_t> candidates) {
  double on_the_way = 0, capacities = 0;
  for (const std::size_t index : candidates) {
    const Edge& edge = pool.edges()[index];
    on_the_way += pool.onTheWay(edge);
    capacities += capacity(edge);
  }
  return std::max(pending_share, pending_multiple * on_the_way / capacities);
}

bool reportsEarly(const LoadReport& report) {
  return report.early_reports && report.accepts && !report.accepts_estimated;
}

double loadWith(const Edge& edge, double on_the_way) {
  const double share = (edge.report.connections + on_the_way) * edge.client_share;
  const auto cpu = static_cast<double>(edge.report.cpu);
  return cpu > cpu_limit ? share + (cpu - cpu_limit) * cpu_weight : share;
}

/// What is best so far. Edges that a rule leaves out have a higher rank: they are chosen only when without
/// them nobody would have room.
struct Best {
  std::optional<std::size_t> index;
  int rank = std::numeric_limits<int>::max();
  double load = 0;

  void offer(std::size_t candidate, int candidate_rank, double candidate_load) {
    if (candidate_rank > rank || (candidate_rank == rank && candidate_load >= load)) return;
    index = candidate;
    rank = candidate_rank;
    load = candidate_load;
  }
};

}  // namespace

std::optional<std::size_t> LeastLoaded::choose(const ServerPool& pool,
                                               std::span<const std::size_t> candidates, TimePoint now,
                                               Random& random) {
  const double limit = pendingLimit(pool, candidates);
  const std::size_t start = static_cast<std::size_t>(random() % candidates.size());
  Best best;
  const auto consider = [&](std::size_t index) {
    const Edge& edge = pool.edges()[index];
    const double share = load(pool, edge);
    const bool suspicious = suspect(pool, edge, now);
    if (share >= 1) {
      // Who asks and never comes must not be able to close the cluster; who has come may.
      if (loadWith(edge, 0) < 1) best.offer(index, suspicious ? 5 : 4, share);
      return;
    }
    const bool crowded = pool.onTheWay(edge) > limit * capacity(edge);
    best.offer(index, (suspicious ? 2 : 0) + (crowded ? 1 : 0), share);
  };
  // From a random start, so that of equals each comes first as often.
  std::for_each(candidates.begin() + static_cast<std::ptrdiff_t>(start), candidates.end(), consider);
  std::for_each(candidates.begin(), candidates.begin() + static_cast<std::ptrdiff_t>(start), consider);
  return best.index;
}

double LeastLoaded::load(const ServerPool& pool, const Edge& edge) {
  return loadWith(edge, pool.onTheWay(edge));
}

bool LeastLoaded::suspect(const ServerPool& pool, const Edge& edge, TimePoint now) {
  const auto silence = now - edge.received;
  if (!reportsEarly(edge.report)) return silence > suspicious_intervals * edge.report.interval;
  if (silence <= suspicious_silence) return false;
  const double limit = suspicious_clients + suspicious_share * capacity(edge);
  if (pool.onTheWay(edge) <= limit) return false;
  return pool.arrivalRatio(edge) * pool.pendingBefore(edge, now - suspicious_silence) > limit;
}

std::string LeastLoaded::explain(const ServerPool& pool, const Edge& edge, TimePoint now) const {
  char text[160];
  const double share = load(pool, edge);
  std::snprintf(text, sizeof text, "load %.4f: %u of %u connections, %.0f on the way%s%s", share,
                edge.report.connections, edge.report.connection_capacity, pool.onTheWay(edge),
                share >= 1 ? ", full" : "", suspect(pool, edge, now) ? ", suspect" : "");
  return text;
}

}  // namespace multiconn::balance
