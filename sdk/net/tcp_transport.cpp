#include "net/tcp_transport.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace multiconn::net {
namespace {

IoResult sendSlices(int descriptor, std::span<const rtmp::BytesView> slices);
void keepUnsent(int descriptor, std::size_t bytes);

// A 1.5 MB key frame in chunks of 60000 has 50 slices; IOV_MAX is 1024.
constexpr std::size_t max_slices = 256;

std::error_code lastError() {
  return {errno, std::system_category()};
}
bool wouldBlock() {
  return errno == EAGAIN || errno == EWOULDBLOCK;
}

}  // namespace

TcpTransport::TcpTransport(AsioScheduler& scheduler, Socket socket)
    : socket_(scheduler, std::move(socket)), writer_(socket_.descriptor()) {}

IoResult TcpTransport::write(std::span<const rtmp::BytesView> slices) {
  return writer_.write(socket_.descriptor(), slices);
}

IoResult TcpTransport::read(std::span<std::byte> buffer) {
  return receiveBytes(socket_.descriptor(), buffer);
}

void TcpTransport::shutdownWrite() {
  ::shutdown(socket_.descriptor(), SHUT_WR);
}

SocketWriter::SocketWriter(int descriptor) {
  const int on = 1;
  ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  keepUnsent(descriptor, backlog_.size());
}

IoResult SocketWriter::write(int descriptor, std::span<const rtmp::BytesView> slices) {
  const IoResult result = sendSlices(descriptor, slices);
  // The clock is read only for a full socket.
  const TimePoint now = result.would_block ? std::chrono::steady_clock::now() : TimePoint{};
  if (const auto size = backlog_.wrote(result.bytes, result.would_block, now)) keepUnsent(descriptor, *size);
  return result;
}

IoResult receiveBytes(int descriptor, std::span<std::byte> buffer) {
  while (true) {
    const ssize_t received = ::recv(descriptor, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (received == 0) return {.ended = true};
    if (received > 0) {
      const auto bytes = static_cast<std::size_t>(received);
      return {.bytes = bytes, .would_block = bytes < buffer.size()};
    }
    if (wouldBlock()) return {.would_block = true};
    if (errno != EINTR) return {.error = lastError()};
  }
}

namespace {

IoResult sendSlices(int descriptor, std::span<const rtmp::BytesView> slices) {
  std::array<iovec, max_slices> vectors;
  const std::size_t count = std::min(slices.size(), vectors.size());
  std::size_t wanted = 0;
  for (std::size_t i = 0; i < count; ++i) {
    // sendmsg(2) does not write through it; iovec serves readv(2) too and has no const form.
    vectors[i] = {const_cast<std::byte*>(slices[i].data()), slices[i].size()};
    wanted += slices[i].size();
  }
  msghdr message{};
  message.msg_iov = vectors.data();
  message.msg_iovlen = count;
  while (true) {
    const ssize_t sent = ::sendmsg(descriptor, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0)
      return {.bytes = static_cast<std::size_t>(sent),
              .would_block = static_cast<std::size_t>(sent) < wanted};
    if (wouldBlock()) return {.would_block = true};
    if (errno != EINTR) return {.error = lastError()};
  }
}

void keepUnsent(int descriptor, std::size_t bytes) {
  const int value = static_cast<int>(bytes);
  ::setsockopt(descriptor, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &value, sizeof value);
}

}  // namespace

}  // namespace multiconn::net
