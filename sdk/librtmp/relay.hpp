#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <system_error>

#include "net/scheduler.hpp"
#include "net/transport.hpp"

namespace multiconn::librtmp {

/// What a Relay tells, from tasks on the scheduler.
class RelayEvents {
 public:
  virtual ~RelayEvents() = default;
  /// Before anything else of the server's is passed on.
  virtual void firstByte(std::uint8_t byte) = 0;
  /// The server will say no more; what it said has been passed on. No code: in good order.
  virtual void serverEnded(std::error_code code) = 0;
};

/// Carries bytes between a server and the socket that librtmp takes for one, both ways, 64 KiB at a time. An
/// end of the one is an end of the other.
class Relay {
 public:
  Relay(net::Scheduler& scheduler, std::unique_ptr<net::Transport> server,
        std::unique_ptr<net::Transport> local, RelayEvents& events);
  /// Closes both sides, without an event.
  ~Relay();
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  /// From now on what librtmp writes goes nowhere, so that it does not block over it.
  void discardOutput();
  std::uint64_t bytesSent() const;
  std::uint64_t bytesReceived() const;
  /// Held here on the way to the server, or discarded.
  std::size_t unsent() const;
  std::optional<net::TimePoint> lastReceived() const;
  const net::Transport& server() const;

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace multiconn::librtmp
