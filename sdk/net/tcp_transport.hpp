#pragma once

#include "net/readiness.hpp"
#include "net/socket_figures.hpp"
#include "net/transport.hpp"
#include "net/unsent_backlog.hpp"

namespace multiconn::net {

/// The writing half of a connection's socket, shared with TlsTransport: no delay for small messages, and a
/// backlog of unsent bytes in the kernel that is kept small, so that the queue is ours to drop from.
class SocketWriter {
 public:
  explicit SocketWriter(int descriptor);
  IoResult write(int descriptor, std::span<const rtmp::BytesView> slices);

 private:
  UnsentBacklog backlog_;
};

/// A connected stream socket, unencrypted.
class TcpTransport final : public Transport {
 public:
  TcpTransport(AsioScheduler& scheduler, Socket socket);

  IoResult write(std::span<const rtmp::BytesView> slices) override;
  IoResult read(std::span<std::byte> buffer) override;
  void waitReadable(std::function<void()> ready) override { socket_.waitReadable(std::move(ready)); }
  void waitWritable(std::function<void()> ready) override { socket_.waitWritable(std::move(ready)); }
  void shutdownWrite() override;
  void close() override { socket_.close(); }
  TransportFigures figures() const override { return figures_.ask(socket_.descriptor()); }

 private:
  Readiness socket_;
  SocketWriter writer_;
  mutable SocketFigures figures_;
};

/// The reading half.
IoResult receiveBytes(int descriptor, std::span<std::byte> buffer);

}  // namespace multiconn::net
