#pragma once

#include "net/readiness.hpp"
#include "net/transport.hpp"

namespace multiconn::net {

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
  std::size_t unacknowledged() const override;
  std::optional<std::chrono::microseconds> rtt() const override;

 private:
  Readiness socket_;
};

// The system calls of a connection's socket, shared with TlsTransport.

/// No delay for small messages, and a small backlog of unsent bytes in the kernel, so that the queue is ours
/// to drop from.
void tuneSocket(int descriptor);
/// send(2) and recv(2) that neither block nor raise SIGPIPE.
IoResult sendSlices(int descriptor, std::span<const rtmp::BytesView> slices);
IoResult receiveBytes(int descriptor, std::span<std::byte> buffer);
std::size_t unacknowledgedBytes(int descriptor);
std::optional<std::chrono::microseconds> roundTripTime(int descriptor);

}  // namespace multiconn::net
