#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace multiconn::bench {

/// What happens to the world in the middle of the rush, at 35 s.
enum class Incident : std::uint8_t {
  none,
  cold_edge_joins,  ///< one more edge of 8,000 slots, without a client
  busiest_edge_dies,
  first_balancer_restarts,
};

struct WorldOptions {
  std::uint64_t seed = 1;
  /// One for each balancer: its share of the clients' requests, relative to the others'.
  std::vector<double> balancer_shares{1, 1, 1, 1};
  std::string policy = "least-loaded";
  bool early_reports = true;
  double report_loss = 0.02;
  /// Every edge starts with a share of its slots in use that is drawn from this range.
  double start_load_from = 0.25, start_load_to = 0.25;
  Incident incident = Incident::none;
  /// Clients of 1 and of 6 Mbit/s, as likely. Edges then have slots to spare, and a bandwidth that is 0.7,
  /// 0.85, 1, 1.15 and 1.3 times 3.5 Mbit/s for each of the usual slots, in turn; load means bandwidth.
  bool mixed_bitrates = false;
};

/// Loads are shares of the capacity; "relative" ones are divided by that of all live edges together.
struct WorldResult {
  double peak = 0;                   ///< largest relative load of any live edge from 30 s to 45 s
  double peak_after_rush = 0;        ///< the same from 41 s, when those on their way have arrived
  double fill = 0;                   ///< load of all at the end
  std::uint64_t clients = 0;         ///< that came in the rush
  std::uint64_t refused = 0;         ///< of all clients, those sent to an edge that had no slot left
  std::uint64_t asked_again = 0;     ///< answers without an edge
  std::uint64_t lost_with_edge = 0;  ///< redirects to the edge that died, after it had
  double cold_seconds = 0;           ///< until the cold edge had a relative load of 0.9; 99: it never had
  double cold_peak = 0;              ///< its largest relative load
  std::uint64_t reports = 0;         ///< that balancers opened and believed
  std::uint64_t redirect_hash = 0;   ///< FNV-1a of every answer's edge, in order
};

/// 45 s in the life of 20 edges (4,000, 8,000, 8,000 and 12,000 slots in turn), their agents and balancers.
/// Sessions of exponential length (mean 20 min) hold the base load level until 100,000 clients come within
/// 10 s from t = 30 s. Policies, pool, reports, seals and the agents' schedule are the real ones; clock,
/// network and clients are not. Equal options give an equal result.
WorldResult simulate(const WorldOptions& options);

}  // namespace multiconn::bench
