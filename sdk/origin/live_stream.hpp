#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "origin/relay_message.hpp"
#include "rtmp/stream_cache.hpp"

namespace multiconn::origin {

class LivePlay;
class Publication;

/// One name of one application: at most one publisher, and everybody who plays it or waits for it.
class LiveStream {
 public:
  LiveStream(std::string app, std::string name, std::size_t gop_bytes)
      : app_(std::move(app)), name_(std::move(name)), cache_(gop_bytes) {}
  LiveStream(const LiveStream&) = delete;
  LiveStream& operator=(const LiveStream&) = delete;

  const std::string& app() const { return app_; }
  const std::string& name() const { return name_; }

  /// False: somebody publishes already.
  bool publish(Publication& publisher);
  void unpublish();
  const Publication* publisher() const { return publisher_; }

  /// To the players of now, and into the cache for those to come. Changes the message's stream id.
  void relay(RelayMessage& message);
  void relay(RelayData& data);

  void join(LivePlay& play) { plays_.push_back(&play); }
  void leave(LivePlay& play);
  /// Everything that somebody who joins now needs, in order.
  void replay(const std::function<void(rtmp::QueuedMessage)>& each) const;
  /// A newcomer has to wait for a keyframe: the current group of pictures is not at hand.
  bool midGroup() const { return cache_.hasVideo() && !cache_.gopComplete(); }

  const std::vector<LivePlay*>& plays() const { return plays_; }
  /// Frames that were dropped because players were slow, also those who have left.
  void countDropped(std::uint64_t frames) { dropped_ += frames; }
  std::uint64_t dropped() const { return dropped_; }

 private:
  void store(const RelayData& data);
  void erase(const std::string& name);

  std::string app_, name_;
  Publication* publisher_ = nullptr;
  std::vector<LivePlay*> plays_;
  rtmp::StreamCache cache_;
  std::map<std::string, rtmp::OutMessage> data_frames_;  // what @setDataFrame set, but for onMetaData
  std::uint64_t dropped_ = 0;
};

}  // namespace multiconn::origin
