#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "client/drop_report.hpp"
#include "client/resume_ring.hpp"

namespace multiconn::client {

/// Where a CatchUp sends.
class CatchUpSink {
 public:
  virtual ~CatchUpSink() = default;
  /// The server can take a message of so many bytes now.
  virtual bool room(std::size_t bytes) const = 0;
  /// False: the server cannot be sent this one at all, and goes without it.
  virtual bool takes(const rtmp::QueuedMessage&) const { return true; }
  virtual void send(const rtmp::QueuedMessage& message) = 0;
};

/// One server's way back to what is live: a place in the ring that goes forward faster than time does. Until
/// it has arrived, the server gets nothing else. Where the ring has forgotten what comes next, it goes on at
/// the newest keyframe, and what lies between is missed.
class CatchUp {
 public:
  /// What a server has not got yet, as far as is known.
  struct Wanted {
    std::uint64_t first = 1;  ///< message
    rtmp::DropCounts before;  ///< frames before it
  };
  /// From the beginning of the group that holds the first message wanted.
  static CatchUp from(const ResumeRing& ring, const Wanted& wanted);
  /// From the newest keyframe, and without one as live(). Nothing before it is missed.
  static CatchUp newest(const ResumeRing& ring);
  /// Sound from now on, and pictures from the next keyframe.
  static CatchUp live(const ResumeRing& ring, const Wanted& wanted);
  /// As live(), of a server that has everything before this message, which it does not take.
  static CatchUp without(const ResumeRing& ring, std::uint64_t number);

  /// Sends what may go now: a second of media at once and four times real time after that, or, not `paced`,
  /// whatever there is room for. True: it has arrived.
  bool advance(const ResumeRing& ring, rtmp::TimePoint now, bool paced, CatchUpSink& sink);
  /// A message that the ring has taken just now: it is sent here when only a keyframe is waited for. True: it
  /// has arrived.
  bool follow(const ResumeRing& ring, const rtmp::QueuedMessage& message, CatchUpSink& sink);
  /// On another connection, which has nothing yet. May be called from inside CatchUpSink::send().
  void beginAnew(const ResumeRing& ring);

  /// The first message that it has not dealt with.
  std::uint64_t next() const { return next_; }
  /// What it began with: all before that had been got, or was counted as missed.
  const Wanted& begun() const { return begun_; }
  /// All before it has been sent by now, or is counted as missed.
  const Wanted& settled() const { return settled_; }
  rtmp::DropCounts missed() const { return missed_; }
  /// Of a server that does not take some frame: missed(), and which frames they are, to be told at once,
  /// since it may wait for pictures that it takes as long as the broadcast lasts. They are counted here no
  /// more.
  std::pair<rtmp::DropCounts, std::vector<MissedFrames>> takeLeftOut();
  /// Those of them that stand before this number.
  rtmp::DropCounts missedBefore(std::uint64_t number) const;
  /// Which they are; of very many the newest.
  std::vector<MissedFrames> missedFrames() const { return {ranges_.begin(), ranges_.end()}; }
  /// If it gets nothing more, and the broadcast has ended there.
  rtmp::DropCounts missedUntil(const ResumeRing& ring, std::uint64_t end) const;
  /// Timestamp of the first frame that was sent.
  std::optional<std::uint32_t> resumedAt() const { return resumed_at_; }

 private:
  void start(const ResumeRing& ring, const ResumeRing::Group* group);
  void miss(const ResumeRing& ring, std::uint64_t until);
  void sendHead(const ResumeRing& ring, rtmp::TimePoint now, CatchUpSink& sink);
  void pass(const ResumeRing& ring, const rtmp::QueuedMessage& message, rtmp::TimePoint now,
            CatchUpSink& sink);
  bool due(const ResumeRing::Entry& entry, rtmp::TimePoint now);

  std::uint64_t next_ = 1;
  Wanted wanted_;  // neither got, nor sent by now, nor counted as missed
  Wanted begun_, settled_;
  std::shared_ptr<const StreamHead> head_;  // of the group to begin with; null: the present one
  bool head_due_ = true;
  bool waits_for_key_ = false;
  bool leaves_out_ = false;
  rtmp::DropCounts missed_;
  std::deque<MissedFrames> ranges_;
  std::optional<std::uint32_t> resumed_at_;
  std::optional<rtmp::TimePoint> started_;
  std::chrono::milliseconds pace_{};  // at started_
};

}  // namespace multiconn::client
