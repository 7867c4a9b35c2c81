#pragma once

#include <chrono>

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

/// What the kernel knows of a TCP connection: two system calls.
class SocketFigures {
 public:
  TransportFigures ask(int descriptor);

 private:
  LastHeard last_heard_;
};

/// Makes the kernel probe a connection without traffic, so that a peer that has vanished ends it after about
/// twice `dead_after` (5 s at least), with a time-out for an error.
void keepAlive(int descriptor, std::chrono::milliseconds dead_after);

}  // namespace multiconn::net
