#include "object_client.hpp"

#include <stdexcept>
#include <utility>

namespace multiconn::bench {

using namespace rtmp;

namespace {

constexpr const char* object_name = "bench";

}  // namespace

ObjectClient::ObjectClient(std::size_t index, std::uint16_t port, Changed changed)
    : BareClient(port, "bench"), index_(index), changed_(std::move(changed)) {}

void ObjectClient::set(const std::string& slot, double value) {
  sendObject({.kind = SharedObjectEvent::Kind::request_change, .name = slot, .value = value});
}

bool ObjectClient::take(const Message& message, std::int64_t) {
  const auto* const object = std::get_if<SharedObjectMessage>(&message.body);
  if (object) handle(*object);
  return object != nullptr;
}

void ObjectClient::told(const ClientEvent& event) {
  if (std::holds_alternative<client_event::Connected>(event))
    sendObject({.kind = SharedObjectEvent::Kind::use});
  if (std::holds_alternative<client_event::ConnectFailed>(event))
    throw std::runtime_error("the server rejected a connection");
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

}  // namespace multiconn::bench
