#include "object_client.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <stdexcept>
#include <utility>

#include "sockets.hpp"

namespace multiconn::bench {

using namespace rtmp;

namespace {

constexpr const char* object_name = "bench";

ConnectRequest connectRequest(std::uint16_t port) {
  ConnectRequest request;
  request.app = "bench";
  request.tc_url = "rtmp://127.0.0.1:" + std::to_string(port) + "/bench";
  request.encoder = false;
  return request;
}

}  // namespace

ObjectClient::ObjectClient(std::size_t index, std::uint16_t port, Changed changed)
    : index_(index),
      changed_(std::move(changed)),
      socket_(connectToLoopback(port)),
      session_(connectRequest(port), limits_),
      connection_(std::make_unique<Connection>(Handshake::Role::client, limits_,
                                               std::array<HandshakePacket, 2>{}, 0)) {
  flush();
}

ObjectClient::~ObjectClient() {
  ::close(socket_);
}

void ObjectClient::readable() {
  static std::array<std::byte, 1 << 18> buffer;
  const ssize_t count = recv(socket_, buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (count < 0 && errno == EAGAIN) return;
  if (count <= 0) throw std::runtime_error("the server closed a connection");
  messages_.clear();
  const BytesView bytes(buffer.data(), static_cast<std::size_t>(count));
  if (const Error error = connection_->receive(bytes, TimePoint(), messages_); error != Error::none)
    throw std::runtime_error("the server sent what cannot be read: " + make_error_code(error).message());
  flush();
  if (connection_->open() && !std::exchange(connecting_, true)) react(session_.connect());
  for (const Message& message : messages_) {
    if (const auto* object = std::get_if<SharedObjectMessage>(&message.body))
      handle(*object);
    else
      react(session_.handle(message));
  }
}

void ObjectClient::set(const std::string& slot, double value) {
  sendObject({.kind = SharedObjectEvent::Kind::request_change, .name = slot, .value = value});
}

void ObjectClient::react(ClientReaction reaction) {
  for (const OutMessage& message : reaction.send) send(message);
  for (const ClientEvent& event : reaction.events) {
    if (std::holds_alternative<client_event::Connected>(event))
      sendObject({.kind = SharedObjectEvent::Kind::use});
    if (std::holds_alternative<client_event::ConnectFailed>(event))
      throw std::runtime_error("the server rejected a connection");
  }
}

void ObjectClient::handle(const SharedObjectMessage& message) {
  for (const SharedObjectEvent& event : message.events) {
    if (event.kind == SharedObjectEvent::Kind::use_success) joined_ = true;
    if (event.kind == SharedObjectEvent::Kind::status)
      throw std::runtime_error("the server refused the object: " + event.name);
    if (event.kind == SharedObjectEvent::Kind::change) changed_(index_, event);
  }
}

void ObjectClient::sendObject(SharedObjectEvent event) {
  SharedObjectMessage message;
  message.name = object_name;
  message.events.push_back(std::move(event));
  if (const auto encoded = encode({0, 0, std::move(message)})) send(*encoded);
}

void ObjectClient::send(const OutMessage& message) {
  connection_->compose(message, composed_);
  Bytes bytes;
  for (const BytesView slice : composed_.slices()) bytes.insert(bytes.end(), slice.begin(), slice.end());
  sendAll(socket_, bytes);
}

void ObjectClient::flush() {
  sendAll(socket_, connection_->pendingOutput());
  connection_->pendingOutput().clear();
}

}  // namespace multiconn::bench
