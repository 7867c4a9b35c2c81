#pragma once

#include <cstdint>
#include <optional>

#include <multiconn/agent.hpp>

#include "balance/types.hpp"

namespace multiconn::agent {

/// The monitor's readings, made fit for a report: bits within balance::max_bits, a counter of accepts that
/// only grows, and what one connection needs on average.
class Figures {
 public:
  Figures(std::uint32_t capacity, std::uint64_t bandwidth_capacity);

  void read(const AgentLoad& load, balance::TimePoint now);

  /// The last reading; its capacity and cpu are always there.
  const AgentLoad& load() const { return load_; }
  std::uint32_t capacity() const { return *load_.capacity; }
  std::uint64_t bandwidthCapacity() const { return bandwidth_capacity_; }
  /// Outgoing bits per second of one connection: EWMA of the bits over EWMA of the connections, both with a
  /// time constant of 10 s.
  std::uint64_t connectionBits() const;
  /// Of connections or of bandwidth, whichever is fuller; more when the processors are above 85 %.
  double share() const;

 private:
  void count(std::uint64_t accepts);

  std::uint32_t capacity_;
  std::uint64_t bandwidth_capacity_;
  AgentLoad load_;
  std::uint64_t last_accepts_ = 0, accepts_ = 0;
  std::optional<balance::TimePoint> read_;
  double bits_ = 0, connections_ = 0;
};

}  // namespace multiconn::agent
