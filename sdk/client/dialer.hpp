#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <multiconn/multi_connection.hpp>
#include <multiconn/status.hpp>

#include "client/dead_peer.hpp"
#include "client/destinations.hpp"
#include "client/fresh_figures.hpp"
#include "client/login.hpp"
#include "client/peer_connection.hpp"
#include "client/peer_identity.hpp"
#include "client/redirect_policy.hpp"
#include "net/link.hpp"
#include "net/scheduler.hpp"

namespace multiconn::client {

/// What a Dialer needs.
class DialHost {
 public:
  virtual ~DialHost() = default;
  virtual net::Scheduler& scheduler() = 0;
  virtual std::unique_ptr<net::Link> makeLink(const net::LinkTarget& target) = 0;
  /// 8 hexadecimal digits that nobody can foretell.
  virtual std::string nonce() = 0;
  /// Asks the application.
  virtual std::optional<Credentials> credentials(ServerId server, const std::string& host) = 0;
};

/// Why a connection did not come about.
struct DialFailure {
  Status status;
  std::string error;   ///< one sentence
  bool final = false;  ///< another attempt cannot help
  bool mute = false;   ///< net::LinkFailure::mute
};

/// What a Dialer tells. Each of the last two ends it: then it may be destroyed, also from inside them.
class DialerEvents {
 public:
  virtual ~DialerEvents() = default;
  /// On the way: redirects, and what the server said before it answered connect.
  virtual void dialStatus(Status status) = 0;
  /// The server has accepted. `connection` has to be made to tell() somebody else, or be retired.
  virtual void dialed(std::unique_ptr<PeerConnection> connection, rtmp::client_event::Connected& event) = 0;
  virtual void dialFailed(DialFailure failure) = 0;
};

/// Everything between a Target and a connected PeerConnection: opening, pipelining and the one attempt
/// without it, redirects and logging in, each on a fresh connection.
class Dialer final : PeerConnectionEvents {
 public:
  /// `identity` learns what is secret on the way.
  Dialer(Target target, const ConnectOptions& options, PeerIdentity& identity, DialHost& host,
         DialerEvents& events);
  /// Gives up, without an event.
  ~Dialer() override;
  Dialer(const Dialer&) = delete;
  Dialer& operator=(const Dialer&) = delete;

  /// Called once. Events follow from tasks of their own, or from tick(), within `patience`. `pipelined`: what
  /// is to be published. `mute_attempts`: those before this one, in a row, that ended by DialFailure::mute.
  void dial(std::optional<rtmp::PublishRequest> pipelined, std::chrono::milliseconds patience,
            unsigned mute_attempts = 0);
  /// Every 100 ms, where a server is to be given up that vanishes after it has answered TCP; see DeadPeer.
  /// `round_trip`: the longest that others have measured lately. Events may follow before it returns.
  void tick(rtmp::TimePoint now, std::chrono::microseconds round_trip);
  /// The pipelined publish is not wanted any more.
  void unpublish();
  /// Where it has come to: after dialed(), the server that accepted.
  const Target& target() const { return target_; }
  /// On the connections that came to nothing.
  const Sent& wasted() const { return wasted_; }

 private:
  void happened(rtmp::ClientEvent& event) override;
  void choked(const std::string& why) override { fail(why); }
  void closed(net::LinkFailure failure) override;

  void on(rtmp::client_event::Connected& event);
  void on(rtmp::client_event::ConnectFailed& event);
  void on(rtmp::client_event::StatusReceived& event);
  void on(rtmp::client_event::Called& event);
  void on(rtmp::client_event::CloseRequested& event);
  template <typename Event>
  void on(Event&) {}  // of what comes after connect

  void open(std::optional<rtmp::PublishRequest> pipelined);
  rtmp::ConnectRequest connectRequest() const;
  bool retryWithoutPipelining();
  void follow(const rtmp::client_event::ConnectFailed& event);
  void logIn(const rtmp::AuthChallenge& challenge, const rtmp::client_event::ConnectFailed& event);
  enum class Retry : std::uint8_t { may_help, is_useless };
  void reject(const rtmp::StatusInfo& status, const std::string& addition, Retry retry);
  void fail(const std::string& why, Retry retry = Retry::may_help);
  void fail(DialFailure failure);
  void dropConnection();

  Target target_;
  const ConnectOptions& options_;
  PeerIdentity& identity_;
  DialHost& host_;
  DialerEvents& events_;
  RedirectPolicy redirects_;
  Login login_;
  std::string login_parameters_;  // behind app and tcUrl
  std::string redirected_to_;     // masked; empty: still at the destination
  std::chrono::milliseconds connect_patience_{0};
  Sent wasted_;
  FreshFigures figures_;
  DeadPeer dead_peer_;
  net::Timer deadline_;
  std::unique_ptr<PeerConnection> connection_;  // last: its events come here
};

}  // namespace multiconn::client
