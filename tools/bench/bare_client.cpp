#include "bare_client.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <stdexcept>
#include <utility>

#include "frame_log.hpp"
#include "sockets.hpp"

namespace multiconn::bench {

using namespace rtmp;

namespace {

ConnectRequest connectRequest(std::uint16_t port, const std::string& app) {
  ConnectRequest request;
  request.app = app;
  request.tc_url = "rtmp://127.0.0.1:" + std::to_string(port) + "/" + app;
  request.encoder = false;
  return request;
}

}  // namespace

BareClient::BareClient(std::uint16_t port, const std::string& app)
    : socket_(connectToLoopback(port)),
      session_(connectRequest(port, app), limits_),
      connection_(std::make_unique<Connection>(Handshake::Role::client, limits_,
                                               std::array<HandshakePacket, 2>{}, 0)) {
  flush();
}

BareClient::~BareClient() {
  ::close(socket_);
}

bool BareClient::readable() {
  static std::array<std::byte, 1 << 18> buffer;
  const ssize_t count = recv(socket_, buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (count < 0) return errno == EAGAIN;
  if (count == 0) return false;
  const std::int64_t now = nowMicroseconds();
  messages_.clear();
  const BytesView bytes(buffer.data(), static_cast<std::size_t>(count));
  if (const Error error = connection_->receive(bytes, TimePoint(), messages_); error != Error::none)
    throw std::runtime_error("the server sent what cannot be read: " + make_error_code(error).message());
  flush();
  if (connection_->open() && !std::exchange(connecting_, true)) react(session_.connect());
  for (const Message& message : messages_)
    if (!take(message, now)) react(session_.handle(message));
  return true;
}

void BareClient::react(const ClientReaction& reaction) {
  for (const OutMessage& message : reaction.send) send(message);
  for (const ClientEvent& event : reaction.events) told(event);
}

void BareClient::send(const OutMessage& message) {
  connection_->compose(message, composed_);
  Bytes bytes;
  for (const BytesView slice : composed_.slices()) bytes.insert(bytes.end(), slice.begin(), slice.end());
  sendAll(socket_, bytes);
}

void BareClient::flush() {
  sendAll(socket_, connection_->pendingOutput());
  connection_->pendingOutput().clear();
}

}  // namespace multiconn::bench
