#pragma once

#include <optional>
#include <string>
#include <vector>

#include "balance/dispatcher.hpp"
#include "world_clock.hpp"

namespace multiconn::bench {

/// A simulated multiconn-balancer: everything that it has between its sockets.
class WorldBalancer {
 public:
  WorldBalancer(std::string policy, balance::SharedKey key, SimTime now, std::uint64_t seed);

  /// False: the datagram was refused.
  bool receive(rtmp::BytesView datagram, SimTime now);
  /// The edge that a client is sent to.
  std::optional<balance::Guid> ask(SimTime now);
  /// As the state file is written.
  void saveState(SimTime now);
  /// A new process: all it knows is the state file.
  void restart(SimTime now, std::uint64_t seed);

  const balance::Dispatcher& dispatcher() const { return *dispatcher_; }

 private:
  std::string policy_;
  balance::SharedKey key_;
  std::optional<balance::Opener> opener_;
  std::optional<balance::Dispatcher> dispatcher_;
  balance::Question question_;
  std::vector<balance::SenderMark> saved_marks_;
  std::optional<balance::WallTime> saved_at_;
};

}  // namespace multiconn::bench
