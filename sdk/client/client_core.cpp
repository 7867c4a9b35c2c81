#include "client/client_core.hpp"

#include <algorithm>

#include "client/status_codes.hpp"

namespace multiconn {

namespace {

using client::Track;
namespace code = client::code;

constexpr std::chrono::milliseconds tick_interval{100};
constexpr std::chrono::milliseconds longest_linger{250};
// Callbacks may come in swarms; a change of state is shown at once all the same.
constexpr std::chrono::milliseconds figures_last{20};

// "Never" in milliseconds is more than a clock in nanoseconds can count.
ConnectOptions withinReason(ConnectOptions options) {
  constexpr std::chrono::milliseconds none{0};
  constexpr std::chrono::milliseconds for_ever = std::chrono::hours(24 * 365 * 10);
  ReconnectOptions& reconnect = options.reconnect;
  for (std::chrono::milliseconds* const time :
       {&options.setup_timeout, &options.stall_timeout, &options.queue_age, &options.call_timeout,
        &options.dead_after, &options.resume_age, &reconnect.first_delay, &reconnect.longest_delay,
        &reconnect.healthy_after})
    *time = std::clamp(*time, none, for_ever);
  if (options.stall_timeout == none) options.stall_timeout = for_ever;
  if (reconnect.give_up_after)
    *reconnect.give_up_after = std::clamp(*reconnect.give_up_after, none, for_ever);
  return options;
}

}  // namespace

ClientCore::ClientCore(Runtime::Engine& engine, ConnectOptions options)
    : options_(withinReason(std::move(options))),
      engine_(engine.lasting()),
      scheduler_(engine_->makeScheduler()),
      servers_(*engine_, *scheduler_, options_, *this),
      calls_(*scheduler_, servers_, options_, *this),
      roles_(*scheduler_, servers_, options_, *this) {}

ClientCore::~ClientCore() = default;

std::shared_ptr<ClientCore> ClientCore::make(Runtime::Engine& engine, ConnectOptions options) {
  auto core = std::make_shared<ClientCore>(engine, std::move(options));
  client::OutgoingStreamEvents& events = *core;
  core->stream_ = std::make_unique<client::OutgoingStream>(*core->scheduler_, core->servers_, core->intake_,
                                                           core->options_, core, events);
  core->roles_.follow(*core->stream_);
  return core;
}

bool ClientCore::write(Track track, EncodedFrame frame, client::FeedId feed) {
  if (!frame.data || !intake_.take(frame.data->size())) return false;
  const std::lock_guard lock(scheduler_mutex_);
  if (!open_batch_ || open_batch_->full()) {
    const auto batch = std::make_shared<client::FrameBatch>();
    postLocked([self = shared_from_this(), batch] { self->takeFrames(batch); }, Sender::handle);
    open_batch_ = batch;
  }
  open_batch_->push({track, std::move(frame), feed});
  return true;
}

void ClientCore::takeFrames(const std::shared_ptr<const client::FrameBatch>& batch) {
  {
    const std::lock_guard lock(scheduler_mutex_);
    if (open_batch_ == batch) open_batch_.reset();
  }
  stream_->frames(*batch);
}

void ClientCore::sourceEnded(client::FeedId feed, std::string error) {
  post([feed, error = std::move(error)](ClientCore& core) { core.stream_->sourceEnded(feed, error); });
}

std::vector<ServerStats> ClientCore::stats() const {
  const std::lock_guard lock(snapshot_mutex_);
  return snapshot_;
}

rtmp::TimePoint ClientCore::now() const {
  const std::lock_guard lock(scheduler_mutex_);
  return scheduler_ ? scheduler_->now() : rtmp::TimePoint();
}

void ClientCore::shut(std::function<void()> closed) {
  intake_.shut();
  post([closed = std::move(closed)](ClientCore& core) { core.close(closed); });
}

void ClientCore::abandon() {
  intake_.shut();
  gate_.close();
  postTask([self = shared_from_this()] { self->shutDown(); }, Sender::handle);
  const std::lock_guard lock(scheduler_mutex_);
  abandoned_ = true;
}

// Handles may go on posting after the end; they must not keep it from coming.
void ClientCore::postTask(std::function<void()> task, Sender sender, std::optional<bool> accepting) {
  const std::lock_guard lock(scheduler_mutex_);
  if (accepting) intake_.open(*accepting);
  postLocked(std::move(task), sender);
}

// What is written from now on comes behind this task.
void ClientCore::postLocked(std::function<void()> task, Sender sender) {
  open_batch_.reset();
  if (scheduler_ && (sender == Sender::self || !abandoned_)) scheduler_->post(std::move(task));
}

void ClientCore::connect(const std::vector<Destination>& destinations,
                         std::function<void(SetupOutcome)> answer) {
  std::vector<client::Target> targets = client::checkDestinations(destinations, options_.tls);
  const std::lock_guard lock(scheduler_mutex_);
  if (!next_id_) next_id_ = static_cast<std::uint32_t>(targets.size());
  postLocked(
      [self = shared_from_this(), targets = std::move(targets), answer = std::move(answer),
       now = scheduler_ ? scheduler_->now() : rtmp::TimePoint()] { self->connectTo(targets, answer, now); },
      Sender::handle);
}

// A destination that comes to nothing has an id, too, which is nobody else's: from the other end.
ServerId ClientCore::add(const Destination& destination) {
  std::vector<client::Target> targets = client::checkDestinations({destination}, options_.tls);
  const auto count = static_cast<std::uint32_t>(targets.size());
  const std::lock_guard lock(scheduler_mutex_);
  const bool connected = next_id_.has_value();
  if (!connected) last_id_ -= count;
  const auto first = static_cast<ServerId>(connected ? *next_id_ : last_id_ + 1);
  if (connected) *next_id_ += count;
  postLocked(
      [self = shared_from_this(), targets = std::move(targets), first, connected] {
        if (connected)
          self->addServers(targets, first);
        else
          self->refuse(targets, first, "Call connect() first: servers can be added after it.");
      },
      Sender::handle);
  return first;
}

void ClientCore::addServers(std::vector<client::Target> targets, ServerId first) {
  if (closed_ || servers_.closing()) return refuse(targets, first, "The MultiConnection is closed.");
  servers_.add(std::move(targets), first);
}

void ClientCore::refuse(const std::vector<client::Target>& targets, ServerId first, const char* why) {
  auto id = static_cast<std::uint32_t>(first);
  for (const client::Target& target : targets)
    connectionStatus(
        {code::connect_failed, "error", why, static_cast<ServerId>(id++), target.masked_url, {}});
}

void ClientCore::connectTo(std::vector<client::Target> targets, std::function<void(SetupOutcome)> answer,
                           rtmp::TimePoint called_at) {
  if (servers_.prepared() || closed_) {
    connectionStatus({code::setup_failed,
                      "error",
                      "connect() works once per MultiConnection: make another one.",
                      {},
                      {},
                      {}});
    if (answer) callBack([answer = std::move(answer)] { answer(SetupOutcome()); });
    return;
  }
  answer_ = std::move(answer);
  client::refuseRepeats(targets, stream_->name());
  servers_.prepare(std::move(targets));
  stream_->connecting(called_at);
  tick();
  servers_.connect(called_at);
  roles_.changed();
}

void ClientCore::publish(std::string name, PublishMode mode, rtmp::TimePoint asked_at) {
  if (closed_)
    return streamStatus({code::publish_failed, "error", "The MultiConnection is closed.", {}, {}, {}});
  stream_->publish(std::move(name), mode, asked_at);
  roles_.changed();
}

void ClientCore::close(std::function<void()> closed) {
  closed_ = true;
  stream_->close();
  if (const auto observer = presentObserver()) observer->closing();
  servers_.close([this, closed = std::move(closed)] {
    if (closed) callBack(closed);
  });
}

// The handle is gone: the timer alone keeps the core alive. The end is a task of its own, since no link may
// be destroyed inside its own event.
void ClientCore::shutDown() {
  linger_timer_ = scheduler_->after(longest_linger, [self = shared_from_this()] { self->dispose(); });
  stream_->close();
  if (const auto observer = presentObserver()) observer->closing();
  servers_.close([this] { postTask([self = shared_from_this()] { self->dispose(); }, Sender::self); });
}

// Both the last link's end and the timer may be on their way here.
void ClientCore::dispose() {
  if (!scheduler_) return;
  linger_timer_.cancel();
  tick_timer_.cancel();
  roles_.clear();
  if (const auto observer = presentObserver()) observer->ended();
  stream_->clear();
  calls_.clear();
  servers_.clear();
  on_status_.clear();
  on_stream_status_.clear();
  answer_ = nullptr;
  const std::lock_guard lock(scheduler_mutex_);
  // What is queued already may still use it.
  const auto scheduler = std::move(scheduler_);
  scheduler->post([scheduler, observer = std::move(observer_)] {});
}

std::shared_ptr<client::ServerObserver> ClientCore::presentObserver() const {
  const std::lock_guard lock(scheduler_mutex_);
  return observer_;
}

void ClientCore::added(client::Peer& peer) {
  states_changed_ = true;
  stream_->added(peer);
  roles_.added(peer);
  if (const auto observer = presentObserver()) observer->peerAdded(peer);
}

void ClientCore::removed(client::Peer& peer) {
  states_changed_ = true;
  stream_->removed(peer.id());
  roles_.removed(peer.id());
  if (const auto observer = presentObserver()) observer->peerRemoved(peer);
}

void ClientCore::publishChanged(client::Peer& peer) {
  states_changed_ = true;
  stream_->publishChanged(peer);
  roles_.changed();
}

void ClientCore::connected(client::Peer& peer) {
  states_changed_ = true;
  roles_.changed();
  if (const auto observer = presentObserver()) observer->peerConnected(peer);
}

void ClientCore::disconnected(client::Peer& peer) {
  states_changed_ = true;
  roles_.changed();
  calls_.disconnected(peer);
  if (const auto observer = presentObserver()) observer->peerLost(peer);
}

void ClientCore::sharedObjectReceived(client::Peer& peer, rtmp::SharedObjectMessage& message) {
  if (!servers_.find(peer.id())) return;  // it was removed, and still closes
  if (const auto observer = presentObserver()) observer->sharedObjectReceived(peer, message);
}

std::optional<Credentials> ClientCore::credentials(ServerId server, const std::string& host) {
  std::optional<Credentials> answer;
  if (options_.credentials) run([&] { answer = options_.credentials(server, host); });
  return answer;
}

void ClientCore::connectionStatus(Status status) {
  tell(on_status_, std::move(status));
}

void ClientCore::streamStatus(Status status) {
  tell(on_stream_status_, std::move(status));
}

void ClientCore::objectStatus(const std::string& object, Status status) {
  if (on_status_.waits()) return on_status_.keep(std::move(status), object);
  connectionStatus(std::move(status));
}

// Here and not in the callback's task: what is told behind onStatus() comes behind what has waited for it.
void ClientCore::tell(client::StatusOutlet& outlet, Status status) {
  if (outlet.waits()) return outlet.keep(std::move(status));
  callBack([&outlet, status = std::move(status)] { outlet.tell(status); });
}

void ClientCore::listen(client::StatusOutlet& outlet, std::function<void(const Status&)> callback) {
  for (Status& kept : outlet.listen(std::move(callback))) tell(outlet, std::move(kept));
}

void ClientCore::on(const std::string& name, CallHandler handler) {
  calls_.on(name, std::move(handler));
  const auto observer = presentObserver();
  if (observer && calls_.handles(name)) observer->handlerGiven(name);
}

void ClientCore::setupAnswered(SetupOutcome outcome, std::string sentence) {
  const bool success = outcome.success;
  connectionStatus({success ? code::setup_success : code::setup_failed,
                    success ? "status" : "error",
                    std::move(sentence),
                    {},
                    {},
                    {}});
  if (auto answer = std::exchange(answer_, nullptr))
    callBack([answer = std::move(answer), outcome = std::move(outcome)] { answer(outcome); });
}

void ClientCore::callBack(std::function<void()> callback) {
  callBackThen(std::move(callback), nullptr);
}

// A task of its own, so that the callback finds everything settled; and the figures are those of that moment.
void ClientCore::callBackThen(std::function<void()> callback, std::function<void()> then) {
  const auto task = [self = shared_from_this(), callback = std::move(callback), then = std::move(then)] {
    self->refresh(figures_last);
    self->run(callback);
    if (then) then();
  };
  postTask(task, Sender::self);
}

// The application's code must not take down the strand, and the thread with it. What the exception says is
// its own affair, and may be secret. Where the callback for statuses throws, the limit ends the circle.
void ClientCore::run(const std::function<void()>& callback) {
  try {
    gate_.run(callback);
  } catch (...) {
    if (scheduler_ && callback_failures_.take(scheduler_->now()))
      connectionStatus({code::callback_failed,
                        "error",
                        "A callback of the application has thrown an exception, which was caught.",
                        {},
                        {},
                        {}});
  }
}

void ClientCore::tick() {
  const rtmp::TimePoint now = scheduler_->now();
  servers_.tick(now, stream_->patience());
  stream_->tick(now);
  roles_.tick();
  refresh({});
  if (closed_ && servers_.allGone()) return;
  tick_timer_ = scheduler_->after(tick_interval, [this] { tick(); });
}

void ClientCore::refresh(rtmp::Duration max_age) {
  if (!scheduler_) return;
  const rtmp::TimePoint now = scheduler_->now();
  if (!states_changed_ && now - refreshed_at_ < max_age) return;
  states_changed_ = false;
  refreshed_at_ = now;
  std::vector<ServerStats> rows = servers_.stats(now);
  const std::lock_guard lock(snapshot_mutex_);
  snapshot_.swap(rows);
}

}  // namespace multiconn
