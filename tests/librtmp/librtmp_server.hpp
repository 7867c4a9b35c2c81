#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "rtmp/message.hpp"

namespace multiconn::librtmp::test {

/// A server on librtmp's own server half (RTMP_Serve), on 127.0.0.1 and a thread of its own: one client after
/// the other, plain or RTMPE, as the client asks. Accepts every connect and publish.
class LibrtmpServer {
 public:
  LibrtmpServer();
  ~LibrtmpServer();
  LibrtmpServer(const LibrtmpServer&) = delete;
  LibrtmpServer& operator=(const LibrtmpServer&) = delete;

  std::uint16_t port() const;
  /// What has been received, deciphered; without protocol control messages.
  std::vector<rtmp::RawMessage> received() const;
  /// Clients past their handshake, and those of them that speak RTMPE.
  int opened() const;
  int encrypted() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace multiconn::librtmp::test
