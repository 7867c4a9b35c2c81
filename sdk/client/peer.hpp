#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <multiconn/multi_connection.hpp>
#include <multiconn/status.hpp>

#include "client/bandwidth_estimate.hpp"
#include "client/comeback.hpp"
#include "client/dead_peer.hpp"
#include "client/dialer.hpp"
#include "client/drop_report.hpp"
#include "client/frame_limit.hpp"
#include "client/fresh_figures.hpp"
#include "client/left_connections.hpp"
#include "client/peer_connection.hpp"
#include "client/peer_events.hpp"
#include "client/peer_identity.hpp"
#include "client/progress.hpp"
#include "client/rate_limit.hpp"
#include "client/relocation.hpp"
#include "client/status_codes.hpp"
#include "rtmp/outbound_queue.hpp"

namespace multiconn::client {

/// One server of a MultiConnection: its connection, and how far its publish has come. One that is lost, or
/// cannot be reached, is tried again by itself, as ConnectOptions::reconnect has it.
class Peer final : PeerConnectionEvents, DialerEvents, RelocationEvents {
 public:
  using Bounds = rtmp::OutboundQueue::Bounds;

  Peer(ServerId id, Target target, const ConnectOptions& options, PeerHost& host, PeerEvents& events);
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  void connect(rtmp::TimePoint called_at);
  /// The answer to PeerHost::lookUp(): goes there. Ignored unless it is waited for.
  void found(const FoundServer& server);
  /// `final`: asking again cannot help.
  void notFound(const std::string& why, bool final);
  /// Under the destination's own stream name, or `name`. Before connect() it is pipelined; before connect's
  /// answer it is remembered.
  void publish(const std::string& name, const std::string& mode, rtmp::TimePoint asked_at);
  /// Drops what is queued, and ends the publish.
  void unpublish();
  /// Unpublishes and closes in good order; ended() follows, except for a peer that is gone already.
  void close();
  /// As close(), at once.
  void abort();

  // A spare (Destination::standby). publish() makes it ready, and no more.
  bool spare() const { return spare_; }
  /// A spare that is not to publish now.
  bool silent() const { return silent_; }
  /// A spare that may take over: connected, and what is to be published has been said.
  bool ready() const { return silent_ && asked_ && connected(); }
  /// Publishes in the place of another one, from its unconfirmed() on. Ignored unless ready().
  void takeOver(std::optional<std::uint64_t> from);
  /// Unpublishes, and is ready again.
  void silence();
  /// Added to a stream that runs: nothing of it has been missed here.
  bool newcomer() const { return newcomer_; }
  void newcomer(bool newcomer) { newcomer_ = newcomer; }
  /// The number of the first message of the broadcast that the server may not have got. Nothing: it has got
  /// none since publish().
  std::optional<std::uint64_t> unconfirmed() const {
    const auto here = connection_ && !taking_over_ ? connection_->unconfirmed() : std::nullopt;
    return here ? here : unconfirmed_;
  }

  void bounds(const Bounds& bounds);
  /// What its queue holds before the drop policy begins.
  std::size_t queueBytes() const { return bounds_.lossless ? SIZE_MAX : bounds_.bytes; }
  /// Sends or queues, by the drop policy; ignored unless publishing.
  void send(const rtmp::QueuedMessage& message);
  /// False: as the last connections have ended, this frame is too long for the server; see FrameLimit.
  bool takes(const rtmp::QueuedMessage& message) const { return frame_limit_.allows(message); }
  /// Says that a frame of so many bytes is left out for that.
  void sayLeftOut(std::size_t bytes);
  /// Around several send() without a keyframe among them; see Link.
  void cork() {
    if (connection_) connection_->cork();
  }
  void uncork() {
    if (connection_) connection_->uncork();
  }
  /// Frames of the broadcast that it will not get, sent while it was away.
  /// `numbers`: which they are, for lostFrom().
  void missed(const rtmp::DropCounts& counts, const std::vector<MissedFrames>& numbers = {});
  /// It is lost, and what was dropped from this number on is sent again, or will be missed().
  void lostFrom(std::uint64_t number) { drops_.takeBack(number); }
  /// Every 100 ms. Reports what has piled up, and gives up a server that is dead, or has taken nothing for
  /// too long: `patience`, when it is being waited for. `round_trip`: the longest measured lately, of all
  /// servers.
  void tick(rtmp::TimePoint now, std::optional<std::chrono::milliseconds> patience,
            std::chrono::microseconds round_trip);
  /// As its traffic measures it: zero while it has none.
  std::chrono::microseconds roundTrip() const {
    return publishing() ? figures_.last().rtt.value_or(std::chrono::microseconds::zero())
                        : std::chrono::microseconds::zero();
  }

