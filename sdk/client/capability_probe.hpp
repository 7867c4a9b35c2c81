#pragma once

#include <functional>
#include <memory>
#include <string>

#include "client/dialer.hpp"
#include "client/peer.hpp"
#include "client/peer_connection.hpp"
#include "net/scheduler.hpp"

namespace multiconn::client {

/// What a CapabilityProbe has found out.
class CapabilityEvents {
 public:
  virtual ~CapabilityEvents() = default;
  /// Once. `why_not`: one sentence, empty when the server has shared objects.
  virtual void capabilityKnown(ServerId server, const std::string& why_not) = 0;
  /// Its connection has ended: it may be destroyed, also from inside this.
  virtual void probeOver(ServerId server) = 0;
};

/// Finds out whether a server has shared objects, by a Use on a connection of its own: some servers close on
/// a message type that they do not know, and the stream must not be on that connection. Destroyed before the
/// Peer.
class CapabilityProbe final : DialerEvents, PeerConnectionEvents {
 public:
  /// `object`: the name of the one that is asked for.
  CapabilityProbe(Peer& peer, net::Scheduler& scheduler, std::string object, bool persistent,
                  CapabilityEvents& events);
  ~CapabilityProbe() override;
  CapabilityProbe(const CapabilityProbe&) = delete;
  CapabilityProbe& operator=(const CapabilityProbe&) = delete;

 private:
  void dialStatus(Status) override {}  // the main connection has said it all
  void dialed(std::unique_ptr<PeerConnection> connection, rtmp::client_event::Connected& event) override;
  void dialFailed(DialFailure failure) override;
  void happened(rtmp::ClientEvent& event) override;
  void choked(const std::string& why) override { answer(why); }
  void closed(net::LinkFailure failure) override;

  void answer(const std::string& why_not);

  const ServerId server_;
  net::Scheduler& scheduler_;
  const std::string object_;
  const bool persistent_;
  CapabilityEvents& events_;
  bool answered_ = false;
  net::Timer deadline_;
  std::unique_ptr<Dialer> dialer_;
  std::unique_ptr<PeerConnection> connection_;
};

}  // namespace multiconn::client
