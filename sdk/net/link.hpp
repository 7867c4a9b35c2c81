#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include <multiconn/destination.hpp>

#include "net/scheduler.hpp"
#include "net/transport_figures.hpp"
#include "rtmp/message.hpp"
#include "rtmp/url.hpp"

namespace multiconn::net {

/// Why a link ended.
struct LinkFailure {
  std::error_code code;  ///< empty: closed as asked, or by the peer in good order
  std::string text;      ///< one sentence, free of secrets
  /// Trying again cannot help: the certificate is wrong, the scheme has no engine.
  bool final = false;
  /// No address answered TCP's connect within LinkTarget::connect_patience. One that is far may need longer.
  bool mute = false;
};

struct LinkStats : TransportFigures {
  std::uint64_t bytes_sent = 0;  ///< handed to the kernel (or TLS), chunk headers included
  std::uint64_t bytes_received = 0;
  std::size_t unsent = 0;  ///< taken, not yet handed to the kernel
  std::optional<TimePoint> last_read{};

  /// Of bytes_sent. The kernel may count more than was given to it: the end of a stream, TLS's own.
  std::uint64_t acknowledged() const {
    return unacknowledged < bytes_sent ? bytes_sent - unacknowledged : std::uint64_t{0};
  }
};

/// What a Link tells. Always from a task of its own on the scheduler, never inside a call of the Link's
/// owner.
class LinkEvents {
 public:
  virtual ~LinkEvents() = default;
  /// The handshake is done and the opening messages are on their way. trySend() may be called.
  virtual void opened() = 0;
  virtual void message(rtmp::Message message) = 0;
  /// trySend() may be called again after it returned false.
  virtual void writable() = 0;
  /// Exactly once, last of all; also after close().
  virtual void closed(LinkFailure failure) = 0;
};

enum class CloseMode : std::uint8_t {
  graceful,  ///< what trySend() took is written, then the connection ends in good order; 200 ms at most
  abort,     ///< at once
};

/// An ordered pipe of RTMP messages to one server, from name look-up to the last byte. All calls and events
/// are on the strand of one Scheduler. Destroying it aborts, without an event.
class Link {
 public:
  virtual ~Link() = default;
  /// Starts connecting. `opening` (connect, and what may be pipelined behind it) is written after the
  /// handshake, in one write. Called once. `events` has to outlive the Link.
  virtual void open(std::vector<rtmp::OutMessage> opening, LinkEvents& events) = 0;
  /// False: full, wait for writable(). True: taken, and as much of it written as the socket took. A Link
  /// holds one message in flight at most, or what was corked; queues are elsewhere.
  virtual bool trySend(const rtmp::OutMessage& message) = 0;
  /// What is sent until uncork(), in the same task, goes out in few writes: each of about 64 KiB or a
  /// hundred messages.
  virtual void cork() {}
  virtual void uncork() {}
  /// Costs a system call or two. Keeps its last values when the link has ended.
  virtual LinkStats stats() const = 0;
  /// stats()' bytes_sent and unsent together, without a system call.
  virtual std::uint64_t taken() const {
    const LinkStats figures = stats();
    return figures.bytes_sent + figures.unsent;
  }
  virtual void close(CloseMode mode) = 0;
};

/// What an engine needs to reach one server.
struct LinkTarget {
  rtmp::Url url;
  TlsOptions tls;
  LinkEngine engine = LinkEngine::automatic;
  /// A connection without traffic is probed, see LinkStats::probes. Zero: it is not.
  std::chrono::milliseconds dead_after{0};
  /// A TCP connect that nobody answers ends so long after the last of the addresses was tried. Zero: when the
  /// kernel gives up.
  std::chrono::milliseconds connect_patience{0};
};

}  // namespace multiconn::net
