#include "origin/client_objects.hpp"

#include <utility>

#include "origin/client_record.hpp"
#include "origin/shared_object_encoding.hpp"
#include "origin/shared_object_store.hpp"
#include "origin/work.hpp"

namespace multiconn::origin {

using Event = rtmp::SharedObjectEvent;
using Kind = Event::Kind;

namespace {

constexpr std::string_view no_read = "SharedObject.NoReadAccess";
constexpr std::string_view no_write = "SharedObject.NoWriteAccess";
constexpr std::string_view not_created = "SharedObject.ObjectCreationFailed";

bool isWrite(Kind kind) {
  return kind == Kind::request_change || kind == Kind::request_remove || kind == Kind::send;
}

bool isSlotName(const std::string& name) {
  return !name.empty() && name.size() <= rtmp::Limits().max_name;
}

}  // namespace

// One refusal is enough for a message, behind what was done: the client gives up all that it has not seen
// confirmed by then. And one join: a small message that joins and leaves a large object a thousand times
// would hold up everybody else.
void ClientObjects::receive(const rtmp::SharedObjectMessage& message) {
  const Key key{message.name, message.persistent};
  bool refused = false, asked = false;
  for (const Event& event : message.events) {
    if (event.kind == Kind::use) {
      const bool again = std::exchange(asked, true);
      if (again && joined_.contains(key)) continue;
      const std::string_view code = again ? not_created : join(key);
      if (!code.empty()) tell(key, code);
    } else if (event.kind == Kind::release) {
      leave(key);
    } else if (isWrite(event.kind)) {
      const auto joined = joined_.find(key);
      const auto object = joined == joined_.end() ? nullptr : joined->second;
      refused = !(object && write(*object, event)) || refused;
    }
  }
  const auto joined = joined_.find(key);
  if (joined == joined_.end()) {
    if (refused) tell(key, no_write);
    return;
  }
  joined->second->commit();
  if (refused) joined->second->refuse(client_.id(), no_write);
}

void ClientObjects::leaveAll() {
  for (const auto& [key, object] : std::exchange(joined_, {})) object->leave(client_.id());
  store_.left(client_.id());
}

std::string_view ClientObjects::join(const Key& key) {
  auto joined = joined_.find(key);
  if (joined == joined_.end()) {
    if (joined_.size() >= quotas_.client_objects) return not_created;
    if (!rtmp::isSharedObjectName(key.first, rtmp::Limits())) return not_created;
    if (!access_.mayRead(key.first)) return no_read;
    const auto& record = client_.record();
    const CreationLedger::Maker maker{client_.id(), record ? record->host : std::string()};
    if (key.second) client_.spend(file_work);
    auto object = store_.open(key.first, key.second, &maker);
    if (!object) return not_created;
    joined = joined_.emplace(key, std::move(object)).first;
  }
  joined->second->join(client_);
  return {};
}

void ClientObjects::leave(const Key& key) {
  auto joined = joined_.extract(key);
  if (joined.empty()) return;
  joined.mapped()->commit();
  joined.mapped()->leave(client_.id());
}

bool ClientObjects::write(SharedObjectHost& object, const Event& event) {
  if (event.kind == Kind::send) {
    const bool has_handler = !event.values.empty() && event.values.front().string();
    return has_handler && access_.mayWrite(object.name(), {}) && object.send(event.values);
  }
  if (!isSlotName(event.name)) return false;
  if (!access_.mayWrite(object.name(), event.name)) {
    object.revert(client_.id(), event.name);
    return false;
  }
  if (event.kind == Kind::request_change) return object.set(client_, event.name, event.value);
  object.remove(client_, event.name);
  return true;
}

void ClientObjects::tell(const Key& key, std::string_view code) {
  Event event;
  event.kind = Kind::status;
  event.name = code;
  event.level = "error";
  rtmp::SharedObjectMessage message;
  message.name = key.first;
  message.persistent = key.second;
  message.amf3 = client_.amf3();
  message.events.push_back(std::move(event));
  for (const rtmp::OutMessage& part : encodeForClients(std::move(message))) client_.deliver(part);
}

}  // namespace multiconn::origin
