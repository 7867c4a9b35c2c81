#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "rtmp/limits.hpp"
#include "rtmp/outbound_queue.hpp"
#include "rtmp/ring_buffer.hpp"

namespace multiconn::client {

/// Frames of a broadcast that a server will not get, one behind the other, from this number on.
struct MissedFrames {
  std::uint64_t first = 0;
  rtmp::DropCounts counts;
};

/// Sums up what one server did not get, into one sentence a second at most.
class DropReport {
 public:
  /// What was dropped by this OutboundQueue, or by that of this PeerConnection.
  template <typename Queue>
  void collect(Queue& queue) {
    addFrames(queue.takeDropped(), queue.takeDroppedFrames());
  }
  void add(const rtmp::DropCounts& counts);
  /// The server is lost, and frames from this number on are sent again, or counted as missed: those of them
  /// that were dropped do not count. Nor do those before it that are dropped from now on: they only go before
  /// the others, so that those can be decoded.
  void takeBack(std::uint64_t number);
  /// Numbers begin anew.
  void forgetNumbers() {
    frames_.clear();
    ranges_.clear();
    counted_from_ = 0;
  }
  /// Sent while it was away. `numbers`: which they are, as far as takeBack() may ask for them.
  void addMissed(const rtmp::DropCounts& counts, const std::vector<MissedFrames>& numbers = {});
  /// A data message, which is no frame.
  void addData() { ++data_; }
  /// All frames, missed ones included.
  const rtmp::DropCounts& totals() const { return totals_; }
  /// What to say now, if anything.
  std::optional<std::string> take(rtmp::TimePoint now);

 private:
  void addFrames(rtmp::DropCounts counts, const std::vector<rtmp::DroppedFrame>& frames);
  std::string describe() const;

  rtmp::DropCounts dropped_, missed_;  // not reported yet
  std::uint64_t data_ = 0;
  rtmp::DropCounts totals_;
  rtmp::RingBuffer<rtmp::DroppedFrame> frames_;  // in totals_; of very many the newest
  rtmp::RingBuffer<MissedFrames> ranges_;        // as well
  std::uint64_t counted_from_ = 0;               // frames before it are got, or counted
  std::optional<rtmp::TimePoint> last_;
};

}  // namespace multiconn::client
