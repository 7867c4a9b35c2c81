#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "client/dialer.hpp"

namespace multiconn::client {

/// What a Relocation tells. The last two end it: then it may be destroyed, also from inside them.
class RelocationEvents {
 public:
  virtual ~RelocationEvents() = default;
  virtual void relocationStatus(Status status) = 0;
  /// The new connection stands and waits for exchange().
  virtual void relocationReady() = 0;
  /// There will be no new connection. `why`: one sentence.
  virtual void relocationFailed(const std::string& why) = 0;
  /// The old connection has gone after the exchange.
  virtual void relocationOver() = 0;
};

/// The move of one server's traffic to a new connection: it is made while the old one goes on, takes its
/// place, and the old one is kept until the new one has proved itself.
class Relocation final : DialerEvents, PeerConnectionEvents {
 public:
  Relocation(Target target, const ConnectOptions& options, PeerIdentity& identity, DialHost& host,
             RelocationEvents& events);
  /// Drops whichever connections it holds.
  ~Relocation() override;
  Relocation(const Relocation&) = delete;
  Relocation& operator=(const Relocation&) = delete;

  void start();
  bool ready() const { return next_ != nullptr; }
  bool exchanged() const { return exchanged_; }
  /// Nothing is left to do.
  bool over() const { return exchanged_ && !old_; }
  /// Where the new connection has come to.
  const Target& target() const { return target_; }

  /// Hands over the new connection, and keeps the one whose place it takes; null when that is gone.
  std::unique_ptr<PeerConnection> exchange(std::unique_ptr<PeerConnection> old);
  /// The old connection back; null when it is gone or closing.
  std::unique_ptr<PeerConnection> takeBack();
  /// Closes the old connection once all it holds is sent, `patience` from now at the latest.
  void closeOld(rtmp::Duration patience);
  /// By the connections that it holds or has dropped.
  Sent sent() const;

 private:
  void dialStatus(Status status) override { events_.relocationStatus(std::move(status)); }
  void dialed(std::unique_ptr<PeerConnection> connection, rtmp::client_event::Connected& event) override;
  void dialFailed(DialFailure failure) override { events_.relocationFailed(failure.error); }

  void happened(rtmp::ClientEvent& event) override;
  void choked(const std::string& why) override { lost(why); }
  void closed(net::LinkFailure failure) override;
  void lost(const std::string& why);

  RelocationEvents& events_;
  PeerIdentity& identity_;
  Target target_;
  Dialer dialer_;
  bool exchanged_ = false;
  bool closing_old_ = false;
  Sent earlier_;
  std::unique_ptr<PeerConnection> next_, old_;
};

/// How often a server may ask for a new connection: five times in a row, without 30 seconds between them.
class RelocationBudget {
 public:
  enum class Answer : std::uint8_t { follow, complain, ignore };
  Answer asked(rtmp::TimePoint now);

 private:
  unsigned in_a_row_ = 0;
  std::optional<rtmp::TimePoint> last_;
};

}  // namespace multiconn::client
