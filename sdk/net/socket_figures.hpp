#pragma once

#include <chrono>
#include <optional>

#include "net/transport.hpp"

namespace multiconn::net {

/// When a peer was last heard of, of what the kernel tells now and then. Only a peer that owes an answer can
/// be silent: a zero window is probed more and more seldom, and nothing comes between two probes.
class LastHeard {
 public:
  /// `silence`: since the last segment. `awaiting`: something that has to be acknowledged is on its way.
  TimePoint sampled(TimePoint now, Duration silence, bool awaiting);

 private:
  TimePoint heard_{};
};

/// What the kernel knows of a TCP connection: two system calls. To ask while probes are unanswered sends more
/// of them, five a second at most: one that is lost is repeated soon by whoever watches.
class SocketFigures {
 public:
  TransportFigures ask(int descriptor);

 private:
  void repeatProbes(int descriptor, const TransportFigures& figures, TimePoint now);

  LastHeard last_heard_;
  std::optional<TimePoint> probed_at_;  // or seen first
  int repeats_ = 0;
  int own_probes_ = 0;  // of the kernel, before it ends the connection
};

/// How many probes in a row the kernel may send unanswered, at least `own`, before it ends the connection:
/// with `repeats` that were asked for, and time for three round trips on top.
int probesAllowed(int own, int repeats, std::chrono::microseconds rtt);

/// How long a connection that is to be lost after `dead_after` is without traffic before it is probed.
std::chrono::seconds probeInterval(std::chrono::milliseconds dead_after);

/// Makes the kernel probe a connection without traffic. Whoever asks for its figures sees in them when a peer
/// has vanished; of itself the kernel ends it after about twice `dead_after` (5 s at least), with a time-out
/// for an error.
void keepAlive(int descriptor, std::chrono::milliseconds dead_after);

}  // namespace multiconn::net
