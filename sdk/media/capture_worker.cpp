#include "media/capture_worker.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "media/device_list.hpp"

namespace multiconn::media {
namespace {

using std::chrono::duration_cast;

// For a device that says "nothing yet" in place of waiting.
constexpr std::chrono::milliseconds nothing_yet{5};
// Of the sound of a device that has just been opened, FFmpeg's timestamps are wrong by up to half a second.
constexpr std::chrono::milliseconds settling{750};

}  // namespace

CaptureWorker::CaptureWorker(DeviceSpec spec, CaptureOptions options, std::shared_ptr<CaptureShared> shared)
    : spec_(std::move(spec)), options_(std::move(options)), shared_(std::move(shared)) {}

void CaptureWorker::waitUntilOpen(TimePoint deadline) {
  std::unique_lock lock(shared_->mutex);
  const bool in_time = shared_->changed.wait_until(lock, deadline, [&] { return phase_ != Phase::opening; });
  if (!in_time)
    throw std::runtime_error(displayName(spec_) +
                             " has delivered nothing so far; another program may be using it" +
                             see_device_list);
  if (!failure_.empty()) throw std::runtime_error(failure_);
}

void CaptureWorker::deliver(bool audio, bool video) {
  const std::lock_guard lock(shared_->mutex);
  tracks_[indexOf(TrackKind::audio)].wanted = audio;
  tracks_[indexOf(TrackKind::video)].wanted = video;
}

bool CaptureWorker::waitUntilEnded(TimePoint deadline) {
  std::unique_lock lock(shared_->mutex);
  return shared_->changed.wait_until(lock, deadline, [&] { return phase_ == Phase::ended; });
}

void CaptureWorker::run() {
  std::string error;
  try {
    open();
    enter(Phase::open, {});
    error = capture();
    for (Track& each : tracks_)
      if (each.stream != nullptr && wanted(each)) finishTrack(each, error);
  } catch (const std::exception& failure) {
    error = failure.what();
  }
  device_.reset();
  end(error);
  enter(Phase::ended, error);
}

void CaptureWorker::open() {
  device_ = std::make_unique<DeviceInput>(spec_, options_, shared_->stop);
  tracks_[indexOf(TrackKind::audio)].stream = device_->audio();
  tracks_[indexOf(TrackKind::video)].stream = device_->video();
  for (Track& each : tracks_) {
    if (each.stream == nullptr) continue;
    each.transcoder = makeTranscoder(each);
    each.properties = each.transcoder->properties();
  }
  const int result = readFirst();
  if (result < 0)
    throw std::runtime_error(displayName(spec_) + " delivers nothing: " + errorText(result) +
                             see_device_list);
}

int CaptureWorker::readFirst() {
  int result = readNext(*packet_);
  if (device_->paced() || device_->audio() == nullptr) return result;
  const TimePoint settled = TimePoint::clock::now() + settling;
  while (result >= 0 && TimePoint::clock::now() < settled) {
    av_packet_unref(packet_.get());
    result = readNext(*packet_);
  }
  return result;
}

std::unique_ptr<Transcoder> CaptureWorker::makeTranscoder(const Track& track) const {
  return std::make_unique<Transcoder>(*track.stream->codecpar, device_->frameRate(), options_.encode,
                                      device_->paced() ? AudioClock::exact : AudioClock::drifting);
}

// Nothing is wrong: empty.
std::string CaptureWorker::capture() {
  while (!shared_->stop->isSet()) {
    if (device_->paced()) waitForListeners();
    process(*packet_);
    av_packet_unref(packet_.get());
    if (over()) break;
    const int result = readNext(*packet_);
    if (result == AVERROR_EXIT || (result == AVERROR_EOF && device_->paced())) break;
    if (result < 0) return "the device " + displayName(spec_) + " delivers no more: " + errorText(result);
  }
  return {};
}

int CaptureWorker::readNext(AVPacket& packet) {
  while (!shared_->stop->isSet()) {
    const int result = device_->read(packet);
    if (result != AVERROR(EAGAIN)) return shared_->stop->isSet() ? AVERROR_EXIT : result;
    waitUntil(TimePoint::clock::now() + nothing_yet);
  }
  return AVERROR_EXIT;
}

// A camera goes on while nobody looks; what can be paused waits.
void CaptureWorker::waitForListeners() {
  const auto listening = [&] {
    return shared_->began && std::any_of(tracks_.begin(), tracks_.end(), [&](const Track& each) {
             return each.wanted && shared_->delivery.generation(each.kind) != 0;
           });
  };
  std::unique_lock lock(shared_->mutex);
  if (listening()) return;
  shift_.reset();
  shared_->changed.wait(lock, [&] { return shared_->stop->isSet() || listening(); });
}

void CaptureWorker::process(AVPacket& packet) {
  const auto owner = std::find_if(tracks_.begin(), tracks_.end(), [&](const Track& each) {
    return each.stream != nullptr && each.stream->index == packet.stream_index;
  });
  if (owner == tracks_.end() || owner->done || !wanted(*owner)) return;
  const std::optional<Microseconds> time = timeOf(*owner, packet);
  if (!time || !listens(*owner)) return;
  if (options_.duration && *time >= *options_.duration)
    finishTrack(*owner, {});
  else
    transcode(*owner, packet, *time);
}

// On the broadcast's clock. Nothing: before its beginning, or stopped.
std::optional<Microseconds> CaptureWorker::timeOf(Track& of, const AVPacket& packet) {
  const std::int64_t ticks = packet.pts != AV_NOPTS_VALUE ? packet.pts : packet.dts;
  std::optional<Microseconds> timestamp;
  if (ticks != AV_NOPTS_VALUE) timestamp = toMicroseconds(ticks, of.stream->time_base);
  if (device_->paced()) return timestamp ? pacedTime(*timestamp) : std::nullopt;
  const Microseconds captured = of.clock.captured(timestamp, DeviceClock::now());
  const std::lock_guard lock(shared_->mutex);
  if (!shared_->began) return std::nullopt;
  const Microseconds time = captured - duration_cast<Microseconds>(shared_->began->time_since_epoch());
  return time >= Microseconds(0) ? std::optional(time) : std::nullopt;
}

std::optional<Microseconds> CaptureWorker::pacedTime(Microseconds timestamp) {
  TimePoint began;
  {
    const std::lock_guard lock(shared_->mutex);
    if (!shared_->began) return std::nullopt;
    began = *shared_->began;
  }
  if (!shift_) {
    const auto now = duration_cast<Microseconds>(TimePoint::clock::now() - began);
    shift_ = (std::exchange(begun_, true) ? now : Microseconds(0)) - timestamp;
  }
  const Microseconds time = timestamp + *shift_;
  waitUntil(began + time);
  return shared_->stop->isSet() ? std::nullopt : std::optional(time);
}

void CaptureWorker::waitUntil(TimePoint time) {
  std::unique_lock lock(shared_->mutex);
  shared_->changed.wait_until(lock, time, [&] { return shared_->stop->isSet(); });
}

// Every listener begins with the codec's configuration and a keyframe.
bool CaptureWorker::listens(Track& track) {
  const std::uint64_t generation = shared_->delivery.generation(track.kind);
  if (generation != track.generation) {
    if (track.generation != 0 && generation != 0) track.transcoder = makeTranscoder(track);
    if (generation != 0) track.generation = generation;
  }
  return generation != 0;
}

void CaptureWorker::transcode(Track& of, AVPacket& packet, Microseconds time) {
  packet.pts = packet.dts = time.count();
  packet.duration = av_rescale_q(packet.duration, of.stream->time_base, microsecond);
  of.transcoder->transcode(packet,
                           [&](const EncodedFrame& frame) { shared_->delivery.write(of.kind, frame); });
}

void CaptureWorker::finishTrack(Track& track, const std::string& error) {
  if (std::exchange(track.done, true)) return;
  if (track.generation != 0 && !shared_->stop->isSet())
    track.transcoder->finish([&](const EncodedFrame& frame) { shared_->delivery.write(track.kind, frame); });
  shared_->delivery.end(track.kind, error);
}

bool CaptureWorker::wanted(const Track& track) {
  const std::lock_guard lock(shared_->mutex);
  return track.wanted;
}

// A track that nobody listens to does not keep one that has reached its duration from ending.
bool CaptureWorker::over() {
  bool any_done = false;
  for (const Track& each : tracks_) {
    any_done = any_done || each.done;
    if (wanted(each) && !each.done && shared_->delivery.generation(each.kind) != 0) return false;
  }
  return any_done;
}

void CaptureWorker::enter(Phase phase, const std::string& failure) {
  const std::lock_guard lock(shared_->mutex);
  phase_ = phase;
  failure_ = failure;
  shared_->changed.notify_all();
}

void CaptureWorker::end(const std::string& error) {
  for (const Track& each : tracks_)
    if (wanted(each)) shared_->delivery.end(each.kind, error);
}

}  // namespace multiconn::media
