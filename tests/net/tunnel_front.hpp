#pragma once

#include <cstdint>
#include <memory>

namespace multiconn::net::test {

/// The HTTP half of an RTMPT server on 127.0.0.1, on threads of its own: what comes through a session goes to
/// an RTMP server on `backend`, and back. Refuses requests that are out of order.
class TunnelFront {
 public:
  explicit TunnelFront(std::uint16_t backend);
  ~TunnelFront();
  TunnelFront(const TunnelFront&) = delete;
  TunnelFront& operator=(const TunnelFront&) = delete;

  std::uint16_t port() const;
  /// Sessions that were closed by request.
  int closed() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace multiconn::net::test
