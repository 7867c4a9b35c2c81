#pragma once

#include <chrono>

#include "net/socket.hpp"

namespace multiconn::tools {

/// Owns any descriptor, as net::Socket does for sockets.
using Descriptor = net::Socket;
using Deadline = std::chrono::steady_clock::time_point;

/// Ends waits of another thread, now and from now on.
class Interrupt {
 public:
  Interrupt();
  void raise();
  bool raised() const;
  int descriptor() const { return event_.descriptor(); }

 private:
  Descriptor event_;
};

enum class Waited { ready, late, interrupted };
/// Until poll() has one of `events` (POLLIN, POLLOUT), an error or a hang-up for `descriptor`. Without a
/// descriptor (-1) only the deadline or the interrupt end it; `interrupt` may be null.
Waited waitFor(int descriptor, short events, Deadline deadline, const Interrupt* interrupt);

}  // namespace multiconn::tools
