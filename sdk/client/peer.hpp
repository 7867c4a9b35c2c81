#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <multiconn/multi_connection.hpp>
#include <multiconn/status.hpp>

#include "client/destinations.hpp"
#include "client/drop_report.hpp"
#include "client/peer_connection.hpp"
#include "client/secret_mask.hpp"
#include "net/scheduler.hpp"
#include "rtmp/outbound_queue.hpp"

namespace multiconn::client {

class Peer;

/// What a Peer needs and tells.
class PeerHost {
 public:
  virtual ~PeerHost() = default;
  virtual net::Scheduler& scheduler() = 0;
  virtual std::unique_ptr<net::Link> makeLink(const net::LinkTarget& target) = 0;
  virtual void connectionStatus(Status status) = 0;
  virtual void streamStatus(Status status) = 0;
  /// connect has its answer, or never will have: see state(). Once.
  virtual void answered(Peer& peer) = 0;
  /// publishing() or settled() have changed.
  virtual void publishChanged(Peer& peer) = 0;
  /// Bytes have left the queue.
  virtual void queueMoved() = 0;
  /// gone() is true now.
  virtual void ended(Peer& peer) = 0;
};

/// One server of a MultiConnection: its connection, its queue, and how far its publish has come.
class Peer final : PeerConnectionEvents {
 public:
  Peer(ServerId id, Target target, const ConnectOptions& options, PeerHost& host);
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  void connect(rtmp::TimePoint called_at);
  /// Under the destination's own stream name, or `name`. Before connect() it is pipelined; before connect's
  /// answer it is remembered.
  void publish(const std::string& name, const std::string& mode, rtmp::TimePoint asked_at);
  /// Drops what is queued, and ends the publish.
  void unpublish();
  /// Unpublishes and closes in good order; ended() follows, except for a peer that is gone already.
  void close();
  /// As close(), at once.
  void abort();

  /// Media may be sent from now on. `wait_for_key`: what was missed cannot be decoded without, so begin at a
  /// keyframe.
  void beginMedia(bool wait_for_key);
  /// The producer waits: nothing is dropped.
  void lossless(bool lossless);
  /// Sends or queues, by the drop policy; ignored unless publishing.
  void send(const rtmp::QueuedMessage& message);
  /// Reports drops. Gives the server up when it is being waited for and has taken nothing for `patience`.
  void tick(rtmp::TimePoint now, std::optional<std::chrono::milliseconds> patience);

  ServerId id() const { return id_; }
  const std::string& url() const { return target_.masked_url; }
  ServerState state() const { return state_; }
  const std::string& error() const { return error_; }
  bool publishing() const { return publish_ == Publish::publishing; }
  /// Whether a publish is neither on its way nor asked for.
  bool settled() const { return publish_ != Publish::wanted && publish_ != Publish::requested; }
  bool gone() const { return state_ == ServerState::closed || state_ == ServerState::failed; }
  std::size_t queued() const { return queue_.bytes(); }
  /// Everything queued has reached the server's kernel.
  bool idle() const;
  ServerStats stats(rtmp::TimePoint now);

 private:
  enum class Publish : std::uint8_t { none, wanted, requested, publishing, refused };

  void opened() override { drain(); }
  void answer(std::vector<rtmp::OutMessage> commands) override;
  void happened(rtmp::ClientEvent& event) override;
  void writable() override;
  void closed(net::LinkFailure failure) override;

  void open();
  rtmp::ConnectRequest connectRequest() const;
  void requestPublish();
  void react(rtmp::ClientReaction reaction);
  bool retryWithoutPipelining();
  void failConnect(Status failure, std::string error);
  void refusePublish(Status failure, std::string error);
  void lose(const std::string& why);
  void end(const std::string& why);
  void giveUp(const char* code, const std::string& why);
  void retire();
  void awaitAnswer(const char* what);
  void noAnswer(const char* what);
  void closeWhenSent();

  void on(rtmp::client_event::Connected& event);
  void on(rtmp::client_event::ConnectFailed& event);
  void on(rtmp::client_event::PublishStarted& event);
  void on(rtmp::client_event::PublishFailed& event);
  void on(rtmp::client_event::StatusReceived& event);
  void on(rtmp::client_event::Called& event);
  void on(rtmp::client_event::CloseRequested& event);
  template <typename Event>
  void on(Event&) {}  // of playing, which a publisher does not do

  void transmit(rtmp::QueuedMessage message);
  void drain();
  void dropMedia();
  void reportDrops(rtmp::TimePoint now);
  rtmp::Duration withoutProgress(rtmp::TimePoint now);
  const net::LinkStats& linkStats(rtmp::TimePoint now, rtmp::Duration max_age);

  Status status(const char* code, const char* level, std::string description) const;
  Status serverStatus(const rtmp::StatusInfo& info, const char* fallback_code) const;

  ServerId id_;
  Target target_;
  const ConnectOptions& options_;
  PeerHost& host_;
  SecretMask mask_;

  ServerState state_ = ServerState::connecting;
  std::string error_;
  bool closing_ = false;
  bool pipelining_ = true;  // until this server has shown that it cannot
  bool pipelined_ = false;  // on the present connection
  Publish publish_ = Publish::none;
  rtmp::PublishRequest request_;
  std::uint32_t stream_id_ = 0;
  bool wait_for_key_ = false;

  rtmp::OutboundQueue queue_;
  std::size_t command_bytes_ = 0;  // of queue_
  bool blocked_ = false;           // until writable()
  DropReport drops_;
  std::uint64_t frames_sent_ = 0;
  std::uint64_t earlier_bytes_ = 0;  // of connections before the present one
  net::LinkStats link_stats_;
  rtmp::TimePoint link_stats_at_{};
  std::uint64_t progress_ = 0;
  rtmp::TimePoint progress_at_{};

  rtmp::TimePoint called_at_{};
  rtmp::TimePoint publish_asked_at_{};
  std::optional<std::chrono::milliseconds> connect_time_, publish_time_;
  net::Timer answer_timer_, close_timer_;
  std::unique_ptr<PeerConnection> connection_;  // last: its events come here
};

}  // namespace multiconn::client
