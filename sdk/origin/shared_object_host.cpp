#include "origin/shared_object_host.hpp"

#include <algorithm>
#include <exception>
#include <utility>

#include "origin/client_record.hpp"
#include "origin/shared_object_disk.hpp"
#include "origin/stream_labels.hpp"

namespace multiconn::origin {

using Event = rtmp::SharedObjectEvent;
using Kind = Event::Kind;

namespace {

// What the application does wrong again and again.
constexpr unsigned complaints_per_second = 5;

bool isNothing(const AmfValue& value) {
  return value.isNull() || value.isUndefined();
}

std::string bytesText(std::size_t bytes) {
  return std::to_string(bytes) + " bytes";
}

std::string tooLarge(const char* what, std::size_t bytes, std::size_t most) {
  return std::string(what) + " takes " + bytesText(bytes) + ", and may take " + bytesText(most);
}

}  // namespace

SharedObjectHost::SharedObjectHost(SharedObjectServices& services, std::string scope, std::string name,
                                   bool persistent, std::function<void()> idle)
    : services_(services),
      scope_(std::move(scope)),
      name_(std::move(name)),
      persistent_(persistent),
      idle_(std::move(idle)),
      complaints_(complaints_per_second) {
  if (persistent_ && services_.disk.enabled()) {
    saver_ = std::make_shared<SharedObjectSaver>(services_.scheduler, services_.save_interval, *this);
  }
}

SharedObjectHost::~SharedObjectHost() {
  if (saver_) saver_->finish();
  services_.bytes -= data_->bytes;
}

void SharedObjectHost::fill(std::uint32_t version, const AmfObject& slots) {
  for (const AmfProperty& slot : slots.properties()) {
    store(slot.name, slot.value, encodedSize(slot.value).value_or(0) + slotOverhead(slot.name));
  }
  data_->version = version;
}

void SharedObjectHost::markUnsaved() {
  if (saver_) saver_->touch();
}

void SharedObjectHost::hurry() {
  if (saver_) saver_->hurry();
}

// --- Clients

bool SharedObjectHost::set(const SharedObjectSubscriber& author, const std::string& slot, AmfValue value) {
  const auto found = data_->slots.find(slot);
  if (isNothing(value)) {
    batch_.confirm(author.id(), slot);
    remove(author, slot);
    return true;
  }
  if (found != data_->slots.end() && found->second.value == value) {
    batch_.confirm(author.id(), slot);
    schedule();
    return true;
  }
  const auto size = encodedSize(value);
  if (!size || *size > services_.quotas.value_bytes || !fits(slot, *size)) {
    revert(author.id(), slot);
    return false;
  }
  note(HostedChange::Code::change, author, slot);
  batch_.change(author.id(), slot, value, *size);
  store(slot, std::move(value), *size + slotOverhead(slot));
  changed(author.id());
  return true;
}

void SharedObjectHost::remove(const SharedObjectSubscriber& author, const std::string& slot) {
  if (!data_->slots.contains(slot)) {
    batch_.confirmRemoval(author.id(), slot);
    return schedule();
  }
  note(HostedChange::Code::deleted, author, slot);
  erase(slot);
  batch_.remove(slot);
  changed(author.id());
}

bool SharedObjectHost::send(std::vector<AmfValue> values) {
  std::size_t bytes = 0;
  for (const AmfValue& value : values) {
    const auto size = encodedSize(value);
    bytes += size.value_or(0);
    if (!size || bytes > services_.quotas.value_bytes) return false;
  }
  batch_.send(std::move(values), bytes);
  schedule();
  return true;
}

// Unless that would be much more than what it wrote: a status says so too.
void SharedObjectHost::revert(Id author, const std::string& slot) {
  constexpr std::size_t most_bytes = 4096;
  const auto found = data_->slots.find(slot);
  if (found == data_->slots.end()) {
    batch_.confirmRemoval(author, slot);
  } else if (found->second.bytes <= most_bytes) {
    batch_.revert(author, slot, found->second.value, found->second.bytes);
  }
  schedule();
}

void SharedObjectHost::refuse(Id author, std::string_view code) {
  batch_.refuse(author, code);
  schedule();
}

void SharedObjectHost::commit() {
  if (!std::exchange(changed_, false)) return;
  snapshot_.clear();
  snapshot_amf3_.clear();
  const std::lock_guard guard(data_->mutex);
  ++data_->version;
}

// --- The server

void SharedObjectHost::set(const std::string& slot, AmfValue value) {
  if (isNothing(value)) return remove(slot);
  const auto found = data_->slots.find(slot);
  if (found != data_->slots.end() && found->second.value == value) return;
  const auto size = encodedSize(value);
  const std::string not_set = "slot " + printable(slot) + " was not set: ";
  if (!size) return complain(not_set + "its value cannot be sent");
  if (slot.empty() || slot.size() > rtmp::Limits().max_name) {
    return complain("a slot was not set: its name is empty or too long");
  }
  if (*size > services_.quotas.value_bytes) {
    return complain(not_set + tooLarge("its value", *size, services_.quotas.value_bytes));
  }
  if (!fits(slot, *size)) return complain(not_set + "there is no room for " + bytesText(*size));
  batch_.change(0, slot, value, *size);
  store(slot, std::move(value), *size + slotOverhead(slot));
  serverChanged();
}

void SharedObjectHost::remove(const std::string& slot) {
  if (!erase(slot)) return;
  batch_.remove(slot);
  serverChanged();
}

void SharedObjectHost::clear() {
  if (data_->slots.empty()) return;
  services_.bytes -= data_->bytes;
  {
    const std::lock_guard guard(data_->mutex);
    data_->slots.clear();
    data_->bytes = 0;
  }
  batch_.clear();
  serverChanged();
}

void SharedObjectHost::sendOwn(std::vector<AmfValue> values) {
  std::size_t bytes = 0;
  for (const AmfValue& value : values) {
    const auto size = encodedSize(value);
    if (!size) return complain("a message was not sent: it cannot be encoded");
    bytes += *size;
  }
  if (bytes > services_.quotas.value_bytes) {
    return complain("a message was not sent: " + tooLarge("it", bytes, services_.quotas.value_bytes));
  }
  batch_.send(std::move(values), bytes);
  schedule();
}

void SharedObjectHost::lock(HolderId holder) {
  Holder* const found = find(holder);
  if (!found) return;
  ++found->locks;
  ++locks_;
}

void SharedObjectHost::unlock(HolderId holder) {
  Holder* const found = find(holder);
  if (!found || found->locks == 0) return;
  --found->locks;
  --locks_;
  unlocked();
}

void SharedObjectHost::unlocked() {
  if (locks_ > 0) return;
  commit();
  schedule();
}

void SharedObjectHost::flush(std::function<void(const std::string& error)> done) {
  auto told = [weak = weak_from_this(), done = std::move(done)](const std::string& error) {
    const auto self = weak.lock();
    if (self && done) self->callOut([&] { done(error); });
  };
  if (saver_) return saver_->flush(std::move(told));
  services_.scheduler.post([told = std::move(told), persistent = persistent_] {
    told(persistent ? "the server has no data directory" : "a temporary object is not saved");
  });
}

SharedObjectHost::HolderId SharedObjectHost::hold() {
  holders_.push_back({++last_holder_, {}});
  return last_holder_;
}

void SharedObjectHost::watch(HolderId holder, Observer observer) {
  if (Holder* const found = find(holder)) found->observer = std::move(observer);
}

void SharedObjectHost::release(HolderId holder) {
  Holder* const found = find(holder);
  if (!found) return;
  locks_ -= found->locks;
  std::erase_if(holders_, [holder](const Holder& entry) { return entry.id == holder; });
  unlocked();
  if (holders_.empty()) idle_();
}

SharedObjectHost::Holder* SharedObjectHost::find(HolderId holder) {
  const auto found = std::find_if(holders_.begin(), holders_.end(),
                                  [holder](const Holder& entry) { return entry.id == holder; });
  return found == holders_.end() ? nullptr : &*found;
}

// A persistent object that cannot be saved anywhere lives as long as its instance, once there is something in
// it.
bool SharedObjectHost::needless() const {
  if (!subscribers_.empty() || !holders_.empty() || !saved()) return false;
  return !persistent_ || saver_ || data_->slots.empty();
}

void SharedObjectHost::finish() {
  locks_ = 0;
  commit();
  sendBatch();
  if (saver_) saver_->finish();
}

// --- Inside

bool SharedObjectHost::fits(const std::string& slot, std::size_t bytes) const {
  const auto found = data_->slots.find(slot);
  const bool fresh = found == data_->slots.end();
  const std::size_t before = fresh ? 0 : found->second.bytes;
  const std::size_t after = bytes + slotOverhead(slot);
  if (fresh && data_->slots.size() >= services_.quotas.object_slots) return false;
  return after <= before || (data_->bytes - before + after <= services_.quotas.object_bytes &&
                             services_.bytes - before + after <= services_.quotas.all_object_bytes);
}

void SharedObjectHost::store(const std::string& slot, AmfValue value, std::size_t bytes) {
  const std::lock_guard guard(data_->mutex);
  SharedObjectData::Slot& target = data_->slots[slot];
  data_->bytes += bytes - target.bytes;
  services_.bytes += bytes - target.bytes;
  target = {std::move(value), bytes};
}

bool SharedObjectHost::erase(const std::string& slot) {
  const auto found = data_->slots.find(slot);
  if (found == data_->slots.end()) return false;
  services_.bytes -= found->second.bytes;
  const std::lock_guard guard(data_->mutex);
  data_->bytes -= found->second.bytes;
  data_->slots.erase(found);
  return true;
}

// Before the change.
void SharedObjectHost::note(HostedChange::Code code, const SharedObjectSubscriber& author,
                            const std::string& slot) {
  const auto watches = [](const Holder& holder) { return static_cast<bool>(holder.observer); };
  if (std::none_of(holders_.begin(), holders_.end(), watches)) return;
  const auto found = data_->slots.find(slot);
  noted_.push_back({code, slot, found == data_->slots.end() ? AmfValue(nullptr) : found->second.value,
                    author.record() ? author.record()->handle() : Client()});
}

void SharedObjectHost::report(const std::string& what) const {
  services_.log(OriginLogLevel::error, label() + ": " + what);
}

std::string SharedObjectHost::label() const {
  return "shared object " + printable(scope_) + " " + printable(name_);
}

void SharedObjectHost::serverChanged() {
  changed(0);
  if (locks_ == 0) commit();
}

void SharedObjectHost::changed(Id author) {
  changed_ = true;
  snapshot_.clear();
  snapshot_amf3_.clear();
  if (saver_) {
    saver_->touch();
    if (author != 0) unsaved_.insert(author);
  }
  schedule();
}

// The application's code may throw what it likes.
void SharedObjectHost::callOut(const std::function<void()>& call) {
  try {
    call();
  } catch (const std::exception& error) {
    complain("a callback of the application failed: " + printable(error.what()));
  } catch (...) {
    complain("a callback of the application failed");
  }
}

// As report(), of what could come without end.
void SharedObjectHost::complain(const std::string& what) {
  const auto left_out = complaints_.admit(services_.scheduler.now());
  if (!left_out) return;
  report(*left_out == 0 ? what : what + " (and " + std::to_string(*left_out) + " before it)");
}

void SharedObjectHost::save(SharedObjectSaver::Saved saved) {
  if (!saved) {
    saved = [log = services_.log, label = label()](const std::string& error) {
      if (!error.empty()) log(OriginLogLevel::error, label + ": is lost, as it cannot be saved: " + error);
    };
  }
  in_save_ = std::exchange(unsaved_, {});
  // Without slots there is nothing to keep.
  rtmp::Bytes content = data_->slots.empty() ? rtmp::Bytes() : encodeFile(name_, *data_);
  services_.disk.save(scope_, name_, std::move(content), std::move(saved));
}

// Each author is told of the first failed save that holds its writes; the log, when things turn.
void SharedObjectHost::saveEnded(const std::string& error, bool turned) {
  if (turned) report(error.empty() ? "is saved again" : "cannot be saved, and is tried again: " + error);
  const auto authors = std::exchange(in_save_, {});
  if (error.empty()) return;
  for (const Id author : authors) refuse(author, "SharedObject.Flush.Failed");
}

void SharedObjectHost::saveDone() {
  idle_();
}

}  // namespace multiconn::origin
