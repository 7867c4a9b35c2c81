#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <multiconn/multi_connection.hpp>

#include "client/call_desk.hpp"
#include "client/callback_gate.hpp"
#include "client/engine.hpp"
#include "client/frame_batch.hpp"
#include "client/intake.hpp"
#include "client/outgoing_stream.hpp"
#include "client/rate_limit.hpp"
#include "client/roles.hpp"
#include "client/server_group.hpp"
#include "client/server_observer.hpp"
#include "client/status_outlet.hpp"
#include "net/scheduler.hpp"

namespace multiconn {

/// What a MultiConnection and its NetStreams are handles of. Everything below the first group runs on one
/// strand, so that nothing there needs a lock.
class ClientCore final : public std::enable_shared_from_this<ClientCore>,
                         private client::ServerGroupEvents,
                         private client::OutgoingStreamEvents,
                         private client::CallDeskEvents,
                         private client::RolesEvents {
 public:
  static std::shared_ptr<ClientCore> make(Runtime::Engine& engine, ConnectOptions options);
  ClientCore(Runtime::Engine& engine, ConnectOptions options);
  ~ClientCore() override;

  // Any thread.
  /// Runs task(core) on the strand; not at all once the MultiConnection is gone.
  template <typename Task>
  void post(Task task) {
    postTask([self = shared_from_this(), task = std::move(task)]() mutable { task(*self); }, Sender::handle);
  }
  /// As post(). Whether frames are taken follows the order of these tasks, and already holds on return.
  template <typename Task>
  void postAccepting(bool frames, Task task) {
    postTask([self = shared_from_this(), task = std::move(task)]() mutable { task(*self); }, Sender::handle,
             frames);
  }
  void connect(const std::vector<Destination>& destinations, std::function<void(SetupOutcome)> answer);
  ServerId add(const Destination& destination);
  bool write(client::Track track, EncodedFrame frame, client::FeedId feed);
  void sourceEnded(client::FeedId feed, std::string error);
  client::Intake& intake() { return intake_; }
  std::vector<ServerStats> stats() const;
  rtmp::TimePoint now() const;
  /// The one observer of the servers. Made on the first call by Observer(std::weak_ptr<ClientCore>), on
  /// whatever thread that is, which must not call the core; what happened before it can be seen from
  /// servers(). Null once all is over.
  template <typename Observer>
  std::shared_ptr<Observer> observer() {
    const std::lock_guard lock(scheduler_mutex_);
    if (!observer_ && scheduler_) observer_ = std::make_shared<Observer>(weak_from_this());
    return std::static_pointer_cast<Observer>(observer_);
  }
  /// ncClose(): what is used from now on is used too late.
  void shut(std::function<void()> closed);
  bool isShut() const { return intake_.isShut(); }
  /// No callback starts any more; then everything is closed, and the core goes.
  void abandon();

  // The strand.
  net::Scheduler& scheduler() { return *scheduler_; }
  const ConnectOptions& options() const { return options_; }
  client::ServerGroup& servers() { return servers_; }
  client::CallDesk& calls() { return calls_; }
  bool closed() const { return closed_; }
  /// Calls what on() has for `call.method`, if anything.
  void callHandler(Call call) { calls_.callHandler(std::move(call)); }
  void connectionStatus(Status status) override;
  /// A connectionStatus() about a shared object, which statusesKept() gives back as long as nobody listens.
  void objectStatus(const std::string& object, Status status);
  std::vector<Status> statusesKept(const std::string& object) { return on_status_.takeBack(object); }
  void callBack(std::function<void()> callback) override;
  void figuresChanged() override { states_changed_ = true; }
  void remove(ServerId server) { servers_.remove(server); }
  void onStatus(std::function<void(const Status&)> callback) { listen(on_status_, std::move(callback)); }
  void onStreamStatus(std::function<void(const Status&)> callback) {
    listen(on_stream_status_, std::move(callback));
  }
  void on(const std::string& name, CallHandler handler);
  client::OutgoingStream& stream() { return *stream_; }
  void publish(std::string name, PublishMode mode, rtmp::TimePoint asked_at);

 private:
  void close(std::function<void()> closed);
  void connectTo(std::vector<client::Target> targets, std::function<void(SetupOutcome)> answer,
                 rtmp::TimePoint called_at);
  void addServers(std::vector<client::Target> targets, ServerId first);
  void refuse(const std::vector<client::Target>& targets, ServerId first, const char* why);
  void streamStatus(Status status) override;
  void listen(client::StatusOutlet& outlet, std::function<void(const Status&)> callback);
  void tell(client::StatusOutlet& outlet, Status status);
  void added(client::Peer& peer) override;
  void removed(client::Peer& peer) override;
  void left() override { refresh({}); }
  void setupAnswered(SetupOutcome outcome, std::string sentence) override;
  std::optional<Credentials> credentials(ServerId server, const std::string& host) override;
  void publishChanged(client::Peer& peer) override;
  void replay(client::Peer& peer) override { stream_->join(peer); }
  void queueMoved() override { stream_->queueMoved(); }
  void connected(client::Peer& peer) override;
  void disconnected(client::Peer& peer) override;
  void called(client::Peer& peer, rtmp::client_event::Called& call) override { calls_.called(peer, call); }
  void callAnswered(client::Peer& peer, rtmp::client_event::CallAnswered& answer) override {
    calls_.answered(peer, answer);
  }
  void sharedObjectReceived(client::Peer& peer, rtmp::SharedObjectMessage& message) override;
  void callBackThen(std::function<void()> callback, std::function<void()> then) override;
  void run(const std::function<void()>& callback);

  enum class Sender : std::uint8_t { handle, self };
  void postTask(std::function<void()> task, Sender sender, std::optional<bool> accepting = {});
  /// With scheduler_mutex_ held.
  void postLocked(std::function<void()> task, Sender sender);
  void takeFrames(const std::shared_ptr<const client::FrameBatch>& batch);
  void shutDown();
  void dispose();
  void tick();
  std::shared_ptr<client::ServerObserver> presentObserver() const;
  /// `max_age`: of the figures that have been published already.
  void refresh(rtmp::Duration max_age);

  ConnectOptions options_;
  client::Intake intake_;
  client::CallbackGate gate_;
  client::RateLimit callback_failures_{1};

  std::shared_ptr<Runtime::Engine> engine_;
  // Guards the way to the strand, which is cut when everything is over: handles may be used for longer. And
  // ids, which are given in the order of the tasks.
  mutable std::mutex scheduler_mutex_;
  std::shared_ptr<net::Scheduler> scheduler_;
  std::shared_ptr<client::ServerObserver> observer_;
  bool abandoned_ = false;
  std::shared_ptr<client::FrameBatch> open_batch_;  // of the last task, and not begun
  std::optional<std::uint32_t> next_id_;            // after connect()
  std::uint32_t last_id_ = 0xFFFFFFFF;              // downwards, for what comes to nothing

  mutable std::mutex snapshot_mutex_;
  std::vector<ServerStats> snapshot_;

  // The strand's own.
  client::StatusOutlet on_status_, on_stream_status_;
  std::function<void(SetupOutcome)> answer_;
  bool closed_ = false;
  bool states_changed_ = false;  // since the last refresh()
  rtmp::TimePoint refreshed_at_{};
  net::Timer tick_timer_, linger_timer_;
  client::ServerGroup servers_;
  client::CallDesk calls_;
  client::Roles roles_;
  std::unique_ptr<client::OutgoingStream> stream_;
};

}  // namespace multiconn
