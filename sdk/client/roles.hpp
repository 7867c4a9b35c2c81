#pragma once

#include <cstdint>

#include <multiconn/multi_connection.hpp>
#include <multiconn/status.hpp>

#include "client/quorum.hpp"
#include "client/server_group.hpp"
#include "client/standby.hpp"
#include "net/scheduler.hpp"

namespace multiconn::client {

class OutgoingStream;

/// What Roles tell; on the strand.
class RolesEvents : public StandbyEvents {
 public:
  virtual void connectionStatus(Status status) = 0;
};

/// What the servers are to each other while a broadcast lasts: spares take the places of those that are lost,
/// and enough have to be left.
class Roles {
 public:
  Roles(net::Scheduler& scheduler, ServerGroup& servers, const ConnectOptions& options, RolesEvents& events);

  /// What is published; before anything else.
  void follow(const OutgoingStream& stream) { stream_ = &stream; }
  /// While others are there already.
  void added(const Peer& peer);
  void removed(ServerId server);
  /// Something about a server has changed. It is looked at in a task of its own, once for all changes of
  /// this one.
  void changed();
  void tick();
  void clear() { soon_.cancel(); }

 private:
  void watchQuorum(rtmp::TimePoint now);
  bool serves(const Peer& peer) const;
  std::string quorumSentence() const;

  net::Scheduler& scheduler_;
  ServerGroup& servers_;
  const ConnectOptions& options_;
  RolesEvents& events_;
  const OutgoingStream* stream_ = nullptr;
  std::uint64_t publication_ = 0;
  Standby standby_;
  Quorum quorum_;
  bool due_ = false;
  net::Timer soon_;
};

}  // namespace multiconn::client
