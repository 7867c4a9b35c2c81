#include "client/shared_object_servers.hpp"

#include "rtmp/shared_object_text.hpp"

namespace multiconn::test {

using namespace rtmp::test;
using Kind = rtmp::SharedObjectEvent::Kind;

void SharedObjectServers::received(SimulatedServer& server, ConnectionNumber from,
                                   const rtmp::SharedObjectMessage& message) {
  server_ = &server;
  std::string line = std::to_string(from) + " " + message.name;
  for (const Event& event : message.events) line += " " + text(event);
  log.push_back(line);
  if (loop) arrivals.push_back(loop->now());
  if (manner_ == Manner::silent) return;
  if (manner_ == Manner::closing) return server.close(from);
  for (const Event& event : message.events) {
    switch (event.kind) {
      case Kind::use:
        use(from, message);
        break;
      case Kind::release:
        release(from, message.name);
        break;
      case Kind::request_change:
      case Kind::request_remove:
        write(from, message.name, event);
        break;
      case Kind::send:
        tellAll(message.name, event);
        break;
      default:
        break;
    }
  }
}

void SharedObjectServers::use(ConnectionNumber from, const rtmp::SharedObjectMessage& message) {
  if (const auto refused = refuse.find(message.name); refused != refuse.end())
    return tell(message.name, from, {said(refused->second)});
  Object& object = objects_[message.name];
  if (object.users.empty() && object.version == 0) object.persistent = message.persistent;
  if (manner_ == Manner::red5 && object.persistent != message.persistent)
    return tell(message.name, from, {said("SharedObject.BadPersistence")});
  object.users.insert(from);
  object.version += manner_ == Manner::red5 || object.version == 0 ? 1 : 0;
  std::vector<Event> events = {useSuccess()};
  if (manner_ == Manner::crtmpserver) events.insert(events.begin(), cleared());
  if (manner_ == Manner::red5 && !object.persistent) events.push_back(cleared());
  for (const auto& [slot, value] : object.slots) events.push_back(changed(slot, value));
  tell(message.name, from, std::move(events));
}

void SharedObjectServers::release(ConnectionNumber from, const std::string& name) {
  for (auto& [other, object] : objects_) {
    if (other != name && manner_ != Manner::crtmpserver) continue;
    if (object.users.erase(from) == 0) continue;
    if (manner_ == Manner::red5) ++object.version;
    if (manner_ == Manner::crtmpserver && object.users.empty()) object = Object();
  }
}

void SharedObjectServers::write(ConnectionNumber from, const std::string& name, Event event) {
  Object& object = objects_[name];
  const bool author = object.users.contains(from);
  if (denies_writes) return tell(name, from, {said("SharedObject.NoWriteAccess")});
  const bool removes =
      event.kind == Kind::request_remove || (manner_ == Manner::red5 && event.value == AmfValue(nullptr));
  ++object.version;
  if (removes) {
    object.slots.erase(event.name);
    return tellAll(name, removed(event.name));
  }
  const auto before = object.slots.find(event.name);
  const bool same = before != object.slots.end() && before->second == event.value;
  object.slots[event.name] = event.value;
  if (author) tell(name, from, {succeeded(event.name)});
  if (!same || manner_ == Manner::crtmpserver) tellAll(name, changed(event.name, event.value), from);
}

void SharedObjectServers::set(const std::string& object, const std::string& slot, AmfValue value) {
  write(0, object, {Kind::request_change, slot, std::move(value), {}, {}});
}

void SharedObjectServers::remove(const std::string& object, const std::string& slot) {
  write(0, object, {Kind::request_remove, slot, {}, {}, {}});
}

void SharedObjectServers::clear(const std::string& object) {
  objects_[object].slots.clear();
  ++objects_[object].version;
  tellAll(object, cleared());
}

void SharedObjectServers::send(const std::string& object, std::vector<AmfValue> values) {
  tellAll(object, {Kind::send, {}, {}, {}, std::move(values)});
}

AmfValue SharedObjectServers::value(const std::string& object, const std::string& slot) const {
  const auto found = objects_.find(object);
  if (found == objects_.end()) return {};
  const auto held = found->second.slots.find(slot);
  return held == found->second.slots.end() ? AmfValue() : held->second;
}

std::size_t SharedObjectServers::users(const std::string& object) const {
  const auto found = objects_.find(object);
  return found == objects_.end() ? 0 : found->second.users.size();
}

void SharedObjectServers::tell(const std::string& name, ConnectionNumber to, std::vector<Event> events) {
  if (server_ && server_->open(to))
    server_->sendSharedObject(message(name, objects_[name].version, std::move(events)), to);
}

void SharedObjectServers::tellAll(const std::string& name, const Event& event, ConnectionNumber except) {
  Object& object = objects_[name];
  std::erase_if(object.users, [this](ConnectionNumber user) { return !server_->open(user); });
  for (const ConnectionNumber user : object.users)
    if (user != except) tell(name, user, {event});
}

}  // namespace multiconn::test
