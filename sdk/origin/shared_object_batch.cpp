#include "origin/shared_object_batch.hpp"

#include <algorithm>
#include <unordered_set>
#include <utility>

namespace multiconn::origin {

using Event = rtmp::SharedObjectEvent;
using Kind = Event::Kind;

namespace {

constexpr std::size_t event_bytes = 128;

Event named(Kind kind, const std::string& name) {
  Event event;
  event.kind = kind;
  event.name = name;
  return event;
}

}  // namespace

void SharedObjectBatch::change(Author author, const std::string& slot, AmfValue value, std::size_t bytes) {
  Event event = named(Kind::change, slot);
  event.value = std::move(value);
  add({std::move(event), author, author == 0 ? Audience::everybody : Audience::others}, slot.size() + bytes);
}

void SharedObjectBatch::remove(const std::string& slot) {
  add({named(Kind::remove, slot), 0, Audience::everybody}, slot.size());
}

void SharedObjectBatch::clear() {
  add({named(Kind::clear, {}), 0, Audience::everybody}, 0);
}

void SharedObjectBatch::send(std::vector<AmfValue> values, std::size_t bytes) {
  Event event = named(Kind::send, {});
  event.values = std::move(values);
  add({std::move(event), 0, Audience::everybody}, bytes);
}

void SharedObjectBatch::confirm(Author author, const std::string& slot) {
  add({named(Kind::success, slot), author, Audience::author}, slot.size());
}

void SharedObjectBatch::confirmRemoval(Author author, const std::string& slot) {
  add({named(Kind::remove, slot), author, Audience::author}, slot.size());
}

void SharedObjectBatch::revert(Author author, const std::string& slot, AmfValue value, std::size_t bytes) {
  Event event = named(Kind::change, slot);
  event.value = std::move(value);
  add({std::move(event), author, Audience::author}, slot.size() + bytes);
}

void SharedObjectBatch::refuse(Author author, std::string_view code) {
  Event event = named(Kind::status, std::string(code));
  event.level = "error";
  add({std::move(event), author, Audience::author}, 0);
}

void SharedObjectBatch::add(Entry entry, std::size_t bytes) {
  bytes_ += event_bytes + bytes;
  if (entry.audience != Audience::everybody) authors_.insert(entry.author);
  entries_.push_back(std::move(entry));
}

// From the newest backwards: what a later event makes void is left out.
SharedObjectBatch::Events SharedObjectBatch::forReaders() const {
  Events events;
  std::unordered_set<std::string_view> later;
  bool cleared_later = false;
  for (auto entry = entries_.rbegin(); entry != entries_.rend(); ++entry) {
    const Event& event = entry->event;
    if (entry->audience == Audience::author) continue;
    if (event.kind == Kind::send) {
      later.clear();
      cleared_later = false;
    } else if (event.kind == Kind::clear) {
      if (std::exchange(cleared_later, true)) continue;
    } else if (cleared_later || !later.insert(event.name).second) {
      continue;
    }
    events.push_back(event);
  }
  std::reverse(events.begin(), events.end());
  return events;
}

SharedObjectBatch::Events SharedObjectBatch::forClient(Author client, std::size_t from) const {
  Events events;
  for (std::size_t i = from; i < entries_.size(); ++i) {
    const Entry& entry = entries_[i];
    if (entry.audience == Audience::author && entry.author != client) continue;
    const bool own = entry.audience == Audience::others && entry.author == client;
    events.push_back(own ? named(Kind::success, entry.event.name) : entry.event);
  }
  return events;
}

}  // namespace multiconn::origin
