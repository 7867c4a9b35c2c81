#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <system_error>

#include "net/transport_figures.hpp"
#include "rtmp/bytes.hpp"

namespace multiconn::net {

struct IoResult {
  std::size_t bytes = 0;
  bool would_block = false;  ///< fewer bytes than asked: wait for readiness
  bool ended = false;        ///< read: the peer finished in good order
  std::error_code error{};
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
