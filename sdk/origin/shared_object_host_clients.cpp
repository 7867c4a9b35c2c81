// Who is in a shared object, and how changes reach them.
#include <algorithm>
#include <utility>

#include "origin/shared_object_encoding.hpp"
#include "origin/shared_object_host.hpp"
#include "origin/work.hpp"

namespace multiconn::origin {

using Event = rtmp::SharedObjectEvent;
using Kind = Event::Kind;

namespace {

// Between two messages to the same client, so that many writers cost no message each. The first change after
// a pause goes out at once.
constexpr std::chrono::milliseconds batch_interval{5};
// Beyond either the batch goes out at once, also while the object is locked.
constexpr std::size_t most_events = 4096, most_batch_bytes = 512 * 1024;

}  // namespace

// The order of Flash Media Server: UseSuccess, Clear, then the slots.
void SharedObjectHost::join(SharedObjectSubscriber& client) {
  auto subscription = std::find_if(subscribers_.begin(), subscribers_.end(),
                                   [&](const Subscription& entry) { return entry.client == &client; });
  if (subscription == subscribers_.end()) {
    subscription = subscribers_.insert(subscription, Subscription{&client});
    countSubscribers();
  } else {
    sendBatch();  // which may confirm what it wrote
  }
  subscription->from = batch_.size();
  commit();  // what it is told is a version, also in the middle of a lock
  auto& snapshot = client.amf3() ? snapshot_amf3_ : snapshot_;
  if (snapshot.empty()) {
    SharedObjectBatch::Events events(2);
    events[0].kind = Kind::use_success;
    events[1].kind = Kind::clear;
    for (const auto& [name, slot] : data_->slots) {
      Event event;
      event.kind = Kind::change;
      event.name = name;
      event.value = slot.value;
      events.push_back(std::move(event));
    }
    auto whole = message(std::move(events));
    whole.amf3 = client.amf3();
    snapshot = encodeForClients(std::move(whole));
    client.spend(data_->bytes / made_bytes_per_work);
  }
  for (const rtmp::OutMessage& part : snapshot) {
    client.spend(1 + part.payload->size() / sent_bytes_per_work);
    client.deliver(part);
  }
}

void SharedObjectHost::leave(Id client) {
  std::erase_if(subscribers_, [client](const Subscription& entry) { return entry.client->id() == client; });
  unsaved_.erase(client);
  in_save_.erase(client);
  countSubscribers();
  if (!subscribers_.empty()) return;
  snapshot_.clear();
  snapshot_amf3_.clear();
  idle_();
}

void SharedObjectHost::countSubscribers() {
  const std::lock_guard guard(data_->mutex);
  data_->subscribers = subscribers_.size();
}

rtmp::SharedObjectMessage SharedObjectHost::message(SharedObjectBatch::Events events) const {
  rtmp::SharedObjectMessage message;
  message.name = name_;
  message.version = data_->version;
  message.persistent = persistent_;
  message.events = std::move(events);
  return message;
}

// At the end of everything that is at hand now, as readers and writers wait in the same queue; but not before
// the interval has passed.
void SharedObjectHost::schedule() {
  if (batch_.size() >= most_events || batch_.bytes() >= most_batch_bytes) return sendBatch();
  if (scheduled_ || locks_ > 0 || batch_.empty()) return;
  scheduled_ = true;
  const auto due = last_batch_ + batch_interval;
  const auto now = services_.scheduler.now();
  if (now < due) {
    timer_ = services_.scheduler.after(due - now, [this] { sendScheduled(); });
  } else {
    services_.scheduler.post([weak = weak_from_this()] {
      if (const auto self = weak.lock(); self && self->scheduled_) self->sendScheduled();
    });
  }
}

void SharedObjectHost::sendScheduled() {
  scheduled_ = false;
  if (locks_ == 0) sendBatch();
}

void SharedObjectHost::sendBatch() {
  timer_.cancel();
  scheduled_ = false;
  if (batch_.empty()) return;
  commit();
  const SharedObjectBatch batch = std::exchange(batch_, {});
  auto readers = message(batch.forReaders());
  const bool for_readers = !readers.events.empty();
  SharedObjectEncodings shared(std::move(readers));
  for (Subscription& subscription : subscribers_) {
    SharedObjectSubscriber& client = *subscription.client;
    const std::size_t from = std::exchange(subscription.from, 0);
    if (from == 0 && !batch.concerns(client.id())) {
      if (!for_readers) continue;
      for (const rtmp::OutMessage& part : shared.of(client.amf3())) client.deliver(part);
      continue;
    }
    auto own = message(batch.forClient(client.id(), from));
    if (own.events.empty()) continue;
    own.amf3 = client.amf3();
    for (const rtmp::OutMessage& part : encodeForClients(std::move(own))) client.deliver(part);
  }
  last_batch_ = services_.scheduler.now();
  observe();
}

// As a task of its own: what is called may do anything.
void SharedObjectHost::observe() {
  if (noted_.empty()) return;
  services_.scheduler.post([weak = weak_from_this(), changes = std::exchange(noted_, {})] {
    const auto self = weak.lock();
    if (!self) return;
    std::vector<Observer> observers;
    for (const Holder& holder : self->holders_) {
      if (holder.observer) observers.push_back(holder.observer);
    }
    for (const Observer& observer : observers) self->callOut([&] { observer(changes); });
  });
}

}  // namespace multiconn::origin
