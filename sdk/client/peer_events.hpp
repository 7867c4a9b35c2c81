#pragma once

#include <chrono>

#include <multiconn/status.hpp>

#include "client/dialer.hpp"
#include "rtmp/client_session.hpp"
#include "rtmp/shared_object_message.hpp"

namespace multiconn::client {

class Peer;

/// What a Peer needs, and tells those who hold it.
class PeerHost : public DialHost {
 public:
  /// Asks the balancers of target().question; Peer::found() or Peer::notFound() follows from a task of its
  /// own, within `patience`.
  virtual void lookUp(Peer& peer, std::chrono::milliseconds patience) = 0;
  /// url() is another one now.
  virtual void located(Peer& peer) = 0;
  /// connect has its answer, or never will have: see state(). Once.
  virtual void answered(Peer& peer) = 0;
  /// An attempt to connect has failed, or the connection was lost, and there will be another attempt. `why`:
  /// one sentence.
  virtual void attemptFailed(Peer& peer, const std::string& why) = 0;
  /// Bits that nobody can foretell.
  virtual std::uint32_t random() = 0;
  /// gone() is true now.
  virtual void ended(Peer& peer) = 0;
};

/// What a Peer tells those who use it. On the strand.
class PeerEvents {
 public:
  virtual ~PeerEvents() = default;
  virtual void connectionStatus(Status status) = 0;
  virtual void streamStatus(Status status) = 0;
  /// publishing(), settled() or state() have changed.
  virtual void publishChanged(Peer& peer) = 0;
  /// The stream continues on a new connection: send() everything a newcomer needs, what has just gone out
  /// included.
  virtual void replay(Peer& peer) = 0;
  /// Bytes have left the queue.
  virtual void queueMoved() = 0;
  /// Calls and shared objects may be sent. Also when another connection has taken the place of one that was
  /// disconnected() just before.
  virtual void connected(Peer& peer) = 0;
  /// What waited for answers gets none. Once for each connected().
  virtual void disconnected(Peer& peer) = 0;
  /// Answer with result() or callFailed() of Peer::connection().
  virtual void called(Peer& peer, rtmp::client_event::Called& call) = 0;
  virtual void callAnswered(Peer& peer, rtmp::client_event::CallAnswered& answer) = 0;
  virtual void sharedObjectReceived(Peer& peer, rtmp::SharedObjectMessage& message) = 0;
};

}  // namespace multiconn::client
