#include "balance_cost.hpp"

#include <malloc.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cstdio>
#include <ctime>
#include <iostream>
#include <stdexcept>

#include "world_balancer.hpp"
#include "world_edge.hpp"

namespace multiconn::bench {
namespace {

constexpr std::size_t most_choices = 20'000;
constexpr double interval_seconds = 2.5;

double processorSeconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

double heapBytes() {
  const struct mallinfo2 info = mallinfo2();
  return static_cast<double>(info.uordblks + info.hblkhd);
}

struct Cost {
  double first_report_us = 0, report_us = 0, choice_us = 0, edge_bytes = 0, datagram_bytes = 0;
};

class Cluster {
 public:
  explicit Cluster(std::size_t count) {
    const WorldEdge::Setup setup{8000, 0, true, 4};
    for (std::size_t i = 0; i < count; ++i)
      edges_.emplace_back(setup, key_, static_cast<std::uint32_t>(i), atSecond(0), random_);
  }

  /// One datagram of each edge.
  std::vector<rtmp::Bytes> datagrams(SimTime now) {
    std::vector<rtmp::Bytes> all;
    for (WorldEdge& edge : edges_) {
      for (int i = 0; i < 10; ++i) edge.accept(1'000'000, now);
      all.push_back(edge.seal(edge.report(now)));
    }
    return all;
  }
  const balance::SharedKey& key() const { return key_; }

 private:
  balance::SharedKey key_{"a key of the simulated cluster"};
  balance::Random random_{1};
  std::vector<WorldEdge> edges_;
};

// Microseconds per report.
double receive(WorldBalancer& balancer, const std::vector<rtmp::Bytes>& datagrams, SimTime now) {
  const double begin = processorSeconds();
  std::size_t taken = 0;
  for (const rtmp::Bytes& datagram : datagrams) taken += balancer.receive(datagram, now) ? 1U : 0U;
  const double spent = processorSeconds() - begin;
  if (taken != datagrams.size()) throw std::runtime_error("a report was refused");
  return spent * 1e6 / static_cast<double>(datagrams.size());
}

// Microseconds per client; they come within 0.2 s, and fill no edge.
double choose(WorldBalancer& balancer, std::size_t edges, SimTime now) {
  const std::size_t choices = std::min(most_choices, 100 * edges);
  const auto step = std::chrono::nanoseconds(200'000'000) / choices;
  const double begin = processorSeconds();
  for (std::size_t i = 0; i < choices; ++i)
    if (!balancer.ask(now + i * step)) throw std::runtime_error("no edge was chosen");
  return (processorSeconds() - begin) * 1e6 / static_cast<double>(choices);
}

Cost measure(const BalanceCostOptions& options) {
  Cluster cluster(options.edges);
  WorldBalancer balancer("least-loaded", cluster.key(), atSecond(0), 1);
  Cost cost;
  const auto first = cluster.datagrams(atSecond(0.5));
  cost.datagram_bytes = static_cast<double>(first.front().size());
  const double before = heapBytes();
  cost.first_report_us = receive(balancer, first, atSecond(0.5));
  cost.edge_bytes = (heapBytes() - before) / static_cast<double>(options.edges);
  for (std::size_t round = 1; round <= options.rounds; ++round) {
    const SimTime now = atSecond(0.5 + interval_seconds * static_cast<double>(round));
    cost.report_us += receive(balancer, cluster.datagrams(now), now) / static_cast<double>(options.rounds);
  }
  cost.choice_us =
      choose(balancer, options.edges, atSecond(1 + interval_seconds * static_cast<double>(options.rounds)));
  return cost;
}

}  // namespace

int runBalanceCost(const BalanceCostOptions& options) {
  const Cost cost = measure(options);
  const double share = cost.report_us * 1e-6 * static_cast<double>(options.edges) / interval_seconds;
  if (options.json)
    std::cout << boost::json::object{{"edges", options.edges},
                                     {"datagram_bytes", static_cast<std::uint64_t>(cost.datagram_bytes)},
                                     {"first_report_us", cost.first_report_us},
                                     {"report_us", cost.report_us},
                                     {"all_reports_ms",
                                      cost.report_us * static_cast<double>(options.edges) / 1e3},
                                     {"processor_share", share},
                                     {"choice_us", cost.choice_us},
                                     {"bytes_per_edge", static_cast<std::uint64_t>(cost.edge_bytes)}}
              << std::endl;
  else
    std::printf(
        "%zu edges, datagrams of %.0f bytes\n"
        "report (open, decode, note)    %7.2f us; the first of a sender %.2f us\n"
        "all edges report at once       %7.1f ms of one processor\n"
        "all report each %.1f s          %7.2f %% of one processor\n"
        "choice of an edge              %7.2f us\n"
        "memory per edge                %7.0f bytes\n",
        options.edges, cost.datagram_bytes, cost.report_us, cost.first_report_us,
        cost.report_us * static_cast<double>(options.edges) / 1e3, interval_seconds, 100 * share,
        cost.choice_us, cost.edge_bytes);
  return 0;
}

}  // namespace multiconn::bench