  /// What stands and may be used for calls; null when none does.
  PeerConnection* connection() const { return closing_ ? nullptr : connection_.get(); }
  /// Changes with every connection.
  std::uint64_t connectionNumber() const { return connection_number_; }
  /// Queued as a command, never dropped. An error when not connected or not encodable.
  rtmp::Error sendSharedObject(rtmp::SharedObjectMessage message);
  /// For a connection of one's own to where this one has come to, redirects included. To be destroyed before
  /// the Peer.
  std::unique_ptr<Dialer> makeDialer(DialerEvents& events);

  ServerId id() const { return identity_.id; }
  const std::string& url() const { return identity_.url; }
  /// What was asked for, before balancers and redirects.
  const Target& destination() const { return destination_; }
  /// Where it is, or goes.
  const Target& target() const { return target_; }
  /// publish()'s name, until unpublish().
  std::string_view name() const { return asked_ ? std::string_view(name_) : std::string_view(); }
  const PeerIdentity& identity() const { return identity_; }
  ServerState state() const { return state_; }
  const std::string& error() const { return error_; }
  /// A connection stands: calls and shared objects may be sent.
  bool connected() const { return connection() != nullptr; }
  bool publishing() const { return publish_ == Publish::publishing || publish_ == Publish::moving; }
  /// Whether a publish is neither on its way nor asked for.
  bool settled() const { return publish_ != Publish::wanted && publish_ != Publish::requested; }
  /// For good.
  bool gone() const { return state_ == ServerState::closed || state_ == ServerState::failed; }
  /// It was lost or not reached, or its publish was, and is tried again.
  bool reconnecting() const { return state_ == ServerState::reconnecting; }
  Resume resumeMode() const { return destination_.resume; }
  /// Bytes, on the connections that moves have left too.
  std::size_t queued() const { return queuedHere() + left_.queued(); }
  /// Everything queued has reached the server's kernel.
  bool idle() const { return held_.empty() && (!connection_ || connection_->idle()) && left_.idle(); }
  const BandwidthEstimate& bandwidth() const { return bandwidth_; }
  ServerStats stats(rtmp::TimePoint now);

 private:
  /// `moving`: the stream runs, but its new connection has not said Publish.Start yet.
  enum class Publish : std::uint8_t { none, wanted, requested, publishing, moving, refused };

  void happened(rtmp::ClientEvent& event) override;
  void moved() override { events_.queueMoved(); }
  void choked(const std::string& why) override { end(why); }
  void closed(net::LinkFailure failure) override;

  void dialStatus(Status status) override { sayConnection(std::move(status)); }
  void dialed(std::unique_ptr<PeerConnection> connection, rtmp::client_event::Connected& event) override;
  void dialFailed(DialFailure failure) override;

  void on(rtmp::client_event::PublishStarted& event);
  void on(rtmp::client_event::PublishFailed& event);
  void on(rtmp::client_event::StatusReceived& event);
  void on(rtmp::client_event::Called& event);
  void on(rtmp::client_event::CallAnswered& event) { events_.callAnswered(*this, event); }
  void on(rtmp::client_event::SharedObjectReceived& event) {
    events_.sharedObjectReceived(*this, event.message);
  }
  void on(rtmp::client_event::CloseRequested& event);
  void on(rtmp::client_event::Redirected& event);
  void on(rtmp::client_event::ReconnectRequested& event);
  template <typename Event>
  void on(Event&) {}  // of playing, which a publisher does not do

  void dial();
  std::chrono::milliseconds attemptPatience() const;
  void warnOfInsecurity(const std::string& whose);
  void adopt(std::unique_ptr<PeerConnection> connection);
  void announce();
  void requestPublish();
  void forgetNumbers();
  std::string streamName() const;
  rtmp::PublishRequest request() const { return {streamName(), mode_}; }
  void askToPublish(std::chrono::milliseconds patience);
  void awaitPublish(std::chrono::milliseconds patience);
  void noPublishAnswer(std::chrono::milliseconds patience);
  void failPublish(Status failure, bool final = false);
  void refusePublish(Status failure, std::string error);
  void endPublish(std::string error);
  void stand();
  void answer();
  void end(const std::string& why);
  void connectionEnded(const std::string& why);
  void giveUp(const char* code, const std::string& why);
  void disconnect();
  void retire();
  void sayConnection(Status status);
  void sayStream(Status status);

  void prepare();  // peer_standby.cpp

