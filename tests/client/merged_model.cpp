#include "client/merged_model.hpp"

#include <algorithm>

#include "rtmp/shared_object_text.hpp"

namespace multiconn::test {

using rtmp::SharedObjectEvent;
using rtmp::SharedObjectMessage;
using rtmp::SlotValue;
using rtmp::TimePoint;
using rtmp::test::EventKind;

namespace {

constexpr std::uint64_t longest_way = 60;  // milliseconds

std::size_t indexOf(ServerId id) {
  return static_cast<std::size_t>(id);
}

}  // namespace

std::uint64_t Chance::below(std::uint64_t limit) {
  state_ = state_ * 6364136223846793005U + 1442695040888963407U;
  return (state_ >> 33) % limit;
}

void ModelLoop::at(TimePoint when, std::function<void()> task) {
  tasks_.emplace(std::max(when, now), std::move(task));
}

bool ModelLoop::run(std::chrono::seconds limit) {
  const TimePoint end = now + limit;
  while (!tasks_.empty()) {
    auto first = tasks_.extract(tasks_.begin());
    if (first.key() > end) return false;
    now = first.key();
    ++tasks;
    first.mapped()();
  }
  return true;
}

ModelClient::ModelClient(ModelLoop& loop, ModelServer& server, Hear hear)
    : loop_(loop), server_(server), hear_(std::move(hear)) {}

void ModelClient::send(SharedObjectMessage message) {
  if (connected_)
    later(to_server_, [this, message = std::move(message)] { server_.receive(*this, message); });
}

void ModelClient::hear(SharedObjectMessage message) {
  if (connected_) later(to_client_, [this, message = std::move(message)] { hear_(message); });
}

void ModelClient::connect() {
  connected_ = true;
  ++generation_;
}

void ModelClient::cut() {
  connected_ = false;
  ++generation_;
  server_.drop(*this);
}

void ModelClient::later(TimePoint& line, std::function<void()> task) {
  const auto way = loop_.way.value_or(std::chrono::milliseconds(1 + loop_.chance.below(longest_way)));
  line = std::max(line, loop_.now + way);
  loop_.at(line, [this, generation = generation_, task = std::move(task)] {
    if (generation == generation_) task();
  });
}

void ModelServer::receive(ModelClient& from, const SharedObjectMessage& message) {
  Events answers;
  for (const SharedObjectEvent& event : message.events) {
    if (event.kind == EventKind::use) {
      join(from);
    } else if (uses(from)) {
      write(from, event, message.version, answers);
      // Some collect what one message did, some answer event by event.
      if (loop_.chance.percent(50)) tell(answers);
    }
  }
  tell(answers);
}

void ModelServer::join(ModelClient& client) {
  if (!uses(client)) users_.push_back(&client);
  std::vector<SharedObjectEvent> events;
  if (manner_ == Manner::crtmpserver) {
    events = {rtmp::test::cleared(), rtmp::test::useSuccess()};
  } else {
    events = {rtmp::test::useSuccess(), rtmp::test::cleared()};
  }
  if (manner_ == Manner::crtmpserver && loop_.chance.percent(50)) {
    client.hear(rtmp::test::message("chat", version_, std::exchange(events, {})));
  }
  for (const auto& [name, slot] : slots_) events.push_back(rtmp::test::changed(name, slot.value));
  if (!events.empty()) client.hear(rtmp::test::message("chat", version_, std::move(events)));
}

void ModelServer::write(ModelClient& from, const SharedObjectEvent& event, std::uint32_t seen,
                        Events& answers) {
  const bool removes = event.kind == EventKind::request_remove;
  if (!removes && event.kind != EventKind::request_change) return;
  const auto found = slots_.find(event.name);
  if (manner_ == Manner::fms) {
    const auto removed = removed_.find(event.name);
    const bool newer = found != slots_.end() ? found->second.version > seen && found->second.author != &from
                                             : removed != removed_.end() && removed->second.first > seen &&
                                                   removed->second.second != &from;
    if (newer)
      return answers[&from].push_back(found != slots_.end()
                                          ? rtmp::test::changed(event.name, found->second.value)
                                          : rtmp::test::removed(event.name));
  }
  if (removes && found == slots_.end() && manner_ == Manner::crtmpserver) return;
  const bool same = !removes && found != slots_.end() && found->second.value == event.value;
  ++version_;
  if (removes) {
    if (found != slots_.end()) slots_.erase(found);
    removed_[event.name] = {version_, &from};
  } else {
    slots_[event.name] = {event.value, version_, &from};
  }
  // Success says no value on the wire; with it, a viewer needs no account of its own writes.
  SharedObjectEvent accepted = rtmp::test::succeeded(event.name);
  accepted.value = event.value;
  for (ModelClient* user : users_) {
    if (removes) {
      answers[user].push_back(rtmp::test::removed(event.name));
    } else if (user == &from && manner_ != Manner::echo) {
      answers[user].push_back(accepted);
    } else if (user == &from || !same || manner_ == Manner::crtmpserver) {
      answers[user].push_back(rtmp::test::changed(event.name, event.value));
    }
  }
}

void ModelServer::tell(Events& events) {
  for (ModelClient* user : users_) {
    const auto found = events.find(user);
    if (found != events.end()) user->hear(rtmp::test::message("chat", version_, std::move(found->second)));
  }
  events.clear();
}

bool ModelServer::uses(const ModelClient& client) const {
  return std::find(users_.begin(), users_.end(), &client) != users_.end();
}

void ModelServer::clear() {
  ++version_;
  for (const auto& [name, slot] : slots_) removed_[name] = {version_, nullptr};
  slots_.clear();
  Events events;
  for (ModelClient* user : users_) events[user].push_back(rtmp::test::cleared());
  tell(events);
}

void ModelServer::restart() {
  slots_.clear();
  removed_.clear();
  version_ = 0;
}

ModelServer::Slots ModelServer::slots() const {
  Slots slots;
  for (const auto& [name, slot] : slots_) slots[name] = slot.value;
  return slots;
}

ModelViewer::ModelViewer(ModelLoop& loop, ModelServer& of)
    : server(&of), client(loop, of, [this](const SharedObjectMessage& message) { hear(message); }) {}

void ModelViewer::connect() {
  client.connect();
  SharedObjectMessage use = rtmp::test::message("chat", 0, {});
  use.events.push_back({EventKind::use, {}, {}, {}, {}});
  client.send(std::move(use));
}

void ModelViewer::set(const std::string& slot, SlotValue value) {
  SharedObjectMessage write = rtmp::test::message("chat", version_, {});
  const EventKind kind = value ? EventKind::request_change : EventKind::request_remove;
  write.events.push_back({kind, slot, value.value_or(AmfValue()), {}, {}});
  client.send(std::move(write));
}

void ModelViewer::hear(const SharedObjectMessage& message) {
  version_ = message.version;
  for (const SharedObjectEvent& event : message.events) {
    switch (event.kind) {
      case EventKind::change:
      case EventKind::success:
        seen[event.name] = event.value;
        break;
      case EventKind::remove:
        seen.erase(event.name);
        break;
      case EventKind::clear:
        seen.clear();
        break;
      default:
        break;
    }
  }
}

ModelPresenter::ModelPresenter(ModelLoop& loop, std::vector<std::unique_ptr<ModelServer>>& servers,
                               std::uint64_t seed)
    : object("chat", false, *this, seed), loop_(loop) {
  for (std::size_t i = 0; i < servers.size(); ++i) {
    const auto id = static_cast<ServerId>(i);
    object.expect(id);
    clients.push_back(
        std::make_unique<ModelClient>(loop, *servers[i], [this, id](const SharedObjectMessage& message) {
          object.handle(id, message, loop_.now);
          arm();
        }));
  }
}

void ModelPresenter::connect(std::size_t server) {
  clients[server]->connect();
  object.join(static_cast<ServerId>(server), false, loop_.now);
  arm();
}

void ModelPresenter::cut(std::size_t server) {
  clients[server]->cut();
  object.lost(static_cast<ServerId>(server));
  arm();
}

void ModelPresenter::arm() {
  const auto wake = object.wakeAt();
  if (!wake || (armed_ && *armed_ <= *wake)) return;
  armed_ = std::max(*wake, loop_.now);
  loop_.at(*armed_, [this, at = *armed_] {
    if (armed_ != at) return;
    armed_.reset();
    object.tick(loop_.now);
    arm();
  });
}

ModelServer::Slots ModelPresenter::view() const {
  ModelServer::Slots slots;
  const AmfObject data = object.data();
  for (const AmfProperty& property : data.properties()) slots[property.name] = property.value;
  return slots;
}

void ModelPresenter::transmit(ServerId server, SharedObjectMessage message) {
  for (const SharedObjectEvent& event : message.events)
    written += event.kind == EventKind::request_change || event.kind == EventKind::request_remove ? 1U : 0U;
  clients[indexOf(server)]->send(std::move(message));
}

void ModelPresenter::viewChanged(const std::string& slot, const SlotValue& value) {
  if (value) {
    published[slot] = *value;
  } else {
    published.erase(slot);
  }
}

void ModelPresenter::synced(ServerId, std::vector<Change> list) {
  changes.insert(changes.end(), list.begin(), list.end());
}

}  // namespace multiconn::test
