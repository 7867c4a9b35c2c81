// The server's handles to shared objects: HostedObject.
#include <utility>

#include <multiconn/application.hpp>

#include "origin/object_handle.hpp"
#include "origin/server_door.hpp"
#include "origin/shared_object_host.hpp"

namespace multiconn {
namespace origin {

ObjectHandle::ObjectHandle(std::shared_ptr<ServerDoor> door, const std::shared_ptr<SharedObjectHost>& host)
    : door_(std::move(door)),
      host_(host),
      id_(host->hold()),
      name_(host->name()),
      persistent_(host->persistent()),
      data_(host->data()) {}

ObjectHandle::~ObjectHandle() {
  door_->post([host = host_, id = id_] {
    if (const auto object = host.lock()) object->release(id);
  });
}

template <typename Action>
void ObjectHandle::with(Action action) const {
  door_->enter([host = host_, action = std::move(action)] {
    if (const auto object = host.lock()) action(*object);
  });
}

}  // namespace origin

using origin::SharedObjectHost;

namespace {

const std::string no_name;

}  // namespace

const std::string& HostedObject::name() const {
  return handle_ ? handle_->name() : no_name;
}

bool HostedObject::persistent() const {
  return handle_ && handle_->persistent();
}

std::optional<AmfValue> HostedObject::get(std::string_view slot) const {
  if (!handle_) return {};
  const auto& data = handle_->data();
  const std::lock_guard lock(data.mutex);
  const auto found = data.slots.find(slot);
  return found == data.slots.end() ? std::nullopt : std::optional(found->second.value);
}

AmfObject HostedObject::data() const {
  AmfObject all;
  if (!handle_) return all;
  const auto& data = handle_->data();
  const std::lock_guard lock(data.mutex);
  for (const auto& [name, slot] : data.slots) all.append(name, slot.value);
  return all;
}

std::size_t HostedObject::size() const {
  if (!handle_) return 0;
  const std::lock_guard lock(handle_->data().mutex);
  return handle_->data().slots.size();
}

std::uint32_t HostedObject::version() const {
  if (!handle_) return 0;
  const std::lock_guard lock(handle_->data().mutex);
  return handle_->data().version;
}

std::size_t HostedObject::subscribers() const {
  if (!handle_) return 0;
  const std::lock_guard lock(handle_->data().mutex);
  return handle_->data().subscribers;
}

void HostedObject::set(std::string slot, AmfValue value) {
  if (!handle_) return;
  handle_->with([slot = std::move(slot), value = std::move(value)](SharedObjectHost& object) {
    object.set(slot, value);
  });
}

void HostedObject::remove(std::string slot) {
  if (handle_) handle_->with([slot = std::move(slot)](SharedObjectHost& object) { object.remove(slot); });
}

void HostedObject::clear() {
  if (handle_) handle_->with([](SharedObjectHost& object) { object.clear(); });
}

void HostedObject::send(std::string handler, std::vector<AmfValue> arguments) {
  if (!handle_) return;
  arguments.insert(arguments.begin(), AmfValue(std::move(handler)));
  handle_->with([values = std::move(arguments)](SharedObjectHost& object) { object.sendOwn(values); });
}

void HostedObject::lock() {
  if (handle_) handle_->with([id = handle_->id()](SharedObjectHost& object) { object.lock(id); });
}

void HostedObject::unlock() {
  if (handle_) handle_->with([id = handle_->id()](SharedObjectHost& object) { object.unlock(id); });
}

void HostedObject::onSync(std::function<void(std::span<const HostedChange>)> callback) {
  if (!handle_) return;
  SharedObjectHost::Observer observer;
  if (callback) {
    observer = [callback = std::move(callback)](const std::vector<HostedChange>& changes) {
      callback(changes);
    };
  }
  handle_->with([id = handle_->id(), observer = std::move(observer)](SharedObjectHost& object) {
    object.watch(id, observer);
  });
}

void HostedObject::flush(std::function<void(const std::string& error)> done) {
  if (handle_) handle_->with([done = std::move(done)](SharedObjectHost& object) { object.flush(done); });
}

}  // namespace multiconn
