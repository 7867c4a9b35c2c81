#pragma once

#include <memory>
#include <string>
#include <vector>

#include "net/asio_scheduler.hpp"
#include "net/tls_context.hpp"
#include "rtmp/message.hpp"

namespace multiconn::net::test {

/// A server on 127.0.0.1 that accepts every connect and publish, over rtmp, or rtmps when it has a
/// certificate.
class RtmpAnswerer {
 public:
  explicit RtmpAnswerer(AsioScheduler& scheduler, std::shared_ptr<const TlsContext> tls = nullptr,
                        const std::string& address = "127.0.0.1");
  ~RtmpAnswerer();
  RtmpAnswerer(const RtmpAnswerer&) = delete;
  RtmpAnswerer& operator=(const RtmpAnswerer&) = delete;

  std::uint16_t port() const;
  /// Everything received, of all connections.
  const std::vector<rtmp::Message>& received() const;
  std::size_t opened() const;  ///< connections past their RTMP handshake
  std::size_t ended() const;   ///< connections that ended in good order
  std::vector<std::string> failures() const;
  void send(const rtmp::OutMessage& message);
  void closeAll();

 private:
  struct Impl;
  struct Client;
  std::unique_ptr<Impl> impl_;
};

}  // namespace multiconn::net::test
