#pragma once

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <multiconn/multi_connection.hpp>
#include <multiconn/net_stream.hpp>
#include <multiconn/status.hpp>

#include "client/bandwidth_watch.hpp"
#include "client/broadcast.hpp"
#include "client/catch_up_desk.hpp"
#include "client/frame_batch.hpp"
#include "client/intake.hpp"
#include "client/server_group.hpp"
#include "client/shared_function.hpp"
#include "client/source_feed.hpp"
#include "net/scheduler.hpp"

namespace multiconn::client {

/// What an OutgoingStream tells; on the strand.
class OutgoingStreamEvents {
 public:
  virtual ~OutgoingStreamEvents() = default;
  virtual void streamStatus(Status status) = 0;
  /// Calls back the application, in a task of its own.
  virtual void callBack(std::function<void()> callback) = 0;
  /// What callbacks see from now on has to be fresh: frames that were missed have been counted.
  virtual void figuresChanged() = 0;
};

/// The one stream that goes to every server: asked for, fed, drained, ended. Strand only.
class OutgoingStream {
 public:
  OutgoingStream(net::Scheduler& scheduler, ServerGroup& servers, Intake& intake,
                 const ConnectOptions& options, std::weak_ptr<ClientCore> core, OutgoingStreamEvents& events);

  void attach(Track track, std::shared_ptr<MediaSource> source);
  void publish(std::string name, PublishMode mode, rtmp::TimePoint asked_at);
  void metadata(AmfObject properties);
  /// False: the application waits for servers, as a file source does.
  void live(bool live);
  void onDrain(std::function<void()> callback) { on_drain_ = sharedFunction(std::move(callback)); }
  void onBandwidth(std::function<void(const Bandwidth&)> callback) {
    on_bandwidth_ = sharedFunction(std::move(callback));
  }
  void finish(std::function<void()> done);
  /// NetStream.send; what is wrong with it is a status.
  void sendData(const std::string& handler, const std::vector<AmfValue>& arguments);
  void bufferTime(std::chrono::milliseconds longest);
  /// Unpublishes; sources stay attached.
  void stop();
  /// Stops, and detaches the sources.
  void close();
  /// Closes, and lets go of the application's objects.
  void clear();

  /// What was taken by Intake::take().
  void frames(const FrameBatch& batch);
  void sourceEnded(FeedId feed, const std::string& error);

  /// As publish() was given it; empty: nothing is being published.
  std::string_view name() const { return request_ ? std::string_view(request_->name) : std::string_view(); }
  /// A number of what is being published, another one each time; 0: nothing is.
  std::uint64_t publication() const { return request_ ? publication_ : 0; }

  /// The servers exist and are about to be connected to.
  void connecting(rtmp::TimePoint called_at);
  /// One more server, which is about to be connected to.
  void added(Peer& peer);
  /// One server less.
  void removed(ServerId server);
  void publishChanged(Peer& peer);
  /// Its stream goes on on a new connection: sends everything a newcomer needs.
  void join(Peer& peer);
  void queueMoved();
  void tick(rtmp::TimePoint now);
  /// How long a server may take nothing before it is given up; nothing while frames are dropped instead.
  std::optional<std::chrono::milliseconds> patience() const;

 private:
  struct Request {
    std::string name, mode;
    rtmp::TimePoint asked_at;
  };

  SourceFeed& feed(Track track) { return *feeds_[static_cast<std::size_t>(track)]; }
  bool anyFeed(bool (SourceFeed::*test)() const) const;
  /// A producer waits, so that nothing may be dropped.
  bool waits() const { return !live_ || anyFeed(&SourceFeed::waits); }
  std::size_t publishing() const;
  bool anyOnItsWay() const;

  Peer::Bounds bounds() const { return {options_.queue_bytes, buffer_time_, waits()}; }

  void begin();
  void askServers();
  void noteIdleness(bool was_attached, bool is_attached);
  void endIdleness();
  std::string dataProblem(const std::string& handler, const std::vector<AmfValue>& arguments) const;
  rtmp::Error passData(const std::string& handler, const std::vector<AmfValue>& arguments);
  void expectTracks();
  void sendMetadata();
  bool finishing() const { return finishing_since_.has_value(); }
  void frame(const WrittenFrame& written);
  void send(const rtmp::QueuedMessage& message);
  void flush();
  void reportBandwidth(rtmp::TimePoint now);
  void holdBriefly();
  void reportBadFrame(rtmp::Error error, rtmp::TimePoint now);

  void awaitStart();
  void startSourcesWhenReady();
  void startSources();
  void sourcesCompleted();
  void reportAllLost();

  void settle(std::size_t bytes);
  void applyLossless();
  void pollFinish();
  bool finished() const;

  net::Scheduler& scheduler_;
  ServerGroup& servers_;
  Intake& intake_;
  const ConnectOptions& options_;
  OutgoingStreamEvents& events_;

  std::optional<Request> request_;
  std::uint64_t publication_ = 0;
  std::optional<rtmp::TimePoint> connect_called_at_;
  std::unique_ptr<Broadcast> broadcast_;
  CatchUpDesk desk_;
  std::vector<rtmp::QueuedMessage> unsent_, flushing_;
  bool gathering_ = false;  // what is sent goes out with what follows
  std::array<std::unique_ptr<SourceFeed>, 2> feeds_;
  FeedId last_feed_ = application_feed;
  AmfObject metadata_;
  bool live_ = true;  // what the application writes itself
  std::chrono::milliseconds buffer_time_;
  std::optional<rtmp::TimePoint> idle_since_;  // the last source was detached

  bool asking_ = false;  // servers are being told one after the other
  bool sources_started_ = false;
  bool all_lost_reported_ = false;
  std::optional<rtmp::TimePoint> first_start_, bad_frame_at_;
  bool settle_posted_ = false;
  std::function<void()> on_drain_;
  BandwidthWatch bandwidth_;
  std::function<void(const Bandwidth&)> on_bandwidth_;
  std::function<void()> finish_done_;
  std::optional<rtmp::TimePoint> finishing_since_;
  std::weak_ptr<ClientCore> core_;
  std::optional<net::Timer> hold_timer_, start_timer_, grace_timer_, finish_timer_;
};

}  // namespace multiconn::client
