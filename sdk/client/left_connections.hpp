#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "client/destinations.hpp"
#include "client/drop_report.hpp"
#include "client/peer_connection.hpp"

namespace multiconn::client {

/// The connections that the moves of one server have left. One of them may be kept, to fall back on; every
/// other ends once what is queued on it has reached the server. What never will is counted as dropped.
class LeftConnections {
 public:
  struct Kept {
    std::unique_ptr<PeerConnection> connection;
    Target target;
  };

  /// What is lost goes into `drops`. `moved`: bytes have left a queue.
  LeftConnections(DropReport& drops, std::function<void()> moved);
  ~LeftConnections();
  LeftConnections(const LeftConnections&) = delete;
  LeftConnections& operator=(const LeftConnections&) = delete;

  /// Its publish has been ended, behind what is queued.
  void keep(std::unique_ptr<PeerConnection> connection, Target target, rtmp::TimePoint now);
  /// As keep(), of one to which nobody falls back. Null is ignored.
  void leave(std::unique_ptr<PeerConnection> connection, rtmp::TimePoint now);
  /// The one that is kept; nothing when it has gone meanwhile.
  std::optional<Kept> takeBack();
  /// None is kept any longer. A live broadcast gives up what is still queued at `deadline`.
  void drain(rtmp::TimePoint deadline);
  /// What is queued is not wanted any more.
  void dropMedia();
  /// Another broadcast follows, and dropMedia() was called.
  void forgetNumbers();
  /// Drops all of them at once.
  void clear();

  void bounds(const PeerConnection::Bounds& bounds);
  /// `patience`: they are waited for, and given up when they have taken nothing for so long. Without it what
  /// has become too old is dropped.
  void tick(rtmp::TimePoint now, std::optional<std::chrono::milliseconds> patience);

  std::size_t queued() const;
  /// Everything queued has reached the server's kernel.
  bool idle() const;
  rtmp::Duration queueAge(rtmp::TimePoint now) const;
  /// The first message of the broadcast that is still on its way on one of them.
  std::optional<std::uint64_t> unconfirmed() const;
  /// By those that have gone, too.
  Sent sent() const;

 private:
  class One;

  DropReport& drops_;
  std::function<void()> moved_;
  Sent sent_;  // by those that have gone
  std::vector<std::unique_ptr<One>> all_;
};

}  // namespace multiconn::client
