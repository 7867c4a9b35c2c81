#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "balance/network.hpp"
#include "balance/policy.hpp"

namespace multiconn::balance {

/// What a client asks for.
struct Question {
  std::size_t count = 1;        ///< distinct edges, best first; 1 to max_count
  std::string scheme = "rtmp";  ///< rtmp, rtmps or http: edges without an address for it are left out
  std::string client_address;   ///< numeric; for addresses that are for one network only
  bool counts = true;           ///< false: nobody is going there because of the answer
};
constexpr std::size_t max_count = 16;

/// One edge that was chosen.
struct Chosen {
  std::size_t edge;  ///< into pool().edges(), until the next report
  Guid guid;
  RedirectAddress address;
  double load = 0;  ///< of connections, those on their way included, 0 to 1 and more
};

enum class NoEdge : std::uint8_t { none, starting, no_edges, all_full };

struct Answer {
  std::vector<Chosen> chosen;  ///< fewer than asked for when there are not more
  NoEdge reason = NoEdge::none;
  milliseconds retry_after{};  ///< with `starting`
};

struct DispatcherOptions {
  PoolOptions pool;
  std::string policy = "least-loaded";
  /// For this long after the start nobody is sent anywhere, since not every edge can have reported ...
  milliseconds hold{2700};
  /// ... or until this many have; 0: always the whole time.
  std::size_t hold_until_edges = 0;
};

/// Pool, policy and the hold at the start: reports in, answers out.
class Dispatcher {
 public:
  /// Throws std::invalid_argument with one sentence when there is no such policy.
  Dispatcher(DispatcherOptions options, TimePoint now, std::uint64_t seed);

  void report(const OpenedReport& opened, TimePoint now) { pool_.report(opened, now); }
  /// Counts the redirects it gives, if the question does.
  Answer answer(const Question& question, TimePoint now);
  bool pause(const Guid& guid, bool paused) { return pool_.pause(guid, paused); }
  void expectPaused(const std::vector<Guid>& guids) { pool_.expectPaused(guids); }
  void expire(TimePoint now) { pool_.expire(now); }
  /// Whether nobody is sent anywhere yet.
  bool starting(TimePoint now) const;
  const ServerPool& pool() const { return pool_; }
  const Policy& policy() const { return *policy_; }

 private:
  void collectCandidates(const Question& question, const std::optional<IpAddress>& client, TimePoint now);
  Chosen take(std::size_t edge, const Question& question, const std::optional<IpAddress>& client,
              TimePoint now);

  DispatcherOptions options_;
  ServerPool pool_;
  std::unique_ptr<Policy> policy_;
  Random random_;
  TimePoint started_;
  bool holding_ = true;
  std::vector<std::size_t> candidates_;  // kept, so that a question allocates nothing for them
};

}  // namespace multiconn::balance
