#include "media/demux_loop.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "media/input_name.hpp"
#include "media/packet_frame.hpp"
#include "media/track_properties.hpp"

namespace multiconn::media {
namespace {

// How far tracks may be apart in a file; when one is this much beyond the duration asked for, the others have
// ended.
constexpr std::chrono::seconds interleaving{1};

}  // namespace

DemuxLoop::DemuxLoop(std::string url, AvSourceOptions options)
    : url_(std::move(url)), options_(std::move(options)), stop_(std::make_shared<StopSignal>()) {
  input_ = std::make_unique<Input>(url_, options_.format, stop_);
  if (options_.loop && input_->isPipe())
    throw std::runtime_error(displayName(url_) + " can be read only once; loop needs a file");
  live_ = options_.realtime || isLiveUrl(url_);
  paced_ = options_.realtime && !isLiveUrl(url_);
  pacer_ = Pacer(input_->isPipe());
  shift_.may_jump = input_->mayJump();
  selectTracks();
}

void DemuxLoop::selectTracks() {
  track(TrackKind::audio).input = input_->audio();
  track(TrackKind::video).input = input_->video();
  for (Track& each : tracks_) {
    if (!each.input) continue;
    each.present = true;
    each.properties = trackProperties(*each.input);
    std::optional<Microseconds> duration = options_.loop ? std::nullopt : input_->duration();
    if (options_.duration) duration = std::min(duration.value_or(*options_.duration), *options_.duration);
    if (duration) each.properties.set("duration", std::chrono::duration<double>(*duration).count());
  }
}

void DemuxLoop::take(TrackKind kind) {
  const std::lock_guard lock(mutex_);
  track(kind).taken = true;
}

bool DemuxLoop::start(TrackKind kind, std::shared_ptr<FrameSink> sink) {
  {
    const std::lock_guard lock(delivery_);
    if (finished_ || stop_->isSet()) {
      sink->ended("the source has been read already; open it anew");
      return false;
    }
    track(kind).sink = std::move(sink);
  }
  const std::lock_guard lock(mutex_);
  track(kind).started = true;
  return claimRun();
}

bool DemuxLoop::release(TrackKind kind) {
  const std::lock_guard lock(mutex_);
  if (track(kind).started) return false;
  track(kind).taken = false;
  return claimRun();
}

bool DemuxLoop::claimRun() {
  const auto waiting = [](const Track& each) { return each.taken && !each.started; };
  const auto started = [](const Track& each) { return each.started; };
  if (claimed_ || std::any_of(tracks_.begin(), tracks_.end(), waiting) ||
      std::none_of(tracks_.begin(), tracks_.end(), started))
    return false;
  claimed_ = true;
  return true;
}

void DemuxLoop::resume() {
  const std::lock_guard lock(mutex_);
  ++resumes_;
  changed_.notify_all();
}

void DemuxLoop::stop(TrackKind kind) {
  std::shared_ptr<FrameSink> released;  // outlives the lock
  {
    const std::lock_guard lock(delivery_);
    released.swap(track(kind).sink);
  }
  shutDown();
}

void DemuxLoop::shutDown() {
  stop_->set();
  const std::lock_guard lock(mutex_);
  changed_.notify_all();
}

void DemuxLoop::run() {
  try {
    finish(readAll());
  } catch (const std::exception& error) {
    // stop() aborts an opening, too; nobody waits for a reason then.
    finish(stop_->isSet() ? std::string() : error.what());
  }
}

// Nothing is wrong: empty.
std::string DemuxLoop::readAll() {
  {
    // Tracks that are taken from now on get nothing, and must not hold anything up.
    const std::lock_guard lock(mutex_);
    for (Track& each : tracks_)
      if (!each.started) each.input.reset();
  }
  beginPass();
  std::string error = readPass();
  while (error.empty() && options_.loop && !stop_->isSet() && beginAgain()) error = readPass();
  return error;
}

void DemuxLoop::beginPass() {
  input_->want(track(TrackKind::audio).input.has_value(), track(TrackKind::video).input.has_value());
  pass_shift_ = shift_.current;
  for (Track& each : tracks_) {
    if (!each.input) continue;
    each.timeline.emplace(*each.input->stream);
    std::optional<EncodedFrame> config = configOf(*each.input->stream->codecpar, each.input->codec);
    if (config) write(each, *config);
  }
}

// Opening anew, unlike seeking, gives the very same packets for every container.
bool DemuxLoop::beginAgain() {
  Microseconds length{};
  for (const Track& each : tracks_)
    if (each.timeline) length = std::max(length, each.timeline->length());
  const auto done = [](const Track& each) { return !each.input || each.done; };
  if (length == Microseconds(0) || std::all_of(tracks_.begin(), tracks_.end(), done)) return false;
  shift_.current = pass_shift_ + length;
  input_ = std::make_unique<Input>(url_, options_.format, stop_);
  const std::array inputs{input_->audio(), input_->video()};
  for (std::size_t i = 0; i < tracks_.size(); ++i)
    if (tracks_[i].input) tracks_[i].input = inputs[i];
  beginPass();
  return true;
}

std::string DemuxLoop::readPass() {
  const PacketPtr packet(av_packet_alloc());
  if (!packet) throw std::bad_alloc();
  while (!stop_->isSet()) {
    const int result = input_->read(*packet);
    if (result == AVERROR_EOF || result == AVERROR_EXIT) return {};
    if (result < 0) return displayName(url_) + " cannot be read any further: " + errorText(result);
    const Outcome outcome = process(*packet);
    av_packet_unref(packet.get());
    if (outcome == Outcome::finished) break;
  }
  return {};
}

DemuxLoop::Outcome DemuxLoop::process(AVPacket& packet) {
  const auto owner = std::find_if(tracks_.begin(), tracks_.end(), [&](const Track& each) {
    return each.input && each.input->stream->index == packet.stream_index;
  });
  if (owner == tracks_.end()) return Outcome::go_on;
  const TrackTimeline::Times times = owner->timeline->next(packet, shift_);
  if (beyondDuration(*owner, times.dts)) {
    const auto done = [](const Track& each) { return !each.input || each.done; };
    return std::all_of(tracks_.begin(), tracks_.end(), done) ? Outcome::finished : Outcome::go_on;
  }
  const Codec codec = owner->input->codec;
  if (const auto config = newConfigOf(packet, codec, times)) write(*owner, *config);
  deliverPaced(*owner, frameOf(packet, codec, times));
  return Outcome::go_on;
}

bool DemuxLoop::beyondDuration(Track& of, Microseconds dts) {
  if (!first_dts_) first_dts_ = dts;
  if (!options_.duration || dts - *first_dts_ < *options_.duration) return false;
  of.done = true;
  if (dts - *first_dts_ > *options_.duration + interleaving)
    for (Track& each : tracks_) each.done = true;
  return true;
}

void DemuxLoop::deliverPaced(Track& to, EncodedFrame frame) {
  if (paced_) waitUntilDue(frame.dts);
  write(to, frame);
}

void DemuxLoop::waitUntilDue(Microseconds dts) {
  const auto due = pacer_.due(dts, std::chrono::steady_clock::now());
  std::unique_lock lock(mutex_);
  changed_.wait_until(lock, due, [&] { return stop_->isSet(); });
}

void DemuxLoop::write(Track& to, const EncodedFrame& frame) {
  if (live_) {
    tryWrite(to, frame);
    return;
  }
  while (!stop_->isSet()) {
    const std::uint64_t seen = resumes();
    if (!full(to) && tryWrite(to, frame)) return;
    waitForRoom(seen);
  }
}

bool DemuxLoop::tryWrite(Track& to, const EncodedFrame& frame) {
  const std::lock_guard lock(delivery_);
  const std::shared_ptr<FrameSink> sink = to.sink;  // it may stop us meanwhile
  return sink && !stop_->isSet() && sink->write(frame);
}

bool DemuxLoop::full(Track& of) {
  const std::lock_guard lock(delivery_);
  const std::shared_ptr<FrameSink> sink = of.sink;
  return sink && sink->full();
}

void DemuxLoop::waitForRoom(std::uint64_t resumes_seen) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return stop_->isSet() || resumes_ != resumes_seen; });
}

std::uint64_t DemuxLoop::resumes() {
  const std::lock_guard lock(mutex_);
  return resumes_;
}

void DemuxLoop::finish(const std::string& error) {
  std::array<std::shared_ptr<FrameSink>, 2> released;  // outlives the lock
  const std::lock_guard lock(delivery_);
  finished_ = true;
  for (std::size_t i = 0; i < tracks_.size(); ++i) released[i].swap(tracks_[i].sink);
  for (const std::shared_ptr<FrameSink>& sink : released)
    if (sink) sink->ended(error);
}

}  // namespace multiconn::media
