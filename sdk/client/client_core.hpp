#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <multiconn/multi_connection.hpp>

#include "client/callback_gate.hpp"
#include "client/engine.hpp"
#include "client/intake.hpp"
#include "client/outgoing_stream.hpp"
#include "client/server_group.hpp"
#include "net/scheduler.hpp"

namespace multiconn {

/// What a MultiConnection and its NetStreams are handles of. Everything below the first group runs on one
/// strand, so that nothing there needs a lock.
class ClientCore final : public std::enable_shared_from_this<ClientCore>,
                         private client::ServerGroupEvents,
                         private client::OutgoingStreamEvents {
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
  bool write(client::Track track, EncodedFrame frame, client::FeedId feed);
  void sourceEnded(client::FeedId feed, std::string error);
  client::Intake& intake() { return intake_; }
  std::vector<ServerStats> stats() const;
  rtmp::TimePoint now() const;
  /// No callback starts any more; then everything is closed, and the core goes.
  void abandon();

  // The strand.
  void connect(std::vector<Destination> destinations, std::function<void(SetupOutcome)> answer,
               rtmp::TimePoint called_at);
  void onStatus(std::function<void(const Status&)> callback) { on_status_ = std::move(callback); }
  void onStreamStatus(std::function<void(const Status&)> callback) {
    on_stream_status_ = std::move(callback);
  }
  client::OutgoingStream& stream() { return *stream_; }
  void publish(std::string name, PublishMode mode, rtmp::TimePoint asked_at);
  void close(std::function<void()> closed);

 private:
  void connectionStatus(Status status) override;
  void streamStatus(Status status) override;
  void setupAnswered(SetupOutcome outcome, std::string sentence) override;
  void publishChanged(client::Peer& peer) override { stream_->publishChanged(peer); }
  void queueMoved() override { stream_->queueMoved(); }
  void callBack(std::function<void()> callback) override;

  enum class Sender : std::uint8_t { handle, self };
  void postTask(std::function<void()> task, Sender sender, std::optional<bool> accepting = {});
  void shutDown();
  void dispose();
  void tick();
  void refresh();

  ConnectOptions options_;
  client::Intake intake_;
  client::CallbackGate gate_;

  // Guards the way to the strand, which is cut when everything is over: handles may be used for longer.
  mutable std::mutex scheduler_mutex_;
  std::shared_ptr<net::Scheduler> scheduler_;
  bool abandoned_ = false;

  mutable std::mutex snapshot_mutex_;
  std::vector<ServerStats> snapshot_;

  // The strand's own.
  std::function<void(const Status&)> on_status_, on_stream_status_;
  std::function<void(SetupOutcome)> answer_;
  bool closed_ = false;
  net::Timer tick_timer_, linger_timer_;
  client::ServerGroup servers_;
  std::unique_ptr<client::OutgoingStream> stream_;
};

}  // namespace multiconn
