#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <string>
#include <utility>

#include "net/link.hpp"
#include "net/socket_figures.hpp"
#include "rtmp/limits.hpp"

namespace multiconn::client {

/// For how long the other end of a connection has owed a sign of life.
class DeadPeer {
 public:
  /// Figures may be so old.
  static constexpr std::chrono::milliseconds figures_age{250};

  /// Another connection.
  void restart(rtmp::TimePoint now) { owes_since_ = watched_since_ = looked_at_ = now; }
  /// `asked_at`: when `figures` were had. Zero while nothing is outstanding, or nothing is known of it.
  rtmp::Duration silence(rtmp::TimePoint asked_at, const net::LinkStats& figures, std::size_t queued) {
    // While nobody looked, because a callback took its time or the machine slept, nothing may have been sent.
    const bool watched = asked_at - std::exchange(looked_at_, asked_at) <= longest_between_looks;
    const bool owes = queued > 0 || figures.unsent > 0 || figures.unacknowledged > 0;
    if (!watched) watched_since_ = asked_at;
    if (!watched || !owes || !figures.last_heard) owes_since_ = asked_at;
    // An idle connection's first probe follows its last sign of life: the time until then counts too.
    const rtmp::TimePoint since = figures.probes > 1 ? watched_since_ : owes_since_;
    const rtmp::TimePoint heard = std::max(since, figures.last_heard.value_or(asked_at));
    return std::max(asked_at - heard, rtmp::Duration::zero());
  }
  /// How long the silence may last: an answer takes a round trip, and where that takes seconds, a lost packet
  /// costs several. Probes begin late, and are repeated often. `round_trip`: the longest one that others have
  /// measured lately, for a connection whose own traffic measures none. What fills the line may be theirs; or
  /// only their way is long, so that it counts for ten seconds at most.
  static rtmp::Duration limit(std::chrono::milliseconds dead_after, const net::LinkStats& figures,
                              std::chrono::microseconds round_trip = {}) {
    const rtmp::Duration trips = std::max<rtmp::Duration>(
        3 * figures.rtt.value_or(std::chrono::microseconds::zero()), std::min(3 * round_trip, most_borrowed));
    if (figures.probes == 0) return std::max<rtmp::Duration>(dead_after, trips);
    const rtmp::Duration probing = std::max<rtmp::Duration>(dead_after / 2, trips);
    return std::max<rtmp::Duration>(dead_after, net::probeInterval(dead_after) + probing);
  }
  /// One sentence.
  static std::string describe(rtmp::Duration silence, const net::LinkStats& figures) {
    const auto time = std::chrono::duration_cast<std::chrono::milliseconds>(silence);
    return "Nothing has come from the server for " + std::to_string(time.count()) + " ms, not even " +
           (figures.probes > 0 ? "an answer to TCP's probes." : "an acknowledgement of what it was sent.");
  }

 private:
  static constexpr std::chrono::milliseconds longest_between_looks{1000};
  static constexpr std::chrono::microseconds most_borrowed{10'000'000};

  rtmp::TimePoint looked_at_{};
  rtmp::TimePoint watched_since_{};
  rtmp::TimePoint owes_since_{};  // at the earliest
};

/// The longest round trip of the last 10 to 20 seconds: who measured it may be gone when somebody takes over
/// on the same line.
class RecentRoundTrip {
 public:
  /// `measured`: the longest at present. In order of time.
  std::chrono::microseconds longest(rtmp::TimePoint now, std::chrono::microseconds measured) {
    if (now - since_ >= span) {
      before_ = now - since_ < 2 * span ? latest_ : std::chrono::microseconds::zero();
      latest_ = std::chrono::microseconds::zero();
      since_ = now;
    }
    latest_ = std::max(latest_, measured);
    return std::max(before_, latest_);
  }

 private:
  static constexpr std::chrono::seconds span{10};

  rtmp::TimePoint since_{};
  std::chrono::microseconds latest_{0}, before_{0};
};

}  // namespace multiconn::client
