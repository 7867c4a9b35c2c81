#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "client/capability_probe.hpp"
#include "client/rate_limit.hpp"
#include "client/server_observer.hpp"
#include "client/shared_object_session.hpp"
#include "client/shared_object_view.hpp"

namespace multiconn {

class ClientCore;

namespace client {

/// Every shared object of a MultiConnection, and which servers can have them. The names and views are for any
/// thread, the rest is on the strand.
class SharedObjects final : public ServerObserver, CapabilityEvents {
 public:
  explicit SharedObjects(std::weak_ptr<ClientCore> core) : core_(std::move(core)) {}

  // Any thread.
  /// The view of the object of this name, made when there is none; null when it is in use with the other
  /// `persistent`. `made` tells which.
  std::shared_ptr<SharedObjectView> view(const std::string& name, bool persistent, bool& made);
  /// Null when there is none of this name.
  std::shared_ptr<SharedObjectView> find(std::string_view name) const;
  /// The name is free again.
  void forget(const std::shared_ptr<SharedObjectView>& view);

  // The strand.
  void setUp(const std::shared_ptr<SharedObjectView>& view);
  /// Made when there is none yet; null when it has been closed.
  SharedObjectSession* session(const std::shared_ptr<SharedObjectView>& view);
  void close(const std::shared_ptr<SharedObjectView>& view);
  /// How much of what one server says is passed on as it comes; of all its objects together.
  struct Flow {
    RateLimit syncs, sends;
  };
  Flow& flow(ServerId server);
  /// After something was done to the object.
  void publishRows(SharedObjectSession& session);

  void peerAdded(Peer& peer) override;
  void peerRemoved(Peer& peer) override;
  void peerConnected(Peer& peer) override;
  void peerLost(Peer& peer) override;
  void sharedObjectReceived(Peer& peer, rtmp::SharedObjectMessage& message) override;
  void handlerGiven(const std::string& method) override;
  void closing() override;
  void ended() override;

 private:
  enum class Capability : std::uint8_t { unknown, asking, present, absent };
  struct Server {
    Capability capability = Capability::unknown;
    std::unique_ptr<CapabilityProbe> probe;
    std::string asked_for;  // the object
    std::string why_not;    // to be told yet
  };

  void capabilityKnown(ServerId server, const std::string& why_not) override;
  void probeOver(ServerId server) override;

  void attend(SharedObjectSession& session, Peer& peer);
  void exclude(SharedObjectSession& session, ServerId id, Server& server);
  void useOthersAgain(const std::vector<ServerId>& servers);
  SharedObjectServer row(const SharedObjectSession& session, ServerId server) const;
  void publishAllRows();

  std::weak_ptr<ClientCore> core_;
  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<SharedObjectView>, std::less<>> views_;

  std::map<ServerId, Server> servers_;  // that are connected
  std::map<ServerId, Flow> flows_;
  std::map<std::string, std::unique_ptr<SharedObjectSession>, std::less<>> sessions_;
  bool closing_ = false, over_ = false;
};

}  // namespace client
}  // namespace multiconn
