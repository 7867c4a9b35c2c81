#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "rtmp/media_body.hpp"
#include "rtmp/outbound_queue.hpp"

namespace multiconn::rtmp {

/// What somebody who joins a running stream needs for a picture at once: metadata, the codecs' configuration
/// records (per track) and the newest group of pictures, audio included, bounded in bytes: a group that
/// outgrows them is given up until the next keyframe. Of a stream without video no frames are kept, since
/// playing can begin at any.
class StreamCache {
 public:
  explicit StreamCache(std::size_t gop_bytes) : gop_bytes_(gop_bytes) {}

  /// Notes a message that goes out to everyone; `body` is what parse*Body said of it.
  void audio(const OutMessage& message, const MediaBody& body);
  void video(const OutMessage& message, const MediaBody& body);
  /// onMetaData as it goes to players, without @setDataFrame.
  void metadata(const OutMessage& message) { metadata_ = message; }
  void clearMetadata() { metadata_.reset(); }
  void clear();

  /// Everything a newcomer needs, in order. Configuration records and metadata carry the timestamp of the
  /// first frame, or of the newest message when there is none. queued_at is left to the caller. An empty
  /// group of pictures means: begin at the next keyframe.
  void replay(const std::function<void(QueuedMessage)>& each) const;

  bool hasVideo() const { return !video_config_.empty() || has_video_frames_; }
  bool gopComplete() const { return !gop_.empty(); }

 private:
  /// Configuration records and the like by track. Multichannel and colour information count as a track's
  /// second record.
  using Configs = std::map<std::uint16_t, OutMessage>;

  bool noteConfig(Configs& configs, const OutMessage& message, const MediaBody& body);
  void keep(QueuedMessage message);
  void dropGop();

  std::size_t gop_bytes_;
  std::optional<OutMessage> metadata_;
  Configs audio_config_, video_config_;
  std::vector<QueuedMessage> gop_;
  std::size_t gop_size_ = 0;
  std::uint32_t newest_timestamp_ = 0;
  bool has_video_frames_ = false;
};

}  // namespace multiconn::rtmp
