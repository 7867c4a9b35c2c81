#pragma once

#include <cstddef>

namespace multiconn::bench {

struct BalanceCostOptions {
  std::size_t edges = 5000;
  std::size_t rounds = 20;  ///< of reports by every edge
  bool json = false;
};

/// Processor time and memory that a balancer's core takes for so many edges: opening, decoding and noting a
/// report, the first of a sender and later ones, and choosing an edge for a client.
int runBalanceCost(const BalanceCostOptions& options);

}  // namespace multiconn::bench
