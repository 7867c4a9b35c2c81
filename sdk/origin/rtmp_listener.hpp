#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <multiconn/origin.hpp>

namespace multiconn::net {
class AsioScheduler;
class Transport;
}  // namespace multiconn::net

namespace multiconn::origin {

/// Accepts peers at each of the server's addresses, with TLS when a certificate is given, and hands over
/// those that are ready to speak RTMP.
class RtmpListener {
 public:
  class Events {
   public:
    virtual ~Events() = default;
    /// Whether one more peer may come; asked when it has come, before its TLS handshake.
    virtual bool hasRoom(std::size_t handshaking) = 0;
    virtual void accepted(std::unique_ptr<net::Transport> transport, std::string address) = 0;
    virtual void refused(const std::string& address, const std::string& why) = 0;
  };

  /// Listens; start() begins to accept. Throws std::runtime_error with one sentence when it cannot.
  RtmpListener(net::AsioScheduler& scheduler, const OriginOptions& options, Events& events);
  ~RtmpListener();
  RtmpListener(const RtmpListener&) = delete;
  RtmpListener& operator=(const RtmpListener&) = delete;

  /// The first one's.
  std::uint16_t port() const;
  /// "127.0.0.1:1935", one for each.
  const std::vector<std::string>& addresses() const;
  void start();
  void stop();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace multiconn::origin
