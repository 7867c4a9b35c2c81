#include "media/start_gate.hpp"

#include <algorithm>

namespace multiconn::media {

void StartGate::take(TrackKind kind) {
  const std::lock_guard lock(mutex_);
  tracks_[indexOf(kind)].taken = true;
}

bool StartGate::start(TrackKind kind) {
  const std::lock_guard lock(mutex_);
  tracks_[indexOf(kind)].started = true;
  return openIfComplete();
}

bool StartGate::release(TrackKind kind) {
  const std::lock_guard lock(mutex_);
  if (tracks_[indexOf(kind)].started) return false;
  tracks_[indexOf(kind)].taken = false;
  return openIfComplete();
}

bool StartGate::started(TrackKind kind) const {
  const std::lock_guard lock(mutex_);
  return tracks_[indexOf(kind)].started;
}

bool StartGate::openIfComplete() {
  const auto waiting = [](const Track& track) { return track.taken && !track.started; };
  const auto started = [](const Track& track) { return track.started; };
  if (open_ || std::any_of(tracks_.begin(), tracks_.end(), waiting) ||
      std::none_of(tracks_.begin(), tracks_.end(), started))
    return false;
  open_ = true;
  return true;
}

}  // namespace multiconn::media
