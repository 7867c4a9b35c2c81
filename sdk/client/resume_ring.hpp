#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "client/frame_tally.hpp"
#include "client/timeline.hpp"
#include "rtmp/outbound_queue.hpp"
#include "rtmp/ring_buffer.hpp"

namespace multiconn::client {

/// What a server needs before frames: onMetaData, what "@setDataFrame" has set, and the codecs' configuration
/// records.
struct StreamHead {
  std::optional<rtmp::OutMessage> metadata;
  std::map<std::string, rtmp::OutMessage> data_frames;
  std::array<std::optional<rtmp::OutMessage>, all_tracks.size()> configs;

  /// All of it, at this time.
  void send(std::uint32_t timestamp, rtmp::TimePoint now,
            const std::function<void(const rtmp::QueuedMessage&)>& each) const;
};

/// The newest part of a broadcast, by reference, for servers that come or come back. It is kept in groups
/// that one can begin with: from a keyframe up to the next one; while no video comes, about a second; and the
/// first group begins with the broadcast. Whole groups are given up, from the oldest on, beyond the
/// bounds.
class ResumeRing {
 public:
  struct Bounds {
    std::size_t bytes = 32 * 1024 * 1024;
    std::chrono::milliseconds age{8000};  ///< a group goes when everything behind it has become so old
  };
  struct Group {
    std::uint64_t first = 0;                 ///< its first message's number
    bool key = false;                        ///< it begins with a keyframe
    std::shared_ptr<const StreamHead> head;  ///< as of its beginning
    rtmp::TimePoint began{};
  };
  struct Entry {
    rtmp::QueuedMessage message;
    /// Media time for pacing: a jump of the timestamps counts for a second at most.
    std::chrono::milliseconds pace{};
    std::uint64_t bytes_before = 0;  ///< in all messages before it
  };

  explicit ResumeRing(Bounds bounds) : bounds_(bounds) {}

  /// The message with the number next(). Its queued_at is the time at which the bounds are checked.
  void push(const rtmp::QueuedMessage& message);
  /// What joins a head from now on.
  void metadata(const rtmp::OutMessage& message) { change().metadata = message; }
  void clearMetadata() { change().metadata.reset(); }
  void dataFrame(const std::string& name, const rtmp::OutMessage& message) {
    change().data_frames[name] = message;
  }
  void clearDataFrame(const std::string& name) { change().data_frames.erase(name); }
  /// No video comes any more until it begins anew.
  void videoEnded() { has_video_ = false; }
  /// Messages from this number on are needed, whatever the bounds say: their producer waits. A group that
  /// outgrows the bounds by itself is given up all the same as one to begin with.
  void keepFrom(std::optional<std::uint64_t> number) { keep_from_ = number; }

  std::uint64_t next() const { return tally_.next(); }
  /// Null: not kept (any more).
  const Entry* find(std::uint64_t number) const;
  /// The group that holds this number, next() included; null: it is not kept any more.
  const Group* groupOf(std::uint64_t number) const;
  const Group* newestGroup() const { return groups_.empty() ? nullptr : &groups_.back(); }
  const StreamHead& head() const { return *head_; }
  std::uint32_t newestTimestamp() const { return newest_timestamp_; }
  bool hasVideo() const { return has_video_; }
  /// Pictures come, but no keyframe: the newest group began longer ago than a group is kept.
  bool keyIsOld() const;
  /// What came from this number on, next() included, is still kept, and no older than a group may be.
  bool isRecent(std::uint64_t number) const;
  rtmp::DropCounts framesBefore(std::uint64_t number) const { return tally_.before(number); }
  /// Payload and bookkeeping; 0 when they are not kept.
  std::uint64_t bytesFrom(std::uint64_t number) const;
  /// Of what is kept.
  std::uint64_t bytesPerSecond() const;

 private:
  StreamHead& change();
  void keepTime(const rtmp::QueuedMessage& message);
  bool begins(const rtmp::QueuedMessage& message) const;
  void note(const rtmp::QueuedMessage& message);
  void keep(const rtmp::QueuedMessage& message);
  void trim(rtmp::TimePoint now);
  bool mayForgetOldest(rtmp::TimePoint now) const;
  void forgetEntries();

  Bounds bounds_;
  rtmp::RingBuffer<Group> groups_;
  rtmp::RingBuffer<Entry> entries_;                                 // up to next(), or none
  std::uint64_t first_ = 1;                                         // of entries_
  std::uint64_t bytes_ = 0;                                         // of all messages ever
  std::chrono::milliseconds pace_{}, group_pace_{}, video_pace_{};  // now, and at the last of each
  FrameTally tally_;
  std::shared_ptr<StreamHead> head_ = std::make_shared<StreamHead>();
  std::optional<std::uint64_t> keep_from_;
  std::uint32_t newest_timestamp_ = 0;
  bool has_media_ = false, has_video_ = false;
  rtmp::TimePoint newest_at_{};
};

}  // namespace multiconn::client
