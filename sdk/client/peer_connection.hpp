#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "net/link.hpp"
#include "rtmp/client_session.hpp"

namespace multiconn::client {

/// What a PeerConnection tells. From tasks of their own, as LinkEvents.
class PeerConnectionEvents {
 public:
  virtual ~PeerConnectionEvents() = default;
  virtual void opened() = 0;
  /// Commands to send, in order, before anything else.
  virtual void answer(std::vector<rtmp::OutMessage> commands) = 0;
  virtual void happened(rtmp::ClientEvent& event) = 0;
  virtual void writable() = 0;
  virtual void closed(net::LinkFailure failure) = 0;
};

/// One connection to one server: a Link and the session on it. A server that is connected to again gets a new
/// one.
class PeerConnection final : net::LinkEvents {
 public:
  PeerConnection(std::unique_ptr<net::Link> link, rtmp::ConnectRequest request, PeerConnectionEvents& events);

  void open(std::optional<rtmp::PublishRequest> pipelined);
  bool isOpen() const { return open_; }
  /// The server has at least done its handshake.
  bool wasOpened() const { return was_opened_; }
  rtmp::ClientSession& session() { return session_; }
  net::Link& link() { return *link_; }
  const net::Link& link() const { return *link_; }
  /// No more events, also not from what is being handled right now.
  void silence() { events_ = nullptr; }

 private:
  void opened() override;
  void message(rtmp::Message message) override;
  void writable() override;
  void closed(net::LinkFailure failure) override;

  PeerConnectionEvents* events_;
  rtmp::ClientSession session_;
  bool open_ = false;
  bool was_opened_ = false;
  std::unique_ptr<net::Link> link_;  // last: its events come here
};

}  // namespace multiconn::client
