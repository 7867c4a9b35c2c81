#include "balancer/edge_facts.hpp"

#include "balancer/answers.hpp"

namespace multiconn::balancer {

using balance::EdgeStatus;

std::string shownAddress(const balance::Edge& edge) {
  return edge.report.addresses.empty() ? "" : authorityOf(edge.report.addresses.front());
}

balance::milliseconds ageOf(const balance::Edge& edge, balance::TimePoint now) {
  return std::chrono::duration_cast<balance::milliseconds>(now - edge.received);
}

std::string whyOut(const balance::ServerPool& pool, const balance::Edge& edge, balance::TimePoint now) {
  switch (pool.status(edge, now)) {
    case EdgeStatus::running:
      return {};
    case EdgeStatus::paused:
      return edge.paused_here ? "paused at this balancer" : "paused by its agent";
    case EdgeStatus::stopped:
      return "stopped";
    case EdgeStatus::unhealthy:
      return "its RTMP server does not answer";
    case EdgeStatus::silent:
      break;
  }
  return "no report for " + std::to_string(ageOf(edge, now).count()) + " ms";
}

std::string_view wordOf(EdgeStatus status) {
  switch (status) {
    case EdgeStatus::running:
      return "running";
    case EdgeStatus::paused:
      return "paused";
    case EdgeStatus::stopped:
      return "stopped";
    case EdgeStatus::unhealthy:
      return "unhealthy";
    case EdgeStatus::silent:
      break;
  }
  return "silent";
}

}  // namespace multiconn::balancer
