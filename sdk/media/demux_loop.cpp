#include "media/demux_loop.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "media/encode_format.hpp"
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
  check(options_.encode);
  input_ = std::make_unique<Input>(url_, options_, stop_);
  if (options_.loop && input_->isPipe())
    throw std::runtime_error(displayName(url_) + " can be read only once; loop needs a file");
  if (options_.loop && options_.keep_timestamps)
    throw std::runtime_error("loop cannot keep the timestamps, which begin again with every turn");
  live_ = options_.realtime || isLiveUrl(url_);
  paced_ = options_.realtime && !isLiveUrl(url_);
  pacer_ = Pacer(input_->isPipe());
  shift_.may_jump = input_->mayJump();
  shift_.keep_jumps = options_.keep_timestamps;
  openTracks();
}

void DemuxLoop::openTracks() {
  tracks_[indexOf(TrackKind::audio)].input = input_->audio();
  tracks_[indexOf(TrackKind::video)].input = input_->video();
  std::optional<Microseconds> duration = options_.loop ? std::nullopt : input_->duration();
  if (options_.duration) duration = std::min(duration.value_or(*options_.duration), *options_.duration);
  for (Track& each : tracks_) {
    if (!each.input) continue;
    each.present = true;
    const AVStream& stream = *each.input->stream;
    if (each.input->codec) {
      each.properties = trackProperties(*stream.codecpar, stream.avg_frame_rate, *each.input->codec);
    } else {
      each.transcoder = std::make_unique<Transcoder>(*stream.codecpar, stream.avg_frame_rate, options_.encode,
                                                     AudioClock::exact);
      each.properties = each.transcoder->properties();
    }
    if (duration) each.properties.set("duration", std::chrono::duration<double>(*duration).count());
  }
}

bool DemuxLoop::start(TrackKind kind, std::shared_ptr<FrameSink> sink) {
  return delivery_.attach(kind, std::move(sink)) && gate_.start(kind);
}

void DemuxLoop::resume() {
  const std::lock_guard lock(mutex_);
  ++resumes_;
  changed_.notify_all();
}

void DemuxLoop::stop(TrackKind kind) {
  delivery_.detach(kind);
  shutDown();
}

void DemuxLoop::shutDown() {
  delivery_.close();
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
  // Tracks that are taken from now on get nothing, and must not hold anything up.
  for (Track& each : tracks_)
    if (!gate_.started(each.kind)) each.input.reset();
  beginPass();
  std::string error = readPass();
  while (error.empty() && options_.loop && !stop_->isSet() && beginAgain()) error = readPass();
  for (Track& each : tracks_) finishTrack(each);
  return error;
}

void DemuxLoop::beginPass() {
  input_->want(tracks_[0].input.has_value(), tracks_[1].input.has_value());
  pass_shift_ = shift_.current;
  for (Track& each : tracks_)
    if (each.input) beginTrack(each);
}

void DemuxLoop::beginTrack(Track& track) {
  const AVStream& stream = *track.input->stream;
  track.timeline.emplace(stream);
  if (track.transcoder)
    track.transcoder->beginInput(*stream.codecpar);
  else if (const auto config = configOf(*stream.codecpar, *track.input->codec))
    write(track, *config);
}

// Opening anew, unlike seeking, gives the very same packets for every container.
bool DemuxLoop::beginAgain() {
  Microseconds length{};
  for (const Track& each : tracks_)
    if (each.timeline) length = std::max(length, each.timeline->length());
  if (length == Microseconds(0) || allDone()) return false;
  endPass();
  shift_.current = pass_shift_ + length;
  input_ = std::make_unique<Input>(url_, options_, stop_);
  const std::array inputs{input_->audio(), input_->video()};
  for (std::size_t i = 0; i < tracks_.size(); ++i)
    if (tracks_[i].input) tracks_[i].input = inputs[i];
  beginPass();
  return true;
}

void DemuxLoop::endPass() {
  for (Track& each : tracks_) {
    if (!each.transcoder || !each.input || each.done) continue;
    each.transcoder->endInput([&](const EncodedFrame& frame) { deliverPaced(each, frame); });
  }
}

std::string DemuxLoop::readPass() {
  const PacketPtr packet = newPacket();
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

bool DemuxLoop::allDone() const {
  return std::all_of(tracks_.begin(), tracks_.end(),
                     [](const Track& each) { return !each.input || each.done; });
}

DemuxLoop::Outcome DemuxLoop::process(AVPacket& packet) {
  const auto owner = std::find_if(tracks_.begin(), tracks_.end(), [&](const Track& each) {
    return each.input && each.input->stream->index == packet.stream_index;
  });
  if (owner == tracks_.end()) return Outcome::go_on;
  const TrackTimeline::Times times = owner->timeline->next(packet, shift_);
  if (beyondDuration(*owner, times.dts)) return allDone() ? Outcome::finished : Outcome::go_on;
  if (owner->transcoder)
    transcode(*owner, packet, times);
  else
    send(*owner, packet, times);
  return Outcome::go_on;
}

void DemuxLoop::send(Track& of, const AVPacket& packet, const TrackTimeline::Times& times) {
  const Codec codec = *of.input->codec;
  if (const auto config = newConfigOf(packet, codec, times)) write(of, *config);
  deliverPaced(of, frameOf(packet, codec, times));
}

void DemuxLoop::transcode(Track& of, AVPacket& packet, const TrackTimeline::Times& times) {
  // Where the container has no presentation times, the decoder knows better than we do.
  if (packet.pts != AV_NOPTS_VALUE) packet.pts = times.pts.count();
  packet.dts = times.dts.count();
  packet.duration = av_rescale_q(packet.duration, of.input->stream->time_base, microsecond);
  of.transcoder->transcode(packet, [&](const EncodedFrame& frame) { deliverPaced(of, frame); });
}

bool DemuxLoop::beyondDuration(Track& of, Microseconds dts) {
  if (!first_dts_) first_dts_ = dts;
  if (!options_.duration || dts - *first_dts_ < *options_.duration) return false;
  finishTrack(of);
  if (dts - *first_dts_ > *options_.duration + interleaving)
    for (Track& each : tracks_) finishTrack(each);
  return true;
}

void DemuxLoop::finishTrack(Track& track) {
  if (std::exchange(track.done, true) || !track.input || !track.transcoder || stop_->isSet()) return;
  track.transcoder->finish([&](const EncodedFrame& frame) { deliverPaced(track, frame); });
}

void DemuxLoop::deliverPaced(const Track& to, const EncodedFrame& frame) {
  if (paced_) waitUntilDue(frame.dts);
  write(to, frame);
}

void DemuxLoop::waitUntilDue(Microseconds dts) {
  const auto due = pacer_.due(dts, std::chrono::steady_clock::now());
  std::unique_lock lock(mutex_);
  changed_.wait_until(lock, due, [&] { return stop_->isSet(); });
}

void DemuxLoop::write(const Track& to, const EncodedFrame& frame) {
  if (live_) {
    delivery_.write(to.kind, frame);
    return;
  }
  while (!stop_->isSet()) {
    const std::uint64_t seen = resumes();
    if (!delivery_.full(to.kind) && delivery_.write(to.kind, frame)) return;
    waitForRoom(seen);
  }
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
  for (const Track& each : tracks_) delivery_.end(each.kind, error);
}

}  // namespace multiconn::media
