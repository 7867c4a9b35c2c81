#include "origin/shared_object_store.hpp"

#include <algorithm>

#include "origin/shared_object_disk.hpp"
#include "origin/stream_labels.hpp"

namespace multiconn::origin {

SharedObjectStore::SharedObjectStore(SharedObjectServices& services, std::string scope)
    : services_(services), scope_(std::move(scope)), files_(services.disk.count(scope_)) {}

SharedObjectStore::~SharedObjectStore() = default;

std::shared_ptr<SharedObjectHost> SharedObjectStore::open(const std::string& name, bool persistent,
                                                          Asker asker) {
  const Key key{name, persistent};
  if (const auto known = objects_.find(key); known != objects_.end()) return known->second;
  if (!rtmp::isSharedObjectName(name, rtmp::Limits())) return nullptr;
  if (asker == Asker::client && objects_.size() >= services_.quotas.application_objects) return nullptr;
  const auto object = std::make_shared<SharedObjectHost>(services_, scope_, name, persistent,
                                                         [this, key] { dropLater(key); });
  if (persistent && !load(*object, asker)) return nullptr;
  objects_.emplace(key, object);
  return object;
}

std::vector<SharedObjectStatus> SharedObjectStore::status() const {
  std::vector<SharedObjectStatus> all;
  for (const auto& [key, object] : objects_) {
    const SharedObjectData& data = *object->data();
    all.push_back({printable(key.first), key.second, data.version, data.slots.size(), data.bytes,
                   object->subscribers(), key.second && object->saved() && object->savable()});
  }
  return all;
}

void SharedObjectStore::finish() {
  for (const auto& [key, object] : objects_) object->finish();
  objects_.clear();
}

// A file that does not exist yet needs room too.
bool SharedObjectStore::load(SharedObjectHost& object, Asker asker) {
  auto loaded = services_.disk.load(scope_, object.name());
  if (!loaded.notice.empty()) object.report(loaded.notice);
  if (!loaded.error.empty()) {
    object.report(loaded.error);
    return false;
  }
  if (loaded.content) {
    object.fill(loaded.content->version, loaded.content->slots);
    return true;
  }
  if (asker == Asker::client && files_ >= services_.quotas.application_objects) return false;
  ++files_;
  return true;
}

// What asks for it may be in the middle of something.
void SharedObjectStore::dropLater(const Key& key) {
  services_.scheduler.post([weak = std::weak_ptr(alive_), this, key] {
    if (weak.expired()) return;
    const auto found = objects_.find(key);
    if (found == objects_.end() || !found->second->needless()) return;
    // Nothing was ever written into it: there is no file.
    if (key.second && found->second->data()->version == 0) --files_;
    objects_.erase(found);
  });
}

}  // namespace multiconn::origin
