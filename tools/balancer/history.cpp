#include "balancer/history.hpp"

#include <algorithm>

namespace multiconn::balancer {

void History::note(const balance::ServerPool& pool, std::uint64_t redirects, balance::TimePoint now) {
  if (!samples_.empty() && now - samples_.back().time < interval) return;
  Sample sample;
  sample.time = now;
  double connections = 0, capacity = 0;
  for (const balance::Edge& edge : pool.edges()) {
    if (!pool.eligible(edge, now)) continue;
    const double load = static_cast<double>(edge.report.connections) / edge.report.connection_capacity;
    sample.max_load = std::max(sample.max_load, load);
    sample.min_load = sample.edges == 0 ? load : std::min(sample.min_load, load);
    connections += edge.report.connections;
    capacity += edge.report.connection_capacity;
    ++sample.edges;
  }
  if (capacity > 0) sample.mean_load = connections / capacity;
  if (!samples_.empty()) {
    const std::chrono::duration<double> time = now - samples_.back().time;
    sample.redirects_per_second = static_cast<double>(redirects - redirects_) / time.count();
  }
  redirects_ = redirects;
  samples_.push_back(sample);
  if (samples_.size() > max_samples) samples_.pop_front();
}

}  // namespace multiconn::balancer
