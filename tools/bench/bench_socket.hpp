#pragma once

#include <sys/types.h>

#include <memory>
#include <string>

#include "rtmp/bytes.hpp"

struct ssl_st;
struct ssl_ctx_st;

namespace multiconn::bench {

/// OpenSSL's settings of one side; empty: no TLS.
class TlsSide {
 public:
  TlsSide() = default;
  /// Trusts what this PEM file holds, and nothing else; of "" a side without TLS. These throw
  /// std::runtime_error when a file is not readable.
  static TlsSide client(const std::string& ca_file);
  static TlsSide server(const std::string& certificate_file, const std::string& key_file);
  ssl_ctx_st* native() const { return context_.get(); }

 private:
  std::shared_ptr<ssl_ctx_st> context_;
};

/// A connected socket, plain or with TLS by OpenSSL's own calls and nothing between: the handshake is done by
/// the first read or write. Closes the socket.
class BenchSocket {
 public:
  BenchSocket(int socket, const TlsSide& tls, bool server);
  BenchSocket(BenchSocket&&) noexcept = default;
  ~BenchSocket();

  int descriptor() const { return *socket_; }
  bool secure() const { return tls_ != nullptr; }
  void neverBlock() const;
  /// As send(2) and recv(2): -1 with errno EAGAIN when it would block; with TLS a failure reads as the end.
  ssize_t write(rtmp::BytesView bytes) const;
  ssize_t read(std::byte* buffer, std::size_t size, int flags = 0) const;
  /// Waits until all is written or the peer is gone.
  void writeAll(rtmp::BytesView bytes) const;

 private:
  struct Close {
    void operator()(int* socket) const;
  };
  struct Free {
    void operator()(ssl_st* ssl) const;
  };
  ssize_t result(int returned) const;

  std::unique_ptr<int, Close> socket_;
  std::unique_ptr<ssl_st, Free> tls_;
};

}  // namespace multiconn::bench
