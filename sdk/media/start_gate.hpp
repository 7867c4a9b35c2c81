#pragma once

#include <array>
#include <mutex>

#include "media/track_kind.hpp"

namespace multiconn::media {

/// Opens once, when every track that was taken has been started, so that tracks begin together. Any thread.
class StartGate {
 public:
  void take(TrackKind kind);
  /// Each of these two: true when the gate has opened by this very call.
  bool start(TrackKind kind);
  /// A track that was taken is not wanted any more; nothing, once it has been started.
  bool release(TrackKind kind);
  bool started(TrackKind kind) const;

 private:
  struct Track {
    bool taken = false;
    bool started = false;
  };
  bool openIfComplete();

  mutable std::mutex mutex_;
  std::array<Track, 2> tracks_;
  bool open_ = false;
};

}  // namespace multiconn::media