  // peer_reconnect.cpp
  /// Of what waits when a connection ends.
  enum class Fate : std::uint8_t { sent_again, lost };
  void dropAll(Fate fate);
  void lose(const std::string& why, const char* stream_code = code::publish_lost);
  void attemptFailed(DialFailure failure);
  void failConnect(DialFailure failure);
  std::optional<std::chrono::milliseconds> nextAttempt();
  void reconnectAfter(std::chrono::milliseconds delay, const std::string& why);
  void publishAfter(std::chrono::milliseconds delay, Status failure, const std::string& why);
  void tryAgain();
  void startOver();
  bool refusesForGood(const Status& failure) const;
  std::string announcement(const std::string& why, std::chrono::milliseconds delay) const;
  std::string whenGivenUp(const std::string& why) const;
  void noteUnconfirmed();
  void noteHealth(rtmp::TimePoint now);
  bool diesInSilence(rtmp::TimePoint now, std::chrono::microseconds round_trip);

  // peer_move.cpp
  void relocationStatus(Status status) override { sayConnection(std::move(status)); }
  void relocationReady() override;
  void relocationFailed(const std::string& why) override;
  bool awaitsPublish() const { return !settled() || publish_ == Publish::moving; }
  bool mayAskAgain();
  void followRequest(const std::string& tc_url);
  void followPendingRequest();
  void forgiveRedirects();
  void relocate(Target target);
  void exchange();
  void moveIfReady();
  void hold();
  void finishMove();
  bool retryMove(const Status& failure);
  bool fallBack(const std::string& why);
  void goOnWithout(const std::string& why);
  void leaveOldConnections();
  void dropRelocation();
  void warnOfRelocation(const std::string& why);

  // peer_media.cpp
  void transmit(const rtmp::QueuedMessage& message);
  bool tooMuchData(const rtmp::QueuedMessage& message) const;
  std::size_t queuedHere() const { return held_.bytes() + (connection_ ? connection_->queued() : 0); }
  void dropMedia();
  void collectDrops(rtmp::TimePoint now);
  void reportPiledUp(rtmp::TimePoint now);
  void measure(rtmp::TimePoint now);
  void giveUpStalled(rtmp::TimePoint now, std::chrono::milliseconds patience, bool waited_for);
  const net::LinkStats& figures(rtmp::TimePoint now, rtmp::Duration max_age) {
    return figures_.of(connection_.get(), now, max_age);
  }

  PeerIdentity identity_;
  Target destination_;  // as asked for
  Target target_;
  const ConnectOptions& options_;
  PeerHost& host_;
  PeerEvents& events_;

  ServerState state_ = ServerState::connecting;
  std::string error_;
  bool closing_ = false;
  bool announced_ = false;  // connected() was told, and disconnected() not yet
  bool answered_ = false;   // PeerHost::answered() was told
  std::uint64_t connection_number_ = 0;
  Publish publish_ = Publish::none;
  std::string name_, mode_;  // as the application says
  std::uint32_t stream_id_ = 0;
  bool may_hold_name_ = false;  // the server, for a connection of ours
  bool said_goodbye_ = false;   // to a publish of the present connection
  const bool spare_;
  bool silent_;         // a spare's
  bool asked_ = false;  // publish() was called, and unpublish() not yet
  bool newcomer_ = false;
  bool taking_over_ = false;                  // what this connection had before does not count
  std::optional<std::uint64_t> unconfirmed_;  // on the connections before the present one
  bool has_video_ = false;

  RateLimit statuses_, calls_;
  Bounds bounds_;
  rtmp::OutboundQueue held_{Bounds()};  // while moving
  DropReport drops_;
  FrameLimit frame_limit_;
  std::string frame_limit_of_;  // the server
  Sent earlier_;                // on connections before the present one
  FreshFigures figures_;
  Progress progress_;
  BandwidthEstimate bandwidth_;
  DeadPeer dead_peer_;

  RedirectPolicy redirects_;  // since the stream has last run for a while
  rtmp::TimePoint adopted_at_{}, started_at_{};
  RelocationBudget requests_;
  std::optional<std::string> pending_request_;  // a tcUrl that was asked for in the middle of a move
  std::optional<rtmp::TimePoint> ready_at_;
  unsigned move_retries_ = 0;
  bool redirected_publish_ = false;  // its failure is the relocation's
  std::string lost_because_;         // while there is no connection but the relocation's

  rtmp::TimePoint called_at_{};
  rtmp::TimePoint publish_asked_at_{};
  std::optional<std::chrono::milliseconds> connect_time_, publish_time_;
  Comeback comeback_;
  unsigned mute_attempts_ = 0;  // DialFailure::mute, in a row
  net::Timer answer_timer_, retry_timer_;
  std::unique_ptr<Dialer> dialer_;
  std::unique_ptr<Relocation> relocation_;
  LeftConnections left_{drops_, [this] { events_.queueMoved(); }};
  std::unique_ptr<PeerConnection> connection_;  // last: its events come here
};

}  // namespace multiconn::client
