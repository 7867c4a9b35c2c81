#pragma once

#include <cstdint>
#include <deque>

#include "balance/server_pool.hpp"

namespace multiconn::balancer {

/// The last minutes, for the status page: one sample every two seconds, and not more than max_samples.
class History {
 public:
  static constexpr std::chrono::seconds interval{2};
  static constexpr std::size_t max_samples = 300;

  struct Sample {
    balance::TimePoint time;
    double mean_load = 0, max_load = 0, min_load = 0;  ///< of the edges that take clients, by connections
    std::uint32_t edges = 0;                           ///< that take clients
    double redirects_per_second = 0;
  };

  /// As often as one likes. `redirects`: in all since the start.
  void note(const balance::ServerPool& pool, std::uint64_t redirects, balance::TimePoint now);
  const std::deque<Sample>& samples() const { return samples_; }

 private:
  std::deque<Sample> samples_;
  std::uint64_t redirects_ = 0;
};

}  // namespace multiconn::balancer
