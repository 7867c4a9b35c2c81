#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "balance/sealed_datagram.hpp"

namespace multiconn::balance {

/// One edge, as this balancer sees it.
struct Edge {
  Guid guid;
  Boot boot;
  std::uint64_t seq = 0;
  LoadReport report;            ///< the last
  TimePoint received{};         ///< when it came
  bool paused_here = false;     ///< by this balancer's administrator, whatever the agent says
  std::uint64_t redirects = 0;  ///< in all
  std::uint64_t reports = 0;
  /// Redirects of our own that no report can have counted yet, in buckets of 10 ms, and their sum.
  struct Bucket {
    TimePoint time;
    std::uint32_t count;
  };
  std::deque<Bucket> pending;
  std::uint32_t pending_sum = 0;
  std::uint32_t redirects_since_report = 0;  ///< what the `concurrent-connects` policy adds
  double connection_bits = 0;                ///< smoothed
};

enum class EdgeStatus : std::uint8_t { running, paused, stopped, unhealthy, silent };
/// RUNNING, PAUSED, STOPPED, UNKNOWN (unhealthy), MSGTIMEOUT: as ?serverInfoXML has it.
std::string_view nameOf(EdgeStatus status);

struct PoolOptions {
  milliseconds message_timeout{5000};
  milliseconds forget_after{60000};
  std::size_t max_edges = 16384;
};

/// Every edge that reports, and what this balancer has sent to each. Pure: `now` is passed in and never goes
/// back.
class ServerPool {
 public:
  explicit ServerPool(PoolOptions options = {});

  void report(const OpenedReport& opened, TimePoint now);
  /// A client was sent there.
  void redirected(std::size_t edge, TimePoint now);
  /// Drops what has been silent for too long. Cheap to call often.
  void expire(TimePoint now);
  /// False: there is no such edge.
  bool pause(const Guid& guid, bool paused);

  /// By the order of their first report; an index holds until the next report() or expire().
  const std::vector<Edge>& edges() const { return edges_; }
  std::optional<std::size_t> find(const Guid& guid) const;
  EdgeStatus status(const Edge& edge, TimePoint now) const;
  /// RUNNING and heard of within message_timeout: may be sent clients.
  bool eligible(const Edge& edge, TimePoint now) const { return status(edge, now) == EdgeStatus::running; }
  /// Clients that reach an edge for each that this balancer sent there: what other balancers do.
  double arrivalRatio() const { return ratio_; }

 private:
  PoolOptions options_;
  std::vector<Edge> edges_;
  std::map<Guid, std::size_t> by_guid_;
  double arrived_ = 0, landed_ = 0;  // decayed sums
  TimePoint decayed_{};
  double ratio_ = 1;
};

}  // namespace multiconn::balance
