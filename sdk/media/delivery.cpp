#include "media/delivery.hpp"

#include <utility>

namespace multiconn::media {

// Every function keeps what it takes out of a track, or calls, alive beyond the lock: a sink may own the last
// reference to its source.

bool Delivery::attach(TrackKind kind, std::shared_ptr<FrameSink> sink) {
  std::shared_ptr<FrameSink> replaced;
  const std::lock_guard lock(mutex_);
  Track& track = tracks_[indexOf(kind)];
  if (closed_ || track.ended) {
    sink->ended("the source has been read already; open it anew");
    return false;
  }
  replaced = std::exchange(track.sink, std::move(sink));
  track.generation = ++track.attaches;
  return true;
}

void Delivery::detach(TrackKind kind) {
  std::shared_ptr<FrameSink> released;
  const std::lock_guard lock(mutex_);
  released.swap(tracks_[indexOf(kind)].sink);
  tracks_[indexOf(kind)].generation = 0;
}

void Delivery::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
}

bool Delivery::write(TrackKind kind, const EncodedFrame& frame) {
  std::shared_ptr<FrameSink> sink;
  const std::lock_guard lock(mutex_);
  sink = tracks_[indexOf(kind)].sink;
  return sink && !closed_ && sink->write(frame);
}

bool Delivery::full(TrackKind kind) const {
  std::shared_ptr<FrameSink> sink;
  const std::lock_guard lock(mutex_);
  sink = tracks_[indexOf(kind)].sink;
  return sink && sink->full();
}

void Delivery::end(TrackKind kind, const std::string& error) {
  std::shared_ptr<FrameSink> released;
  const std::lock_guard lock(mutex_);
  Track& track = tracks_[indexOf(kind)];
  if (std::exchange(track.ended, true)) return;
  released.swap(track.sink);
  track.generation = 0;
  if (released) released->ended(error);
}

}  // namespace multiconn::media
