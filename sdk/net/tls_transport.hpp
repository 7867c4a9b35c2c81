#pragma once

#include <memory>
#include <optional>
#include <string>

#include "net/link.hpp"
#include "net/readiness.hpp"
#include "net/tcp_transport.hpp"
#include "net/tls_context.hpp"
#include "net/transport.hpp"

struct ssl_st;
struct bio_st;

namespace multiconn::net {

/// TLS over a connected socket, client or server by its context. OpenSSL reads and writes the socket itself;
/// Asio only tells when it is ready.
class TlsTransport final : public Transport {
 public:
  /// `host`: the name or numeric address a client asks for and verifies; a server passes none.
  TlsTransport(AsioScheduler& scheduler, Socket socket, std::shared_ptr<const TlsContext> context,
               std::string host);
  ~TlsTransport() override;

  /// Once, before anything else. `done` gets the failure, or nothing; it runs as a task of its own and may
  /// destroy this.
  void handshake(std::function<void(std::optional<LinkFailure>)> done);

  IoResult write(std::span<const rtmp::BytesView> slices) override;
  IoResult read(std::span<std::byte> buffer) override;
  void waitReadable(std::function<void()> ready) override;
  void waitWritable(std::function<void()> ready) override;
  void shutdownWrite() override;
  void close() override { socket_.close(); }
  TransportFigures figures() const override { return figures_.ask(socket_.descriptor()); }

 private:
  struct Free {
    void operator()(ssl_st* ssl) const;
  };
  struct SocketCalls;  // the BIO: OpenSSL's way to the socket
  enum class Want : std::uint8_t { nothing, readable, writable };

  bool verifyHost();
  void stepHandshake();
  LinkFailure handshakeFailure() const;
  LinkFailure certificateFailure(long verdict) const;
  rtmp::BytesView nextRecord(std::span<const rtmp::BytesView> slices, std::size_t skip) const;
  Want wanted(int returned) const;
  std::error_code ioError() const;
  void sendCloseNotify();

  AsioScheduler& scheduler_;
  Readiness socket_;
  SocketWriter writer_;
  mutable SocketFigures figures_;
  std::shared_ptr<const TlsContext> context_;
  std::string host_;
  bool host_verifiable_ = true;
  std::unique_ptr<ssl_st, Free> ssl_;
  std::function<void(std::optional<LinkFailure>)> handshake_done_;
  Timer handshake_start_;
  std::size_t record_size_ = 0;  // a record OpenSSL has not written whole; it has to be offered again
  Want write_wants_ = Want::writable;
  Want read_wants_ = Want::readable;
  bool socket_ended_ = false;
  int socket_error_ = 0;
};

}  // namespace multiconn::net
