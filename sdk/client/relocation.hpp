#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "client/dialer.hpp"

namespace multiconn::client {

/// What a Relocation tells.
class RelocationEvents {
 public:
  virtual ~RelocationEvents() = default;
  virtual void relocationStatus(Status status) = 0;
  /// The new connection stands and waits for take(). It may be destroyed, also from inside this.
  virtual void relocationReady() = 0;
  /// There will be no new connection. `why`: one sentence. As above.
  virtual void relocationFailed(const std::string& why) = 0;
};

/// The new connection of a server whose traffic is to move, made while the present one goes on, and held
/// until it is wanted.
class Relocation final : DialerEvents, PeerConnectionEvents {
 public:
  Relocation(Target target, const ConnectOptions& options, PeerIdentity& identity, DialHost& host,
             RelocationEvents& events);
  /// Drops the connection.
  ~Relocation() override;
  Relocation(const Relocation&) = delete;
  Relocation& operator=(const Relocation&) = delete;

  void start(std::chrono::milliseconds patience);
  bool ready() const { return next_ != nullptr; }
  /// Where the new connection has come to.
  const Target& target() const { return target_; }
  /// When it is ready(): it has to be made to tell() somebody else.
  std::unique_ptr<PeerConnection> take() { return std::move(next_); }
  /// The tcUrl of the new connection's last request to reconnect, made while it waited.
  std::optional<std::string> takeRequest() { return std::exchange(request_, std::nullopt); }
  /// By the connections that it holds or has dropped.
  Sent sent() const;

 private:
  void dialStatus(Status status) override { events_.relocationStatus(std::move(status)); }
  void dialed(std::unique_ptr<PeerConnection> connection, rtmp::client_event::Connected& event) override;
  void dialFailed(DialFailure failure) override { events_.relocationFailed(failure.error); }

  void happened(rtmp::ClientEvent& event) override;
  void choked(const std::string& why) override { events_.relocationFailed(why); }
  void closed(net::LinkFailure failure) override;

  RelocationEvents& events_;
  PeerIdentity& identity_;
  Target target_;
  Dialer dialer_;
  std::optional<std::string> request_;
  std::unique_ptr<PeerConnection> next_;
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
