#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "net/link.hpp"
#include "net/scheduler.hpp"
#include "net/transport.hpp"
#include "rtmp/connection.hpp"

namespace multiconn::net {

/// What a pump tells; from tasks on the scheduler, never inside a call of the pump's owner.
class PumpEvents {
 public:
  virtual ~PumpEvents() = default;
  virtual void opened() = 0;  ///< the RTMP handshake is done
  virtual void message(rtmp::Message message) = 0;
  virtual void writable() = 0;
  virtual void closed(LinkFailure failure) = 0;  ///< exactly once, last of all
};

/// Moves messages between a Transport and an rtmp::Connection: the sockets' half of every RTMP connection,
/// client or server. Destroying it closes, without an event.
class MessagePump {
 public:
  MessagePump(Scheduler& scheduler, std::unique_ptr<Transport> transport, rtmp::Handshake::Role role,
              const rtmp::Limits& limits, PumpEvents& events);
  ~MessagePump();
  MessagePump(const MessagePump&) = delete;
  MessagePump& operator=(const MessagePump&) = delete;

  /// Starts reading and the handshake. A client's C2 goes out in a write of its own: some servers stall when
  /// commands share it.
  void start();
  /// See Link.
  void cork();
  void uncork();
  /// False: what was taken before is not written yet; wait for writable().
  bool trySend(const rtmp::OutMessage& message);
  /// Control messages to the peer, ahead of the next message.
  rtmp::Connection& connection();
  void flush();
  void close(CloseMode mode);
  LinkStats stats() const;
  std::uint64_t taken() const;  ///< see Link

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace multiconn::net
