#include "client/shared_object_session.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "client/client_core.hpp"
#include "client/shared_objects.hpp"
#include "client/status_codes.hpp"

namespace multiconn::client {

namespace {

constexpr std::uint32_t most_statuses = 50;  // a second
constexpr double default_fps = 25;

// What more than SharedObjects::Flow lets through is collected for.
constexpr std::chrono::milliseconds backlog_time{40};
constexpr std::chrono::seconds pause_between_reports{1};

// Of the application's words that a connection has not taken. What one batch has is about as much again.
constexpr std::size_t full_mark = 512 * 1024;
constexpr std::chrono::milliseconds look_again{50};

std::optional<rtmp::Duration> intervalOf(double fps) {
  if (fps == 0) return {};
  if (!(fps > 0)) fps = default_fps;
  return std::chrono::duration_cast<rtmp::Duration>(std::chrono::duration<double>(1 / std::max(fps, 0.001)));
}

/// {code, name, oldValue, server}
AmfValue asAmf(const Change& change) {
  AmfObject entry;
  entry.append("code", multiconn::name(change.code));
  if (!change.slot.empty()) entry.append("name", change.slot);
  entry.append("oldValue", change.old_value);
  if (change.server) entry.append("server", static_cast<std::uint32_t>(*change.server));
  return entry;
}

}  // namespace

SharedObjectSession::SharedObjectSession(ClientCore& core, SharedObjects& all,
                                         std::shared_ptr<SharedObjectView> view)
    : core_(core),
      all_(all),
      view_(std::move(view)),
      merged_(view_->name(), view_->persistent(), *this, core.servers().random()),
      statuses_(most_statuses) {}

void SharedObjectSession::set(const std::string& slot, rtmp::SlotValue value,
                              SharedObjectView::Ticket ticket) {
  const bool taken = merged_.set(slot, std::move(value), now());
  view_->settled(ticket);
  if (!taken)
    report(code::object_bad_value, "error",
           "Slot \"" + slot + "\" is more than the object can hold: 65536 slots, 16 MiB.");
  arm();
}

void SharedObjectSession::clear(SharedObjectView::Ticket ticket) {
  merged_.clear(now());
  view_->settled(ticket);
  arm();
}

void SharedObjectSession::send(const std::string& handler, const std::vector<AmfValue>& arguments) {
  checkFull();
  if (!merged_.send(handler, arguments, now()))
    report(code::object_send_failed, "warning",
           "No server has taken the message: none has been joined, or too much waits already.");
  arm();
}

void SharedObjectSession::relay(bool relay) {
  merged_.relay(relay, now());
  arm();
}

void SharedObjectSession::fps(double fps) {
  merged_.interval(intervalOf(fps));
  if (fps == 0) merged_.flush(now());
  arm();
}

void SharedObjectSession::flush() {
  checkFull();
  merged_.flush(now());
  arm();
}

void SharedObjectSession::on(const std::string& handler, Heard callback) {
  if (callback) {
    heard_[handler] = sharedFunction(std::move(callback));
  } else {
    heard_.erase(handler);
  }
}

void SharedObjectSession::onStatus(std::function<void(const Status&)> callback) {
  on_status_ = sharedFunction(std::move(callback));
  if (!on_status_) return;
  for (Status& kept : core_.statusesKept(name())) report(std::move(kept));
}

// What other objects have just put on the connections does not count.
void SharedObjectSession::finish() {
  merged_.finish(now());
}

void SharedObjectSession::release() {
  finish();
  merged_.release();
  backlogs_.clear();
  unheard_.clear();
  unhandled_.clear();
  timer_.cancel();
}

void SharedObjectSession::expect(ServerId server) {
  merged_.expect(server);
}

void SharedObjectSession::join(ServerId server) {
  const Peer* const peer = core_.servers().find(server);
  if (!peer || !peer->connected()) return;
  silent_.erase(server);
  full_.erase(server);
  merged_.join(server, peer->connection()->amf3(), now());
  arm();
}

void SharedObjectSession::exclude(ServerId server) {
  merged_.exclude(server);
  arm();
}

void SharedObjectSession::lost(ServerId server) {
  silent_.erase(server);
  full_.erase(server);
  forgetUnheard(server);
  merged_.lost(server);
  arm();
}

void SharedObjectSession::remove(ServerId server) {
  silent_.erase(server);
  full_.erase(server);
  forgetUnheard(server);
  left_out_.erase(server);
  const auto backlog = backlogs_.find(server);
  if (backlog != backlogs_.end() && backlog->second.since()) tellSynced(server, backlog->second.take());
  backlogs_.erase(server);
  merged_.remove(server);
  arm();
}

void SharedObjectSession::received(ServerId server, const rtmp::SharedObjectMessage& message) {
  checkFull();
  merged_.handle(server, message, now());
  arm();
}

bool SharedObjectSession::inUse(ServerId server) const {
  const MergedObject::State state = merged_.state(server);
  return state != MergedObject::State::idle && state != MergedObject::State::refused;
}

SharedObjectServer SharedObjectSession::row(ServerId server) const {
  switch (merged_.state(server)) {
    case MergedObject::State::idle:
      return {server, State::waiting, 0};
    case MergedObject::State::joining:
      return {server, silent_.contains(server) ? State::unsupported : State::asking, 0};
    case MergedObject::State::settling:
    case MergedObject::State::joined:
      return {server, State::joined, merged_.version(server)};
    case MergedObject::State::refused:
      break;
  }
  return {server, State::refused, 0};
}

void SharedObjectSession::report(Status status) {
  if (!on_status_) return core_.objectStatus(name(), std::move(status));
  core_.callBack([callback = on_status_, status = std::move(status)] { callback(status); });
}

void SharedObjectSession::report(const char* code, const char* level, std::string description,
                                 std::optional<ServerId> server) {
  const Peer* const peer = server ? core_.servers().find(*server) : nullptr;
  report({code, level, std::move(description), server, peer ? peer->url() : std::string(), {}});
}

void SharedObjectSession::publishRows(std::vector<SharedObjectServer> rows) {
  view_->publish(std::move(rows));
}

void SharedObjectSession::transmit(ServerId server, rtmp::SharedObjectMessage message) {
  if (Peer* const peer = core_.servers().find(server)) peer->sendSharedObject(std::move(message));
}

void SharedObjectSession::viewChanged(const std::string& slot, const rtmp::SlotValue& value) {
  view_->publish(slot, value);
}

// A server may have been joined between setting up and this: the list that was due then has what there is
// now.
void SharedObjectSession::onSync(Synced callback) {
  on_sync_ = sharedFunction(std::move(callback));
  if (!on_sync_) return;
  for (const ServerId server : std::exchange(unheard_, {}))
    core_.callBack([callback = on_sync_, changes = everySlot(server)] { callback(changes); });
}

void SharedObjectSession::syncHandlerGiven() {
  for (const ServerId server : std::exchange(unhandled_, {})) callSyncHandler(server, everySlot(server));
}

std::vector<Change> SharedObjectSession::everySlot(ServerId server) const {
  const AmfObject data = merged_.data();
  std::vector<Change> changes;
  for (const AmfProperty& slot : data.properties())
    changes.push_back({Change::Code::change, slot.name, nullptr, server});
  return changes;
}

void SharedObjectSession::forgetUnheard(ServerId server) {
  unheard_.erase(server);
  unhandled_.erase(server);
}

// Behind what waits already, so that the order stays.
void SharedObjectSession::synced(ServerId server, std::vector<Change> changes) {
  const bool handled = core_.calls().handles(name() + "_sync");
  if (!on_sync_) unheard_.insert(server);
  if (!handled) unhandled_.insert(server);
  if (!on_sync_ && !handled) return;
  SyncBacklog& backlog = backlogs_[server];
  if (!backlog.since() && all_.flow(server).syncs.take(now())) return tellSynced(server, std::move(changes));
  backlog.add(std::move(changes), now());
  if (backlog.full()) tellSynced(server, backlog.take());
}

void SharedObjectSession::tellSynced(ServerId server, std::vector<Change> changes) {
  if (core_.calls().handles(name() + "_sync")) callSyncHandler(server, changes);
  if (on_sync_) core_.callBack([callback = on_sync_, changes = std::move(changes)] { callback(changes); });
}

void SharedObjectSession::callSyncHandler(ServerId server, const std::vector<Change>& changes) {
  AmfArray list;
  for (const Change& change : changes) list.push_back(asAmf(change));
  core_.callHandler({server, name() + "_sync", {AmfValue(std::move(list))}});
}

void SharedObjectSession::sent(ServerId server, const std::string& handler,
                               const std::vector<AmfValue>& arguments) {
  auto found = heard_.find(handler);
  if (found == heard_.end()) found = heard_.find("");
  if (found == heard_.end()) return;
  if (all_.flow(server).sends.take(now()))
    return core_.callBack([callback = found->second, server, arguments] { callback(server, arguments); });
  left_out_.insert(server);
  if (!left_out_at_) left_out_at_ = now();
}

void SharedObjectSession::tellBacklogs() {
  for (auto& [server, backlog] : backlogs_)
    if (backlog.since() && *backlog.since() + backlog_time <= now()) tellSynced(server, backlog.take());
}

void SharedObjectSession::reportLeftOut() {
  if (!left_out_at_ || now() < *left_out_at_ + pause_between_reports) return;
  left_out_at_.reset();
  for (const ServerId server : std::exchange(left_out_, {})) {
    RateLimit& sends = all_.flow(server).sends;
    if (const auto count = sends.report(now()))
      report(code::object_suppressed, "warning",
             "The server passes on more than 5000 messages of send() in a second; " + std::to_string(*count) +
                 " were left out.",
             server);
    // Another object has reported within this second.
    if (sends.unreported()) left_out_.insert(server);
  }
  if (!left_out_.empty()) left_out_at_ = now();
}

void SharedObjectSession::status(ServerId server, const std::string& code, const std::string& level) {
  const Peer* const peer = core_.servers().find(server);
  if (!peer || !statuses_.take(now())) return;
  rtmp::StatusInfo info;
  info.code = code;
  info.level = level;
  info.description = "The server says so of the shared object \"" + name() + "\".";
  report(peer->identity().serverStatus(info, code::object_refused));
}

void SharedObjectSession::refused(ServerId server, bool too_large) {
  if (too_large)
    report(code::object_too_large, "error",
           "The shared object \"" + name() +
               "\" of this server is larger than 65536 slots or 16 MiB, or a slot's name is longer than 1024 "
               "bytes, and is left alone.",
           server);
}

void SharedObjectSession::noAnswer(ServerId server) {
  silent_.insert(server);
  all_.publishRows(*this);
  report(code::object_unsupported, "warning",
         "The server did not answer for the shared object \"" + name() + "\" within 3 seconds.", server);
}

void SharedObjectSession::notCarried(ServerId server, const std::string& slot) {
  if (statuses_.take(now()))
    report(
        code::object_bad_value, "warning",
        "The value of slot \"" + slot + "\" cannot be sent to this server: it needs AMF3, or is too large.",
        server);
}

rtmp::TimePoint SharedObjectSession::now() const {
  return core_.scheduler().now();
}

// The connection is everybody's: what other objects have put there counts too.
void SharedObjectSession::checkFull() {
  for (const auto& peer : core_.servers().peers()) {
    const bool full = peer->connected() && peer->connection()->waitingCommands() > full_mark;
    if (full == full_.contains(peer->id())) continue;
    if (full) {
      full_.insert(peer->id());
    } else {
      full_.erase(peer->id());
    }
    merged_.hold(peer->id(), full, now());
  }
}

void SharedObjectSession::tick() {
  checkFull();
  merged_.tick(now());
  tellBacklogs();
  reportLeftOut();
  arm();
}

void SharedObjectSession::arm() {
  checkFull();
  std::optional<rtmp::TimePoint> wake = merged_.wakeAt();
  const auto consider = [&wake](rtmp::TimePoint at) { wake = std::min(wake.value_or(at), at); };
  if (!full_.empty()) consider(now() + look_again);
  if (left_out_at_) consider(*left_out_at_ + pause_between_reports);
  for (const auto& [server, backlog] : backlogs_)
    if (backlog.since()) consider(*backlog.since() + backlog_time);
  if (wake == armed_) return;
  armed_ = wake;
  timer_.cancel();
  if (!wake) return;
  timer_ = core_.scheduler().after(std::max(*wake, now()) - now(), [this] {
    armed_.reset();
    tick();
  });
}

}  // namespace multiconn::client
