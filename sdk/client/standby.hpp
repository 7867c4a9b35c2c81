#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include <multiconn/status.hpp>

#include "client/server_group.hpp"
#include "rtmp/limits.hpp"

namespace multiconn::client {

/// What a Standby tells; on the strand.
class StandbyEvents {
 public:
  virtual ~StandbyEvents() = default;
  virtual void streamStatus(Status status) = 0;
};

/// Lets spares (Destination::standby) publish in the place of servers that are lost, one for each, and be
/// silent again once those are back. Looks at the servers when it is told to, and acts on them.
class Standby {
 public:
  Standby(ServerGroup& servers, const ConnectOptions& options, StandbyEvents& events)
      : servers_(servers), options_(options), events_(events) {}

  /// `publication`: a number of the stream that is being published, another one each time; 0: none is. Not to
  /// be called from inside a Peer's event.
  void update(std::uint64_t publication, rtmp::TimePoint now);
  /// A spare publishes in its place.
  bool replaced(ServerId primary) const;
  /// A spare is about to, and is still expected to.
  bool takesOver(ServerId primary, rtmp::TimePoint now) const;

 private:
  /// What is known of a server that is not a spare.
  struct Role {
    std::optional<rtmp::TimePoint> seen_at;
    bool began = false;                          // to publish, some time
    std::optional<rtmp::TimePoint> back_since;   // publishes since
    std::optional<std::uint64_t> spare_lost_at;  // where the one that follows has to begin
    std::optional<ServerId> spare;
    rtmp::TimePoint asked_at{};  // the spare
    bool active = false;         // the spare has begun to publish
  };

  void forgetRemoved();
  void look(Peer& primary, Role& role, rtmp::TimePoint now);
  void lookAtSpare(const Peer& primary, Role& role, rtmp::TimePoint now);
  bool missing(const Peer& primary, const Role& role, rtmp::TimePoint now) const;
  void replace(const Peer& primary, Role& role, rtmp::TimePoint now);
  Peer* chooseSpare(rtmp::TimePoint now) const;
  static void withdraw(Role& role);
  bool assigned(ServerId spare) const;
  void silenceUnneeded();

  ServerGroup& servers_;
  const ConnectOptions& options_;
  StandbyEvents& events_;
  std::uint64_t publication_ = 0;
  std::map<ServerId, Role> roles_;
  std::map<ServerId, rtmp::TimePoint> set_aside_;  // spares that have failed, until
};

}  // namespace multiconn::client
