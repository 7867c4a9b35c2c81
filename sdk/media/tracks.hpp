#pragma once

#include <memory>
#include <mutex>

#include <multiconn/source.hpp>

#include "media/track_kind.hpp"

namespace multiconn::media {

/// What delivers the tracks that Tracks hands out. Any thread.
class TrackOwner {
 public:
  virtual ~TrackOwner() = default;
  virtual bool has(TrackKind kind) const = 0;
  virtual bool live() const = 0;
  virtual AmfObject properties(TrackKind kind) const = 0;
  virtual void take(TrackKind kind) = 0;
  /// Taken, and dropped without having been started.
  virtual void release(TrackKind kind) = 0;
  virtual void start(TrackKind kind, std::shared_ptr<FrameSink> sink) = 0;
  virtual void resume() {}
  virtual void stop(TrackKind kind) = 0;
};

/// The tracks of one source: each is the same object for as long as somebody holds it.
class Tracks {
 public:
  explicit Tracks(std::shared_ptr<TrackOwner> owner) : owner_(std::move(owner)) {}

  /// Null: there is none.
  std::shared_ptr<AudioSource> audio();
  std::shared_ptr<VideoSource> video();

 private:
  template <typename Source>
  std::shared_ptr<Source> take(std::weak_ptr<Source>& taken, TrackKind kind);

  std::shared_ptr<TrackOwner> owner_;
  std::mutex mutex_;
  std::weak_ptr<AudioSource> audio_;
  std::weak_ptr<VideoSource> video_;
};

}  // namespace multiconn::media
