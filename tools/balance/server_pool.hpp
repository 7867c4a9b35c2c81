#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <vector>

#include "balance/sealed_datagram.hpp"

namespace multiconn::balance {

/// One edge, as this balancer sees it. What every choice looks at comes first, so that thousands of edges
/// cost two or three cache lines each.
struct Edge {
  TimePoint received{};  ///< when the last report came
  /// Of the edge's capacity that one client takes: of its connections or of its bandwidth, whichever is more.
  double client_share = 1;
  std::uint32_t pending_sum = 0;             ///< of `pending`
  std::uint32_t redirects_since_report = 0;  ///< what the `concurrent-connects` policy adds
  std::uint8_t open_schemes = 0;             ///< schemeBit() of those with an address for every client
  bool paused_here = false;                  ///< by this balancer's administrator, whatever the agent says
  LoadReport report;                         ///< the last
  Guid guid;
  Boot boot;
  std::uint64_t seq = 0;
  std::uint64_t redirects = 0;  ///< in all
  std::uint64_t reports = 0;
  double connection_bits = 0;  ///< per second and connection, smoothed; 0: not known
  /// Redirects of our own that no report can have counted yet, oldest first.
  struct Bucket {
    TimePoint time;
    std::uint32_t count;
  };
  std::deque<Bucket> pending;
};

/// Of rtmp, rtmps and http; 0: no such scheme.
std::uint8_t schemeBit(std::string_view scheme);

enum class EdgeStatus : std::uint8_t { running, paused, stopped, unhealthy, silent };
/// RUNNING, PAUSED, STOPPED, UNKNOWN (unhealthy), MSGTIMEOUT: as ?serverInfoXML has it.
std::string_view nameOf(EdgeStatus status);

struct PoolOptions {
  milliseconds message_timeout{5000};
  milliseconds forget_after{60000};
  std::size_t max_edges = 16384;
};

/// Every edge that reports, and what this balancer has sent to each. Pure: `now` is passed in and never goes
/// back. Memory is bounded by max_edges.
class ServerPool {
 public:
  explicit ServerPool(PoolOptions options = {});

  /// Passed over: reports that are older than the last, and new edges above max_edges.
  void report(const OpenedReport& opened, TimePoint now);
  /// A client was sent there.
  void redirected(std::size_t edge, TimePoint now);
  /// Drops what has been silent for too long, save what is paused here: it has to be paused still when it
  /// comes back. Cheap to call often.
  void expire(TimePoint now);
  /// False: there is no such edge.
  bool pause(const Guid& guid, bool paused);
  /// Edges that were paused here before a restart: they are paused from their first report on. Passed over
  /// above max_edges.
  void expectPaused(const std::vector<Guid>& guids);
  /// Of expectPaused(), those that have not reported yet; none of them is in edges().
  const std::set<Guid>& expectedPaused() const { return expected_paused_; }
  /// Those paused here, and those that are to be when they come.
  std::vector<Guid> paused() const;

  /// By the order of their first report; an index holds until the next report() or expire().
  const std::vector<Edge>& edges() const { return edges_; }
  std::optional<std::size_t> find(const Guid& guid) const;
  EdgeStatus status(const Edge& edge, TimePoint now) const;
  /// RUNNING and heard of within message_timeout: may be sent clients.
  bool eligible(const Edge& edge, TimePoint now) const { return status(edge, now) == EdgeStatus::running; }

  /// Clients that reach an edge for each that this balancer sent there, 1 to 16: what other balancers do.
  double arrivalRatio() const { return ratio_; }
  /// The same for one edge: where accepts are not counted exactly, the number of balancers it reports to.
  double arrivalRatio(const Edge& edge) const;
  /// Clients on their way to an edge, sent by whomever.
  double onTheWay(const Edge& edge) const { return arrivalRatio(edge) * edge.pending_sum; }
  /// Those of this balancer's redirects pending that were given before `time`.
  std::uint32_t pendingBefore(const Edge& edge, TimePoint time) const;

 private:
  void update(Edge& edge, const OpenedReport& opened, TimePoint now);
  std::uint32_t land(Edge& edge, TimePoint now);
  void learn(double arrived, double landed, unsigned targets, TimePoint now);

  PoolOptions options_;
  milliseconds bucket_width_;
  std::vector<Edge> edges_;
  std::map<Guid, std::size_t> by_guid_;
  std::set<Guid> expected_paused_;   // not heard of yet
  double arrived_ = 0, landed_ = 0;  // decayed sums
  TimePoint decayed_{};
  double ratio_ = 1;
  TimePoint next_sweep_{};  // nothing can have to be forgotten before
};

}  // namespace multiconn::balance
