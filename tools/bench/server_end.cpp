#include "server_end.hpp"

#include <linux/filter.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

#include "sockets.hpp"

namespace multiconn::bench {

using namespace rtmp;

ServerEnd::ServerEnd(int socket, Received received)
    : socket_(socket),
      received_(std::move(received)),
      session_(limits_),
      connection_(std::make_unique<Connection>(Handshake::Role::server, limits_,
                                               std::array<HandshakePacket, 2>{}, 0)) {}

ServerEnd::~ServerEnd() {
  ::close(socket_);
}

bool ServerEnd::readable(std::size_t most) {
  static std::array<std::byte, 1 << 18> buffer;
  const ssize_t count = recv(socket_, buffer.data(), std::min(most, buffer.size()), MSG_DONTWAIT);
  if (count < 0) return errno == EAGAIN;
  if (count == 0) return false;
  messages_.clear();
  const BytesView bytes(buffer.data(), static_cast<std::size_t>(count));
  if (connection_->receive(bytes, TimePoint{}, messages_) != Error::none) return false;
  flush();
  for (const Message& message : messages_) react(session_.handle(message));
  return true;
}

void ServerEnd::sendGarbage(std::size_t count) {
  // A chunk header of chunk stream 3 with no header before it, and so on: nothing that can be read.
  sendAll(socket_, Bytes(count, std::byte{0xC3}));
}

void ServerEnd::endByReset() {
  const linger at_once{1, 0};
  setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

void ServerEnd::swallow() const {
  swallowAllThatArrivesAt(socket_);
}

void ServerEnd::react(const ServerReaction& reaction) {
  for (const OutMessage& message : reaction.send) send(message);
  for (const ServerEvent& event : reaction.events) {
    if (std::holds_alternative<server_event::ConnectRequested>(event)) react(session_.acceptConnect());
    if (const auto* publish = std::get_if<server_event::PublishRequested>(&event)) {
      react(session_.acceptPublish(publish->stream_id));
      publishing_ = true;
      stream_ = publish->name;
    }
    if (const auto* media = std::get_if<server_event::MediaReceived>(&event)) received_(media->message);
  }
}

void ServerEnd::send(const OutMessage& message) {
  connection_->compose(message, composed_);
  for (const BytesView slice : composed_.slices()) sendAll(socket_, slice);
}

void ServerEnd::flush() {
  sendAll(socket_, connection_->pendingOutput());
  connection_->pendingOutput().clear();
}

void swallowAllThatArrivesAt(int socket) {
  // socket(7), SO_ATTACH_FILTER: a packet of which a filter keeps 0 bytes is dropped before TCP sees it.
  sock_filter keep_nothing{BPF_RET | BPF_K, 0, 0, 0};
  const sock_fprog program{1, &keep_nothing};
  if (setsockopt(socket, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) != 0)
    throw std::system_error(errno, std::system_category(), "SO_ATTACH_FILTER");
}

}  // namespace multiconn::bench
