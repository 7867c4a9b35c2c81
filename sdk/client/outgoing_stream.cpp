#include "client/outgoing_stream.hpp"

#include <algorithm>
#include <utility>

#include "client/client_core.hpp"
#include "client/metadata.hpp"
#include "client/sentence.hpp"
#include "client/status_codes.hpp"

namespace multiconn::client {

namespace {

// A track that delivers nothing for this long does not hold up the others.
constexpr std::chrono::milliseconds longest_hold{200};
constexpr std::chrono::seconds pause_between_bad_frames{1};
constexpr std::chrono::milliseconds finish_poll{20};

const char* modeName(PublishMode mode) {
  switch (mode) {
    case PublishMode::record:
      return "record";
    case PublishMode::append:
      return "append";
    case PublishMode::live:
      break;
  }
  return "live";
}

}  // namespace

OutgoingStream::OutgoingStream(net::Scheduler& scheduler, ServerGroup& servers, Intake& intake,
                               const ConnectOptions& options, std::weak_ptr<ClientCore> core,
                               OutgoingStreamEvents& events)
    : scheduler_(scheduler),
      servers_(servers),
      intake_(intake),
      options_(options),
      events_(events),
      desk_(scheduler, servers, [this](Status status) { events_.streamStatus(std::move(status)); }),
      feeds_{std::make_unique<SourceFeed>(Track::audio, core),
             std::make_unique<SourceFeed>(Track::video, core)},
      buffer_time_(options.queue_age),
      core_(std::move(core)) {}

void OutgoingStream::attach(Track track, std::shared_ptr<MediaSource> source) {
  const bool was_attached = anyFeed(&SourceFeed::attached);
  feed(track).attach(std::move(source));
  if (!request_) return;
  noteIdleness(was_attached, anyFeed(&SourceFeed::attached));
  broadcast_->changeSource(track);
  expectTracks();
  sendMetadata();
  applyLossless();
  if (sources_started_)
    feed(track).start(++last_feed_);
  else
    startSourcesWhenReady();
}

void OutgoingStream::publish(std::string name, PublishMode mode, rtmp::TimePoint asked_at) {
  if (request_) stop();
  request_ = Request{std::move(name), modeName(mode), asked_at};
  ++publication_;
  begin();
  askServers();
  awaitStart();
}

void OutgoingStream::askServers() {
  asking_ = true;
  for (const auto& peer : servers_.peers()) peer->publish(request_->name, request_->mode, request_->asked_at);
  asking_ = false;
}

void OutgoingStream::begin() {
  broadcast_ = std::make_unique<Broadcast>([this](const rtmp::QueuedMessage& message) { send(message); },
                                           options_.timestamps,
                                           ResumeRing::Bounds{options_.resume_bytes, options_.resume_age});
  desk_.begin(broadcast_->ring());
  sources_started_ = all_lost_reported_ = false;
  first_start_.reset();
  idle_since_.reset();
  intake_.time({});
  expectTracks();
  sendMetadata();
  applyLossless();
}

void OutgoingStream::expectTracks() {
  const bool by_application = !anyFeed(&SourceFeed::attached);
  for (const Track track : all_tracks) broadcast_->expect(track, by_application || feed(track).active());
}

void OutgoingStream::metadata(AmfObject properties) {
  metadata_ = std::move(properties);
  if (request_) sendMetadata();
}

void OutgoingStream::live(bool live) {
  live_ = live;
  applyLossless();
}

void OutgoingStream::bufferTime(std::chrono::milliseconds longest) {
  buffer_time_ = std::max(longest, std::chrono::milliseconds::zero());
  applyLossless();
}

void OutgoingStream::sendMetadata() {
  AmfObject properties = AmfObject::ecmaArray();
  for (const Track track : all_tracks)
    properties = mergedProperties(std::move(properties), feed(track).properties());
  broadcast_->metadata(mergedProperties(std::move(properties), metadata_), scheduler_.now());
}

void OutgoingStream::frames(const FrameBatch& batch) {
  if (request_ && !finishing()) {
    gathering_ = true;
    for (const WrittenFrame& written : batch.frames()) frame(written);
    gathering_ = false;
    flush();
    holdBriefly();
    intake_.time(broadcast_->time());
    desk_.origin(broadcast_->origin());
  }
  settle(batch.bytes());
}

void OutgoingStream::frame(const WrittenFrame& written) {
  if (written.feed != application_feed && !feed(written.track).is(written.feed)) return;
  const rtmp::TimePoint now = scheduler_.now();
  if (idle_since_) endIdleness();
  const rtmp::Error error = broadcast_->write(written.track, written.frame, now);
  if (error != rtmp::Error::none) reportBadFrame(error, now);
}

void OutgoingStream::holdBriefly() {
  if (!broadcast_->holding()) return hold_timer_.reset();
  if (hold_timer_) return;
  hold_timer_ = scheduler_.after(longest_hold, [this] {
    hold_timer_.reset();
    broadcast_->release(scheduler_.now());
    settle(0);
  });
}

void OutgoingStream::reportBadFrame(rtmp::Error error, rtmp::TimePoint now) {
  if (bad_frame_at_ && now - *bad_frame_at_ < pause_between_bad_frames) return;
  bad_frame_at_ = now;
  events_.streamStatus({code::frame_invalid,
                        "warning",
                        "A frame was left out: " + rtmp::make_error_code(error).message() + ".",
                        {},
                        {},
                        {}});
}

// A keyframe goes alone: with it a server may change over to another connection, which begins with the
// newest that the ring has.
void OutgoingStream::send(const rtmp::QueuedMessage& message) {
  bandwidth_.sent(message.message.payload->size());
  const bool key = message.isKeyframe();
  if (key) flush();
  unsent_.push_back(message);
  if (key || !gathering_) flush();
}

// Nothing that desk_.send() comes to may come back here: the span would change under it.
void OutgoingStream::flush() {
  flushing_.swap(unsent_);
  desk_.send(flushing_);
  flushing_.clear();
}

void OutgoingStream::reportBandwidth(rtmp::TimePoint now) {
  if (!bandwidth_.due(now)) return;
  std::vector<BandwidthWatch::Server> servers;
  for (const auto& peer : servers_.peers()) {
    const BandwidthEstimate& estimate = peer->bandwidth();
    if (peer->publishing())
      servers.push_back(
          {peer->id(), estimate.bitsPerSecond().value_or(0), estimate.congested(), estimate.narrow()});
  }
  const auto news = bandwidth_.report(servers);
  if (news) events_.callBack([callback = on_bandwidth_, news = *news] { callback(news); });
}

void OutgoingStream::connecting(rtmp::TimePoint called_at) {
  connect_called_at_ = called_at;
  if (!request_) return;
  askServers();
  applyLossless();
  awaitStart();
}

void OutgoingStream::added(Peer& peer) {
  peer.bounds(bounds());
  if (request_) peer.publish(request_->name, request_->mode, request_->asked_at);
}

void OutgoingStream::publishChanged(Peer& peer) {
  if (!request_) return;
  if (peer.publishing()) {
    if (!first_start_) first_start_ = scheduler_.now();
    peer.bounds(bounds());
  }
  desk_.changed(peer);
  startSourcesWhenReady();
  reportAllLost();
  settle(0);
}

void OutgoingStream::join(Peer& peer) {
  if (!request_) return;
  peer.bounds(bounds());
  desk_.join(peer);
}

void OutgoingStream::queueMoved() {
  auto core = core_.lock();
  // Once for all servers whose sockets became writable together.
  if (!core || std::exchange(settle_posted_, true)) return;
  scheduler_.post([core = std::move(core), this] {
    settle_posted_ = false;
    desk_.pump();
    settle(0);
  });
}

void OutgoingStream::tick(rtmp::TimePoint now) {
  if (!request_) return;
  settle(0);
  if (on_bandwidth_) reportBandwidth(now);
  startSourcesWhenReady();
}

std::optional<std::chrono::milliseconds> OutgoingStream::patience() const {
  if (request_ && (finishing() || waits())) return options_.stall_timeout;
  return {};
}

void OutgoingStream::settle(std::size_t bytes) {
  std::size_t fullest = 0;
  bool taken = false;
  for (const auto& peer : servers_.peers()) {
    if (!peer->publishing()) continue;
    taken = true;
    fullest = std::max(fullest, peer->queued() + (waits() ? desk_.backlog(*peer) : 0));
  }
  intake_.holdSources(!taken && waits());
  const Intake::Relief relief = intake_.settle(bytes, fullest);
  if (relief.drained && on_drain_) events_.callBack(on_drain_);
  if (!relief.resume) return;
  for (const auto& feed : feeds_) feed->resume();
}

void OutgoingStream::applyLossless() {
  const bool lossless = waits();
  intake_.lossless(lossless);
  desk_.lossless(lossless);
  for (const auto& peer : servers_.peers()) peer->bounds(bounds());
}

void OutgoingStream::finish(std::function<void()> done) {
  if (finishing() || !request_) {
    if (done) events_.callBack(std::move(done));
    return;
  }
  finishing_since_ = scheduler_.now();
  finish_done_ = std::move(done);
  for (const auto& feed : feeds_) feed->stop();
  broadcast_->release(scheduler_.now());
  pollFinish();
}

void OutgoingStream::pollFinish() {
  if (finished()) return stop();
  finish_timer_ = scheduler_.after(finish_poll, [this] { pollFinish(); });
}

// A server that is away may come back in time for what it has missed. Kernels may still hold what queues do
// not: a server has taken it once its own kernel has acknowledged it.
bool OutgoingStream::finished() const {
  const rtmp::TimePoint since = std::max(*finishing_since_, connect_called_at_.value_or(*finishing_since_));
  if (anyOnItsWay() && scheduler_.now() < since + options_.setup_timeout) return false;
  if (desk_.behind()) return false;
  return std::all_of(servers_.peers().begin(), servers_.peers().end(),
                     [](const auto& peer) { return !peer->publishing() || peer->idle(); });
}

void OutgoingStream::removed(ServerId server) {
  desk_.forget(server);
  settle(0);
}

void OutgoingStream::stop() {
  if (!request_) return;
  request_.reset();
  desk_.end();
  broadcast_.reset();
  finishing_since_.reset();
  for (std::optional<net::Timer>* timer : {&hold_timer_, &start_timer_, &grace_timer_, &finish_timer_})
    timer->reset();
  for (const auto& feed : feeds_) feed->stop();
  for (const auto& peer : servers_.peers()) peer->unpublish();
  settle(0);
  events_.figuresChanged();
  if (auto done = std::exchange(finish_done_, nullptr)) events_.callBack(std::move(done));
}

void OutgoingStream::close() {
  stop();
  for (const auto& feed : feeds_) feed->attach(nullptr);
}

void OutgoingStream::clear() {
  close();
  on_drain_ = nullptr;
  on_bandwidth_ = nullptr;
}

bool OutgoingStream::anyFeed(bool (SourceFeed::*test)() const) const {
  return std::any_of(feeds_.begin(), feeds_.end(), [&](const auto& feed) { return ((*feed).*test)(); });
}

std::size_t OutgoingStream::publishing() const {
  return static_cast<std::size_t>(std::count_if(servers_.peers().begin(), servers_.peers().end(),
                                                [](const auto& peer) { return peer->publishing(); }));
}

bool OutgoingStream::anyOnItsWay() const {
  return std::any_of(servers_.peers().begin(), servers_.peers().end(),
                     [](const auto& peer) { return !peer->gone() && !peer->settled(); });
}

}  // namespace multiconn::client
