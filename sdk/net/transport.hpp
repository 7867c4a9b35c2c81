#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <system_error>

#include "net/scheduler.hpp"
#include "rtmp/bytes.hpp"

namespace multiconn::net {

struct IoResult {
  std::size_t bytes = 0;
  bool would_block = false;  ///< fewer bytes than asked: wait for readiness
  bool ended = false;        ///< read: the peer finished in good order
  std::error_code error{};
};

/// What is known of a connection at one moment.
struct TransportFigures {
  std::size_t unacknowledged = 0;  ///< bytes in the kernel's send queue that the peer has not acknowledged
  std::optional<std::chrono::microseconds> rtt{};
  std::optional<TimePoint> last_heard{};  ///< see LinkStats, as for the next three
  unsigned probes = 0;
  std::optional<std::uint64_t> delivery_rate{};
  bool delivery_limited_by_us = false;
};

/// A connected, non-blocking byte stream, plain or TLS; one strand. The message pump is written over it once,
/// for the client's links and the server's connections. Handlers run as tasks of their own, and not after
/// close().
class Transport {
 public:
  virtual ~Transport() = default;
  /// Writes from the front of the slices as much as the socket takes. After would_block with TLS the same
  /// bytes have to be offered again, as the pump does anyhow.
  virtual IoResult write(std::span<const rtmp::BytesView> slices) = 0;
  virtual IoResult read(std::span<std::byte> buffer) = 0;
  /// One wait of each kind at a time.
  virtual void waitReadable(std::function<void()> ready) = 0;
  virtual void waitWritable(std::function<void()> ready) = 0;
  /// No more writes: the peer sees the end of the stream.
  virtual void shutdownWrite() = 0;
  virtual void close() = 0;
  /// All at once, since asking the kernel costs. Nothing is known after close().
  virtual TransportFigures figures() const = 0;
};

}  // namespace multiconn::net
