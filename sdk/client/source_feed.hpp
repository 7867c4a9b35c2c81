#pragma once

#include <cstdint>
#include <memory>

#include <multiconn/source.hpp>

#include "client/timeline.hpp"

namespace multiconn {
class ClientCore;
}

namespace multiconn::client {

/// Names the feed that a frame came from: what an earlier source had under way is no longer wanted once
/// another has taken its place. 0: the application's own write*().
using FeedId = std::uint64_t;
inline constexpr FeedId application_feed = 0;

/// One track's MediaSource: attached, running, ended. One that throws ends with an error. Lives on the
/// strand.
class SourceFeed {
 public:
  SourceFeed(Track track, std::weak_ptr<ClientCore> core) : track_(track), core_(std::move(core)) {}
  /// Stops it.
  ~SourceFeed();
  SourceFeed(const SourceFeed&) = delete;
  SourceFeed& operator=(const SourceFeed&) = delete;

  /// Stops the source that was attached before; null detaches.
  void attach(std::shared_ptr<MediaSource> source);
  bool attached() const { return source_ != nullptr; }
  /// Attached, and neither ended nor stopped.
  bool active() const { return source_ && !ended_; }
  bool running() const { return running_; }
  bool waits() const;

  void start(FeedId id);
  void stop();
  void resume();
  /// Whether a frame or an end that carries this id is the attached source's.
  bool is(FeedId id) const { return running_ && id_ == id; }
  void ended();
  AmfObject properties() const;

 private:
  void fail() const;

  Track track_;
  std::weak_ptr<ClientCore> core_;
  std::shared_ptr<MediaSource> source_;
  FeedId id_ = application_feed;
  bool running_ = false;
  bool ended_ = false;
  mutable bool failed_ = false;  // it has thrown
};

}  // namespace multiconn::client
