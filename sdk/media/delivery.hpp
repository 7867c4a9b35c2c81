#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include <multiconn/source.hpp>

#include "media/track_kind.hpp"

namespace multiconn::media {

/// The sinks of a source's tracks. Any thread.
class Delivery {
 public:
  /// False: the track has ended for good, and the sink was told so.
  bool attach(TrackKind kind, std::shared_ptr<FrameSink> sink);
  /// No write() begins after this has returned.
  void detach(TrackKind kind);
  /// No track begins a write() any more; sinks are still told of the end.
  void close();

  /// False: refused, or there is no sink.
  bool write(TrackKind kind, const EncodedFrame& frame);
  bool full(TrackKind kind) const;
  /// Another one after every attach(); 0 while no sink is attached. Waits for nobody.
  std::uint64_t generation(TrackKind kind) const { return tracks_[indexOf(kind)].generation; }

  /// The track ends, once and for good; `error` is empty when nothing is wrong.
  void end(TrackKind kind, const std::string& error);

 private:
  struct Track {
    std::shared_ptr<FrameSink> sink;
    std::uint64_t attaches = 0;
    std::atomic<std::uint64_t> generation{0};
    bool ended = false;
  };

  // Held during every call of a sink, so that detach() knows when none is about to begin. A sink may call
  // back, and with a lock for each track two threads could wait for each other.
  mutable std::recursive_mutex mutex_;
  std::array<Track, 2> tracks_;
  bool closed_ = false;
};

}  // namespace multiconn::media
