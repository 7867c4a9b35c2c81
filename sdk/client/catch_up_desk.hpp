#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>

#include <multiconn/status.hpp>

#include "client/catch_up.hpp"
#include "client/peer.hpp"
#include "client/resume_ring.hpp"
#include "client/server_group.hpp"
#include "net/scheduler.hpp"

namespace multiconn::client {

/// Which servers get a broadcast's messages as they come, which are behind, and what those have missed that
/// are away. Strand only.
class CatchUpDesk {
 public:
  CatchUpDesk(net::Scheduler& scheduler, ServerGroup& servers, std::function<void(Status)> say);

  /// A broadcast begins. `ring` stays until end().
  void begin(ResumeRing& ring);
  /// It ends. Who is not there has missed the rest.
  void end();
  /// A producer waits for the servers: what they need is kept, and sent as fast as they take it.
  void lossless(bool lossless);

  /// publishing() may have changed. One that publishes from now on is given what it has not got.
  void changed(Peer& peer);
  /// The stream goes on on a new connection, which needs a place to begin.
  void join(Peer& peer);
  /// It has been removed.
  void forget(ServerId server);
  /// What the ring has taken just now, to every server.
  void send(std::span<const rtmp::QueuedMessage> messages);
  /// Lets those that are behind go on.
  void pump();

  /// Bytes between what it was sent and what is live.
  std::size_t backlog(const Peer& peer) const;
  /// Somebody is behind, and can be waited for.
  bool behind() const;
  /// The broadcast's time 0, in timestamps.
  void origin(std::uint32_t timestamp) { origin_ = timestamp; }

 private:
  /// A server that has been there.
  struct Known {
    bool publishing = false;
    std::optional<rtmp::TimePoint> lost_at{};
    CatchUp::Wanted wanted{};  // all before it has been got, or is counted as missed
  };
  struct Behind {
    CatchUp catch_up;
    rtmp::TimePoint started{};
    std::optional<rtmp::TimePoint> lost_at{};  // before that
    rtmp::DropCounts told{};                   // of what it missed
  };

  void send(Peer& peer, const rtmp::QueuedMessage& message);
  Behind& leaveOut(Peer& peer, const rtmp::QueuedMessage& message);
  void started(Peer& peer, Known& known);
  void stopped(Peer& peer, Known& known);
  void lost(Peer& peer, Known& known);
  CatchUp place(const Peer& peer, const Known& known) const;
  CatchUp::Wanted wantedBy(const Peer& peer, const Known& known) const;
  rtmp::DropCounts missedBy(const Peer& peer) const;
  void advance(Peer& peer, Behind& behind, std::size_t& turn_rest);
  static void tellLeftOut(Peer& peer, Behind& behind);
  void arrived(Peer& peer);
  std::size_t room() const;
  void keepWhatIsNeeded();
  void arm(std::chrono::milliseconds wait);

  net::Scheduler& scheduler_;
  ServerGroup& servers_;
  std::function<void(Status)> say_;
  ResumeRing* ring_ = nullptr;
  std::map<ServerId, Known> known_;
  std::map<ServerId, Behind> behind_;
  ServerId next_in_turn_{};
  bool lossless_ = false;
  std::uint32_t origin_ = 0;
  std::optional<net::Timer> timer_;
};

}  // namespace multiconn::client
