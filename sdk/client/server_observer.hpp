#pragma once

#include <string>

#include "client/peer.hpp"
#include "rtmp/shared_object_message.hpp"

namespace multiconn::client {

/// Follows the servers of a MultiConnection: what shared objects are built on. Lives on the strand of a
/// ClientCore, which ClientCore::observer() adds it to.
class ServerObserver {
 public:
  virtual ~ServerObserver() = default;
  /// One more server, which is about to be connected to.
  virtual void peerAdded(Peer&) {}
  /// None of the servers any more; after peerLost(). The Peer is gone soon.
  virtual void peerRemoved(Peer&) {}
  /// A connection stands. Also when it has taken the place of one that was lost() just before.
  virtual void peerConnected(Peer& peer) = 0;
  /// What was agreed upon on that connection is over.
  virtual void peerLost(Peer& peer) = 0;
  virtual void sharedObjectReceived(Peer& peer, rtmp::SharedObjectMessage& message) = 0;
  /// MultiConnection::on() has a handler of this name now.
  virtual void handlerGiven(const std::string&) {}
  /// ncClose(): every connection is about to end, and still takes what is sent at once.
  virtual void closing() {}
  /// The last thing of all. Timers, Dialers and callbacks of the application have to go here; the strand and
  /// the peers follow.
  virtual void ended() = 0;
};

}  // namespace multiconn::client
