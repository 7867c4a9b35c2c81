#include "origin/shared_object_store.hpp"

#include <algorithm>

#include "origin/shared_object_disk.hpp"
#include "origin/stream_labels.hpp"

namespace multiconn::origin {
namespace {

std::string ledgerKey(const std::string& scope, const std::string& name) {
  return scope + '\0' + name;
}

}  // namespace

SharedObjectStore::SharedObjectStore(SharedObjectServices& services, std::string scope)
    : services_(services), scope_(std::move(scope)), files_(services.disk.count(scope_)) {}

SharedObjectStore::~SharedObjectStore() = default;

std::shared_ptr<SharedObjectHost> SharedObjectStore::open(const std::string& name, bool persistent,
                                                          const CreationLedger::Maker* client) {
  const Key key{name, persistent};
  if (const auto known = objects_.find(key); known != objects_.end()) return known->second;
  if (!rtmp::isSharedObjectName(name, rtmp::Limits())) return nullptr;
  if (client && objects_.size() >= services_.quotas.application_objects) return nullptr;
  const auto object = std::make_shared<SharedObjectHost>(services_, scope_, name, persistent,
                                                         [this, key] { dropLater(key); });
  if (persistent && !load(*object, client)) return nullptr;
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

bool SharedObjectStore::saved() const {
  return std::all_of(objects_.begin(), objects_.end(),
                     [](const auto& entry) { return entry.second->saved(); });
}

bool SharedObjectStore::failing() const {
  return std::any_of(objects_.begin(), objects_.end(),
                     [](const auto& entry) { return entry.second->failing(); });
}

void SharedObjectStore::hurry() {
  for (const auto& [key, object] : objects_) object->hurry();
}

void SharedObjectStore::finish() {
  for (const auto& [key, object] : objects_) {
    object->finish();
    if (object->data()->slots.empty() || !object->savable()) forget(*object);
  }
  objects_.clear();
}

// A file that does not exist yet needs room too.
bool SharedObjectStore::load(SharedObjectHost& object, const CreationLedger::Maker* client) {
  auto loaded = services_.disk.load(scope_, object.name());
  if (!loaded.notice.empty()) {
    object.report(loaded.notice);
    // It was counted while it had its name.
    if (files_ > 0) --files_;
  }
  if (!loaded.error.empty()) {
    object.report(loaded.error);
    return false;
  }
  if (loaded.content) {
    object.fill(loaded.content->version, loaded.content->slots);
    if (loaded.pending || object.data()->slots.empty()) object.markUnsaved();
    return true;
  }
  if (client && files_ >= services_.quotas.application_objects) return false;
  if (client && !services_.ledger.mayCreate(*client)) return false;
  if (loaded.pending) object.markUnsaved();
  ++files_;
  if (client) services_.ledger.created(ledgerKey(scope_, object.name()), *client);
  return true;
}

// A persistent object that holds nothing has no file.
void SharedObjectStore::forget(const SharedObjectHost& object) {
  if (!object.persistent()) return;
  --files_;
  services_.ledger.gone(ledgerKey(scope_, object.name()));
}

// What asks for it may be in the middle of something.
void SharedObjectStore::dropLater(const Key& key) {
  services_.scheduler.post([weak = std::weak_ptr(alive_), this, key] {
    if (weak.expired()) return;
    const auto found = objects_.find(key);
    if (found == objects_.end() || !found->second->needless()) return;
    if (found->second->data()->slots.empty()) forget(*found->second);
    objects_.erase(found);
  });
}

}  // namespace multiconn::origin
